//! A million audit records: `cargo run --release -p e2e --example million_records`.
//!
//! Fills the table of a local stack with the records of requests that were refunded, spread over some days, and then
//! reads them as an auditor would: one day through the index, counting what is read, and all of them by
//! `admin report audit` into a file, watching the memory of that command and
//! the progress that it draws (at a terminal of `script`, of util-linux). The records are made by the rules that make
//! all records, and hold hashes; only nobody asked for the refunds.
//!
//! Ends with an error where a bound is missed. For a quick look: `-- --requests 1000 --days 3`.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use adapters::DynamoTable;
use anyhow::{Context, ensure};
use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::config::Credentials;
use clap::Parser;
use domain::audit_index::AuditCursor;
use domain::table::{Table, Write};
use e2e::{LocalStack, program};
use jiff::{SignedDuration, Timestamp};

mod generator;

use generator::RECORDS_A_REQUEST;

/// The most memory that the command may have at any time, whatever the span.
const MOST_KIB: u64 = 64 * 1024;
/// Eleven requests and their records fill a transaction, which has at most a hundred items.
const REQUESTS_A_TRANSACTION: usize = 100 / (RECORDS_A_REQUEST + 1);
/// Transactions under way at the same time.
const AT_ONCE: usize = 4;
const BEGIN: &str = "2026-01-01T00:00:00Z";

#[derive(Debug, Clone, Copy, Parser)]
struct Options {
    /// How many requests there are. Each has eight records.
    #[arg(long, default_value_t = 125_000)]
    requests: usize,
    /// Over how many days they are spread.
    #[arg(long, default_value_t = 30)]
    days: usize,
}

impl Options {
    fn begin(self, request: usize) -> anyhow::Result<Timestamp> {
        let day = Duration::from_hours(24);
        let all = day * u32::try_from(self.days)?;
        let step = all / u32::try_from(self.requests)?;
        let since = SignedDuration::try_from(step * u32::try_from(request)?)?;
        Ok(BEGIN.parse::<Timestamp>()? + since)
    }
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Options::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("MISSED {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> anyhow::Result<()> {
    let data = tempfile::tempdir()?;
    let folder = data.path().to_str().context("the path is text")?;
    let stack = LocalStack::with(&["--port", "0", "--data-dir", folder]);
    let table = table(stack.base()).await;

    let begun = Instant::now();
    fill(&table, options).await?;
    let records = options.requests * RECORDS_A_REQUEST;
    let seconds = begun.elapsed().as_secs();
    println!("{records} records in {seconds} s");

    let middle = options.begin(options.requests / 2)?;
    read_day(&table, options, middle).await?;
    export(&stack, options, &data.path().join("audit.csv"))
}

/// The stack's table, as a function would use it.
async fn table(base: &str) -> DynamoTable {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(format!("{base}/_local/aws/dynamodb"));
    DynamoTable::new(&config.load().await, "refund-desk-Table".to_owned())
}

async fn fill(table: &DynamoTable, options: Options) -> anyhow::Result<()> {
    let numbers: Vec<usize> = (0..options.requests).collect();
    let transactions: Vec<Vec<usize>> = numbers
        .chunks(REQUESTS_A_TRANSACTION)
        .map(<[usize]>::to_vec)
        .collect();
    let share = transactions.len().div_ceil(AT_ONCE);
    let mut workers = tokio::task::JoinSet::new();
    for some in transactions.chunks(share).map(<[Vec<usize>]>::to_vec) {
        let table = table.clone();
        workers.spawn(async move {
            for requests in some {
                let mut writes: Vec<Write> = Vec::new();
                for number in requests {
                    writes.extend(generator::request(options.begin(number)?));
                }
                table.commit(writes).await?;
            }
            anyhow::Ok(())
        });
    }
    while let Some(filled) = workers.join_next().await {
        filled??;
    }
    Ok(())
}

/// Reads the day of that time, and nothing else.
async fn read_day(table: &DynamoTable, options: Options, at: Timestamp) -> anyhow::Result<()> {
    let from = domain::dates::midnight(domain::dates::utc_date(at));
    let before = from + SignedDuration::from_hours(24);
    let begun = Instant::now();
    let mut cursor = AuditCursor::new(from, before, 500);
    let mut found = 0;
    while let Some(record) = cursor.next(table).await? {
        ensure!(
            (from..before).contains(&record.at),
            "{} was read too",
            record.at
        );
        found += 1;
    }
    let (read, millis) = (cursor.read(), begun.elapsed().as_millis());
    let about = options.requests * RECORDS_A_REQUEST / options.days;
    println!("one day: {found} records, {read} items read, in {millis} ms");
    ensure!(read == found, "{read} items were read for {found} records");
    ensure!(
        found.abs_diff(about) <= RECORDS_A_REQUEST,
        "about {about} belong there"
    );
    Ok(())
}

/// Lets the command write all of them to a file, at a terminal of its own: only there it draws its progress.
fn export(stack: &LocalStack, options: Options, file: &Path) -> anyhow::Result<()> {
    let end = options.begin(options.requests)? + SignedDuration::from_hours(24);
    let begun = Instant::now();
    let admin = program("admin");
    let command = format!(
        "{} --local={} report audit --format csv --from {BEGIN} --to {end} --output {}",
        admin.get_program().display(),
        stack.base(),
        file.display(),
    );
    let mut terminal = Command::new("script");
    let mut terminal = terminal
        .args(["-qefc", &command, "/dev/null"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut drawn = terminal.stdout.take().context("it is piped")?;
    let (mut shown, mut most_kib, mut buffer) = (0, 0, [0; 4096]);
    loop {
        let bytes = drawn.read(&mut buffer)?;
        if bytes == 0 {
            break;
        }
        shown += String::from_utf8_lossy(&buffer[..bytes])
            .matches('%')
            .count();
        most_kib = most_kib.max(most_memory_kib(file)?);
    }
    ensure!(terminal.wait()?.success(), "the export failed");
    let rows = BufReader::new(std::fs::File::open(file)?).lines().count() - 1;
    let (seconds, mib) = (begun.elapsed().as_secs(), most_kib / 1024);
    println!(
        "all: {rows} rows in {seconds} s, at most {mib} MiB of memory, progress shown {shown} times"
    );
    let expected = options.requests * RECORDS_A_REQUEST;
    ensure!(rows == expected, "{rows} rows of {expected}");
    ensure!(shown > 1, "no progress was shown");
    ensure!(most_kib > 0 && most_kib < MOST_KIB, "{most_kib} KiB");
    Ok(())
}

/// The most memory that the process has had so far that writes this file; 0 once it has ended.
fn most_memory_kib(file: &Path) -> anyhow::Result<u64> {
    let file = file.to_str().context("the path is text")?;
    let mut most = 0;
    for process in std::fs::read_dir("/proc")? {
        let process = process?.path();
        let text = |name| std::fs::read_to_string(process.join(name)).unwrap_or_default();
        let mut arguments = text("cmdline");
        let program = arguments.split('\0').next().unwrap_or_default().to_owned();
        arguments.retain(|c| c != '\0');
        if program.ends_with("/admin") && arguments.ends_with(file) {
            let status = text("status");
            let mut lines = status.lines();
            let kib = lines.find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix("kB"));
            most = most.max(kib.and_then(|kib| kib.trim().parse().ok()).unwrap_or(0));
        }
    }
    Ok(most)
}
