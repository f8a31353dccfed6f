//! The commands as they are typed, on a table in memory.

use clap::Parser;
use domain::payment_control::{Intent, reserve};
use domain::workflow::{StoppedExecution, WorkflowError};
use testing::MemoryTable;

use super::*;
use crate::options::Options;

const NOW: &str = "2026-03-04T05:06:07Z";
const OFFERING: &str = "customer-success/refund-request";
const WHO: [&str; 4] = ["--by", "ada@example.com", "--because", "it pays twice"];

fn parse(typed: &str, more: &[&str]) -> Result<Options, clap::Error> {
    let words = ["admin"].into_iter().chain(typed.split(' '));
    Options::try_parse_from(words.chain(more.iter().copied()))
}

struct NoneStopped;

impl Executions for NoneStopped {
    async fn stopped(&self) -> Result<Vec<StoppedExecution>, WorkflowError> {
        Ok(Vec::new())
    }

    async fn redrive(&self, _execution: &StoppedExecution) -> Result<(), String> {
        unreachable!("none stopped")
    }
}

async fn say(store: &RequestStore<MemoryTable>, typed: &str, more: &[&str]) -> String {
    let command = parse(typed, more).unwrap().command;
    run(store, &NoneStopped, command, NOW.parse().unwrap())
        .await
        .unwrap()
}

#[tokio::test]
async fn payments_stop_and_resume_and_say_by_whom() {
    let store = RequestStore::new(MemoryTable::default());
    let status = "payments status";
    assert_eq!(say(&store, status, &[]).await, "Payments are made.");
    let stopped = say(&store, "payments stop", &WHO).await;
    assert!(stopped.starts_with("Payments are stopped. "), "{stopped}");
    let since = "by ada@example.com on 4 March 2026, 05:06 UTC: it pays twice.";
    let expected = format!("Payments are stopped, {since}");
    assert_eq!(say(&store, status, &[]).await, expected);
    assert_eq!(say(&store, "payments stop", &WHO).await, expected);
    let resumed = say(&store, "payments resume", &WHO).await;
    assert!(resumed.contains("Redrive"), "{resumed}");
    let expected = format!("Payments are made, {since}");
    assert_eq!(say(&store, "payments resume", &WHO).await, expected);
    assert_eq!(
        say(&store, "log", &[]).await,
        "1 2026-03-04T05:06:07Z ada@example.com payments_stopped: it pays twice\n\
         2 2026-03-04T05:06:07Z ada@example.com payments_resumed: it pays twice"
    );
}

#[tokio::test]
async fn limits_are_shown_with_what_counts_toward_them() {
    let store = RequestStore::new(MemoryTable::default());
    let raise = format!("limits raise {OFFERING} --per-day 4000 --per-refund 19.99");
    let place = format!("In place of the limits in the definition of {OFFERING}: ");
    let raised = format!("{place}per refund $19.99, per day $4,000.00");
    assert_eq!(say(&store, &raise, &WHO).await, raised);
    let offering = OFFERING.parse().unwrap();
    let intent = Intent {
        offering: &offering,
        customer: "cus_1",
        amount: "19.99".parse().unwrap(),
        at: NOW.parse().unwrap(),
        limits: Limits::default(),
    };
    let (_, writes) = reserve(store.table(), intent).await.unwrap();
    store.table().commit(writes).await.unwrap();
    let shown = say(&store, &format!("limits show {OFFERING}"), &[]).await;
    assert!(
        shown.starts_with(&format!("{raised}, by ada@example.com")),
        "{shown}"
    );
    assert!(shown.contains("$19.99 today"), "{shown}");
    let reset = format!("limits reset {OFFERING}");
    assert_eq!(say(&store, &reset, &WHO).await, format!("{place}none"));
}

#[test]
fn nothing_is_changed_without_a_limit_a_name_and_a_reason() {
    for (typed, more) in [
        ("payments stop", &[][..]),
        ("payments stop", &WHO[..2]),
        (
            "payments stop",
            &["--by", " ", "--because", "it pays twice"],
        ),
        ("payments stop", &["--by", "ada", "--because", "two\nlines"]),
        ("limits raise customer-success/refund-request", &WHO),
        (
            "limits raise customer-success/refund-request --per-day 0",
            &WHO,
        ),
        (
            "limits raise customer-success/refund-request --per-day 1.005",
            &WHO,
        ),
        ("limits raise refunds --per-day 5", &WHO),
        ("limits reset customer-success/refund-request", &[]),
    ] {
        assert!(parse(typed, more).is_err(), "{typed} {more:?}");
    }
    let usual = parse("--local log", &[]).unwrap().local;
    assert_eq!(usual.as_deref(), Some("http://127.0.0.1:3000"));
    let other = parse("log --local=http://127.0.0.1:4000", &[])
        .unwrap()
        .local;
    assert_eq!(other.as_deref(), Some("http://127.0.0.1:4000"));
}
