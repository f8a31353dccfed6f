//! A report on a table in memory: its two forms, and a file that is whole or not there.

use std::sync::atomic::{AtomicU32, Ordering};

use clap::Parser;
use domain::table::{ReadError, Table as _, Write as TableWrite};
use jiff::SignedDuration;
use testing::{Hook, HookedTable, MemoryTable, fixtures};

use super::*;
use crate::options::{Command, Options};

const NOW: &str = "2026-11-26T12:00:00Z";

async fn stored(records: i64) -> MemoryTable {
    let (table, now) = (MemoryTable::default(), NOW.parse::<Timestamp>().unwrap());
    for hours in 0..records {
        let (_, mut record) = fixtures::request::request();
        record.at = now - SignedDuration::from_hours(hours);
        record.detail = Some("=1+1".to_owned());
        table
            .commit(vec![TableWrite::create(&record)])
            .await
            .unwrap();
    }
    table
}

async fn say(table: &impl Table, typed: &[&str]) -> anyhow::Result<String> {
    let words = ["admin", "report"].into_iter().chain(typed.iter().copied());
    let Command::Report(command) = Options::try_parse_from(words)?.command else {
        panic!("{typed:?}");
    };
    run(table, command, NOW.parse().unwrap()).await
}

#[tokio::test]
async fn a_file_has_all_rows_as_csv_or_as_lines_of_json() {
    // More than one batch of most partitions, over more than one day.
    let table = stored(40).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit");
    let output = file.to_str().unwrap();
    let csv = ["audit", "--from", "2026-11-01", "--output", output];
    assert_eq!(
        say(&table, &csv).await.unwrap(),
        format!("40 rows are in {output}.")
    );
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.starts_with("requestId,offering,seq,at,"), "{text}");
    assert_eq!(text.lines().count(), 41);
    assert_eq!(text.matches(",'=1+1,").count(), 40);

    // In place of the other one.
    let query = "service:refund-request actor:customer";
    let json = [
        "audit",
        "--query",
        query,
        "--to",
        "2026-11-26",
        "--format",
        "json",
        "--output",
        output,
    ];
    say(&table, &json).await.unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    let rows: Vec<Value> = text
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    assert_eq!(rows.len(), 27);
    assert!(rows.iter().all(|row| row["detail"] == "=1+1"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn a_wrong_query_is_refused_and_leaves_no_file() {
    let table = stored(0).await;
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("audit.csv");
    let output = output.to_str().unwrap();
    for (typed, words) in [
        (
            vec!["--query", "actr:a"],
            "character 1, `actr:a`: there is no field `actr`. Did you mean `actor`?",
        ),
        (vec!["--from", "soon"], "a day such as 2026-11-01"),
        (
            vec!["--query", "from:2026-11-01", "--from", "2026-11-02"],
            "it stands once",
        ),
    ] {
        let typed = [&["audit", "--output", output], typed.as_slice()].concat();
        let error = say(&table, &typed).await.unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    let error = say(&table, &["refunds", "--month", "November"]).await;
    assert!(error.unwrap_err().to_string().contains("such as 2026-11"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// The index is away after so many reads.
struct AwayAfter(AtomicU32);

impl Hook for AwayAfter {
    async fn before_list_index(&self) -> Result<(), ReadError> {
        let left = self.0.load(Ordering::Relaxed).checked_sub(1);
        let left = left.ok_or_else(|| ReadError::Unavailable("it is away".to_owned()))?;
        self.0.store(left, Ordering::Relaxed);
        Ok(())
    }
}

#[tokio::test]
async fn what_fails_half_way_leaves_the_file_that_was_there() {
    let table = HookedTable {
        table: stored(40).await,
        hook: AwayAfter(20.into()),
    };
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("audit.csv");
    std::fs::write(&file, "before").unwrap();
    let typed = [
        "audit",
        "--from",
        "2026-11-24",
        "--output",
        file.to_str().unwrap(),
    ];
    let error = say(&table, &typed).await.unwrap_err();
    assert!(error.to_string().contains("it is away"), "{error}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "before");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}
