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

use std::future::Future;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::Parser;
use e2e::{Mail, Submitted, TestClient, form};
use tokio::task::JoinSet;

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

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    let limit = Duration::from_secs(options.minutes * 60);
    match tokio::time::timeout(limit, run(&options)).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(_) => {
            eprintln!("gave up after {} minutes", options.minutes);
            ExitCode::FAILURE
        }
    }
}

/// Whether every bound was kept.
async fn run(options: &Options) -> bool {
    let stripe = stripe::serve().await;
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
    let start = async |port: &str| {
        let arguments = ["--port", port, "--data-dir", data];
        let client =
            TestClient::with_open_files(options.open_files, &arguments, &environment).await;
        Arc::new(client)
    };

    println!(
        "{:<42}{:>10}{:>12}{:>14}",
        "", "seconds", "a second", "memory (MiB)"
    );
    let client = start("0").await;
    let mut waiting = submit_all(&client, "ch_warm_up", WARM_UP).await;
    let before = client.resident_kib();
    let begun = Instant::now();
    waiting.extend(submit_all(&client, "ch_waiting", options.waiting).await);
    row(
        &format!("{} cases wait", waiting.len()),
        begun,
        options.waiting,
        &client,
    );
    let kib = client.resident_kib().saturating_sub(before);
    let kib_a_case = kib as f64 / options.waiting as f64;

    let begun = Instant::now();
    let asked = submit_all(&client, "ch_refund", options.refunds).await;
    row(
        &format!("{} cases more", asked.len()),
        begun,
        asked.len(),
        &client,
    );
    let begun = Instant::now();
    approve_all(&client, asked).await;
    row(
        &format!("{} cases refunded", options.refunds),
        begun,
        options.refunds,
        &client,
    );
    let refunds = stripe.refunds();

    let port = client.base().rsplit(':').next().unwrap_or("0").to_owned();
    let client = Arc::into_inner(client).expect("nobody uses it any more");
    client.kill().await;
    let begun = Instant::now();
    let client = start(&port).await;
    row("the restart", begun, 1, &client);
    let begun = Instant::now();
    let checked = waiting.len();
    let check = |client: Arc<TestClient>, request: Submitted| async move {
        assert!(waits(&client, &request).await, "{request:?} waits no more");
        request
    };
    let waiting = each(&client, waiting, check).await;
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
        kept &= time_page(&client, &path).await;
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
async fn submit_all(
    client: &Arc<TestClient>,
    prefix: &'static str,
    count: usize,
) -> Vec<Submitted> {
    let submit = |client: Arc<TestClient>, number: usize| async move {
        let form = form().charge(&format!("{prefix}_{number}"));
        let request = client.submit(&form).await;
        client
            .eventually("a case that waits", || async {
                if waits(&client, &request).await {
                    Ok(())
                } else {
                    Err(request.id.clone())
                }
            })
            .await;
        request
    };
    each(client, (0..count).collect(), submit).await
}

/// Whether the reviewer was asked and nothing happened since.
async fn waits(client: &TestClient, request: &Submitted) -> bool {
    let execution = client.execution(request).await;
    let last = execution["history"].as_array().and_then(|it| it.last());
    last.is_some_and(|event| event["type"] == "TaskSubmitted" && event["state"] == "CSM Review")
}

/// Approves by the links that were mailed. Each case is refunded when this returns.
async fn approve_all(client: &Arc<TestClient>, asked: Vec<Submitted>) {
    let mails = client.mails("csm@example.com").await;
    let mails: Vec<Mail> = mails
        .into_iter()
        .filter(|mail| mail.text.contains("ch_refund_"))
        .collect();
    assert_eq!(mails.len(), asked.len(), "each case is asked about once");
    let approve = |client: Arc<TestClient>, mail: Mail| async move { mail.approve(&client).await };
    each(client, mails, approve).await;
    let refunded = |client: Arc<TestClient>, request: Submitted| async move {
        client.wait_for_status(&request, "refunded").await;
        let execution = client.wait_for_end(&request).await;
        assert_eq!(execution["status"], "SUCCEEDED", "{execution}");
    };
    each(client, asked, refunded).await;
}

/// Does something for each item, with a few under way at the same time.
async fn each<T, U, F>(
    client: &Arc<TestClient>,
    items: Vec<T>,
    act: impl Fn(Arc<TestClient>, T) -> F,
) -> Vec<U>
where
    U: Send + 'static,
    F: Future<Output = U> + Send + 'static,
{
    let mut results = Vec::with_capacity(items.len());
    let mut under_way = JoinSet::new();
    for item in items {
        if under_way.len() == AT_ONCE {
            results.extend(under_way.join_next().await);
        }
        under_way.spawn(act(Arc::clone(client), item));
    }
    results.extend(under_way.join_all().await.into_iter().map(Ok));
    let results = results
        .into_iter()
        .map(|result| result.expect("a case that goes well"));
    results.collect()
}

fn row(step: &str, begun: Instant, count: usize, client: &TestClient) {
    let seconds = begun.elapsed().as_secs_f64();
    let a_second = count as f64 / seconds;
    let mib = client.resident_kib() / 1024;
    println!("{step:<42}{seconds:>10.1}{a_second:>12.1}{mib:>14}");
}

/// The slowest of a few answers counts.
async fn time_page(client: &TestClient, path: &str) -> bool {
    let mut slowest = Duration::ZERO;
    for _ in 0..5 {
        let begun = Instant::now();
        let (status, body) = client.get(path, "*/*").await;
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
