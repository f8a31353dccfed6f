//! Ten thousand cases at once: `cargo run --release -p e2e --example ten_thousand`.
//!
//! Starts the stack with a limit of open files, fills it with cases that wait for a decision, takes more
//! of them to `Refunded`, restarts it with `kill -9`, checks that all of them wait again, and times the
//! console. Everything goes over HTTP through the real functions; only Stripe is a stand-in of its own,
//! with a charge for each case.
//!
//! Memory is that of the stack's own process, without the functions' processes: `VmRSS` of the waiting
//! cases less that of the stack after the first few, for each case. Ends with an error where a bound is
//! missed. For a quick look: `-- --waiting 200 --refunds 20`.

#![allow(
    clippy::cast_precision_loss,
    reason = "measurements are rounded anyway"
)]

use std::process::ExitCode;
use std::sync::{Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use clap::Parser;
use e2e::{LocalStack, Mail, Submitted, TestClient, form};

mod stripe;

/// The bounds that are kept at ten thousand cases, in a release build.
const MOST_KIB_A_CASE: f64 = 25.0;
const SLOWEST_PAGE: Duration = Duration::from_millis(100);

/// Cases before the first measurement: they start every function's processes.
const WARM_UP: usize = 32;
/// Cases under way at the same time.
const AT_ONCE: usize = 8;

#[derive(Debug, Parser)]
struct Options {
    /// How many cases wait.
    #[arg(long, default_value_t = 10_000)]
    waiting: usize,
    /// How many cases more are refunded.
    #[arg(long, default_value_t = 3_000)]
    refunds: usize,
    /// How many files the stack may have open.
    #[arg(long, default_value_t = 1_024)]
    open_files: u32,
    /// After so many minutes it gives up.
    #[arg(long, default_value_t = 60)]
    minutes: u64,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let limit = Duration::from_secs(options.minutes * 60);
    let (done, kept) = mpsc::channel();
    thread::spawn(move || done.send(run(&options)));
    match kept.recv_timeout(limit) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(_) => {
            eprintln!(
                "it failed, or took more than {} minutes",
                limit.as_secs() / 60
            );
            ExitCode::FAILURE
        }
    }
}

/// Whether every bound was kept.
fn run(options: &Options) -> bool {
    let stripe = stripe::serve();
    let data = tempfile::tempdir().expect("there is room");
    let data = data.path().to_str().expect("the path is text");
    let environment = [
        ("STRIPE_API_BASE", stripe.base.as_str()),
        ("STRIPE_API_KEY", "rk_test_load"),
        (
            "TEAMS",
            r#"{"csm-team":["csm@example.com"],"csm-manager":["manager@example.com"],"finance-team":["finance@example.com"]}"#,
        ),
    ];
    let start = |port: &str| {
        let arguments = ["--port", port, "--data-dir", data];
        LocalStack::with_open_files(options.open_files, &arguments, &environment)
    };

    println!(
        "{:<42}{:>10}{:>12}{:>14}",
        "", "seconds", "a second", "memory (MiB)"
    );
    let client = start("0");
    let mut waiting = submit_all(&client, "ch_warm_up", WARM_UP);
    let before = client.resident_kib();
    let begun = Instant::now();
    waiting.extend(submit_all(&client, "ch_waiting", options.waiting));
    row(
        &format!("{} cases wait", waiting.len()),
        begun,
        options.waiting,
        &client,
    );
    let kib = client.resident_kib().saturating_sub(before);
    let kib_a_case = kib as f64 / options.waiting as f64;

    let begun = Instant::now();
    let asked = submit_all(&client, "ch_refund", options.refunds);
    row(
        &format!("{} cases more", asked.len()),
        begun,
        asked.len(),
        &client,
    );
    let begun = Instant::now();
    approve_all(&client, asked);
    row(
        &format!("{} cases refunded", options.refunds),
        begun,
        options.refunds,
        &client,
    );
    let refunds = stripe.refunds();

    let port = client.base().rsplit(':').next().unwrap_or("0").to_owned();
    client.kill();
    let begun = Instant::now();
    let client = start(&port);
    row("the restart", begun, 1, &client);
    let begun = Instant::now();
    let checked = waiting.len();
    let waiting = each(waiting, |request| {
        assert!(waits(&client, &request), "{request:?} waits no more");
        request
    });
    row(
        &format!("{checked} cases wait again"),
        begun,
        checked,
        &client,
    );

    let mut kept = check_bound(
        refunds == options.refunds,
        &format!("{refunds} refunds at Stripe"),
    );
    let memory = format!("{kib_a_case:.1} KiB of memory a case, at most {MOST_KIB_A_CASE}");
    kept &= check_bound(kib_a_case <= MOST_KIB_A_CASE, &memory);
    for path in pages(&waiting[0]) {
        kept &= time_page(&client, &path);
    }
    kept
}

fn pages(request: &Submitted) -> Vec<String> {
    vec![
        "/_local".to_owned(),
        format!("/_local/requests/{}", request.id),
        format!("/_local/api/executions/{}", request.id),
        "/_local/api/emails?to=nobody@example.com".to_owned(),
        request.status_url.clone(),
    ]
}

/// Submits cases of charges with this prefix; each waits for a decision when this returns.
fn submit_all(client: &TestClient, prefix: &str, count: usize) -> Vec<Submitted> {
    each((0..count).collect(), |number| {
        let request = client.submit(&form().charge(&format!("{prefix}_{number}")));
        client.eventually("a case that waits", || {
            let is_waiting = waits(client, &request);
            is_waiting.then_some(()).ok_or_else(|| request.id.clone())
        });
        request
    })
}

/// Whether the reviewer was asked and nothing happened since.
fn waits(client: &TestClient, request: &Submitted) -> bool {
    let execution = client.execution(request);
    let last = execution["history"].as_array().and_then(|it| it.last());
    last.is_some_and(|event| event["type"] == "TaskSubmitted" && event["state"] == "CSM Review")
}

/// Approves by the links that were mailed. Each case is refunded when this returns.
fn approve_all(client: &TestClient, asked: Vec<Submitted>) {
    let mut mails: Vec<Mail> = client.mails("csm@example.com");
    mails.retain(|mail| mail.text.contains("ch_refund_"));
    assert_eq!(mails.len(), asked.len(), "each case is asked about once");
    each(mails, |mail| mail.approve(client));
    each(asked, |request| {
        client.wait_for_status(&request, "refunded");
        let execution = client.wait_for_end(&request);
        assert_eq!(execution["status"], "SUCCEEDED", "{execution}");
    });
}

/// Does something for each item, with a few under way at the same time.
fn each<T: Send, U: Send>(items: Vec<T>, act: impl Fn(T) -> U + Sync) -> Vec<U> {
    let items = Mutex::new(items.into_iter());
    let next = || items.lock().expect("a case that goes well").next();
    let (next, act) = (&next, &act);
    thread::scope(|scope| {
        let workers = [(); AT_ONCE].map(|()| {
            scope.spawn(move || {
                let mut results = Vec::new();
                while let Some(item) = next() {
                    results.push(act(item));
                }
                results
            })
        });
        let results = workers.map(|worker| worker.join().expect("a case that goes well"));
        results.into_iter().flatten().collect()
    })
}

fn row(step: &str, begun: Instant, count: usize, client: &LocalStack) {
    let seconds = begun.elapsed().as_secs_f64();
    let a_second = count as f64 / seconds;
    let mib = client.resident_kib() / 1024;
    println!("{step:<42}{seconds:>10.1}{a_second:>12.1}{mib:>14}");
}

/// The slowest of a few answers counts.
fn time_page(client: &TestClient, path: &str) -> bool {
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        let begun = Instant::now();
        let (status, body) = client.get(path, "*/*");
        assert_eq!(status, 200, "{path}: {body}");
        slowest = slowest.max(begun.elapsed());
    }
    let shown = path.split(['?', '&']).next().unwrap_or(path);
    let said = format!(
        "{shown} in {} ms, at most {}",
        slowest.as_millis(),
        SLOWEST_PAGE.as_millis()
    );
    check_bound(slowest <= SLOWEST_PAGE, &said)
}

fn check_bound(kept: bool, said: &str) -> bool {
    println!("{} {said}", if kept { "ok    " } else { "MISSED" });
    kept
}
