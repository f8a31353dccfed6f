//! The real client and the function against a Stripe that fails in every way that it can.
//!
//! Each row is a test: what happens to the calls for a refund, and what each run of the function comes
//! to. After every row there is at most one refund, and nothing of the key, of the customer's address or
//! notes stands in a log line or an error.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may")]

mod secret;
mod server;

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use adapters::stripe::{HttpStripe, StripeAccess, Timeouts};
use adapters::{Cached, Settings};
use domain::id::RequestId;
use domain::request::Status;
use domain::request_store::RequestStore;
use issue_refund::IssueRefund;
use serde_json::{Value, json};
use server::{Server, Step};
use testing::MemoryTable;
use testing::MemoryWorkflow;
use testing::fixtures;

const KEY: &str = "rk_test_canary";
/// What must be seen nowhere: the key, and what the fixture's customer wrote.
const CANARIES: [&str; 4] = ["canary", "ada@example", "Charged twice", "Bearer"];

/// A request of fifty dollars and a function with the real client.
struct Case {
    function: IssueRefund<MemoryTable, HttpStripe, MemoryWorkflow>,
    id: RequestId,
    hours: usize,
    /// Every error that was returned, as people and logs see it.
    said: String,
}

/// Stripe at the server's address, with a key that stays.
fn access(server: &Server) -> StripeAccess {
    StripeAccess::new(settings(server), Some(KEY.to_owned()).into())
}

fn settings(server: &Server) -> Cached<Settings> {
    Settings {
        stripe_api_base: server.base.clone(),
        stripe_secret_name: secret::NAME.to_owned(),
        ..Settings::default()
    }
    .into()
}

impl Case {
    async fn new(access: StripeAccess) -> Self {
        let store = RequestStore::new(MemoryTable::default());
        let (request, record) = fixtures::request::request();
        store.create(&request, &record, Vec::new()).await.unwrap();
        let timeouts = Timeouts {
            connect: Duration::from_secs(2),
            total: Duration::from_millis(400),
        };
        let function = IssueRefund {
            store,
            stripe: HttpStripe::with_timeouts(access, timeouts).unwrap(),
            workflow: MemoryWorkflow::default(),
        };
        Self {
            function,
            id: request.request_id,
            hours: 0,
            said: String::new(),
        }
    }

    /// One run of the function, 25 hours after the one before: its outcome or the error's name.
    async fn run(&mut self) -> String {
        let entered_at = format!(
            "2026-01-{:02}T{:02}:00:00Z",
            1 + self.hours / 24,
            self.hours % 24
        );
        self.hours += 25;
        let task = json!({
            "requestId": self.id, "state": "Process Refund", "enteredAt": entered_at,
            "phase": "Process Refund", "version": "v1",
            "config": {
                "action": "createRefund", "charge": "chargeIdToRefund",
                "amount": "refundAmount", "reason": "reason", "output": "result", "tell": "csm-team",
            },
        });
        let task = serde_json::from_value(task).unwrap();
        match self.function.handle(task).await {
            Ok(outcome) => outcome.outcome,
            Err(failure) => {
                // As `run_task` logs it.
                tracing::error!(error = failure.name(), reason = %failure, "the invocation failed");
                let _ = writeln!(self.said, "{failure} {failure:?}");
                failure.name().to_owned()
            }
        }
    }

    async fn status(&self) -> Status {
        let request = self.function.store.request(self.id).await.unwrap();
        request.unwrap().value.status
    }

    async fn stripe_error(&self) -> String {
        let request = self.function.store.request(self.id).await.unwrap();
        let request = request.unwrap().value;
        request.output("stripeError").unwrap_or_default().to_owned()
    }
}

/// Everything that is logged on this thread, at every level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Log {
    fn listen(&self) -> tracing::subscriber::DefaultGuard {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || log.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

fn nothing_private_in(text: &str) {
    for canary in CANARIES {
        assert!(!text.contains(canary), "{canary} is in: {text}");
    }
}

/// Plays a row: what happens to the calls for a refund, and what each run comes to.
async fn play(steps: &[Step], wanted: &[&str], refunds: usize) {
    let log = Log::default();
    let _listening = log.listen();
    let server = Server::start(steps).await;
    let mut case = Case::new(access(&server)).await;
    for (run, wanted) in wanted.iter().enumerate() {
        assert_eq!(case.run().await, *wanted, "run {}", run + 1);
    }
    assert_eq!(server.refunds().len(), refunds);
    let posts: Vec<_> = server
        .calls()
        .into_iter()
        .filter(|call| call.method == "POST")
        .collect();
    let keys = posts
        .iter()
        .map(|call| call.header("idempotency-key").unwrap().to_owned());
    let expected = format!("refund-{}-ch_1-5000", case.id);
    assert!(
        keys.into_iter().all(|key| key == expected),
        "one key for all attempts"
    );
    assert!(
        posts
            .iter()
            .all(|call| call.header("stripe-version") == Some("2026-10-28.endive"))
    );
    nothing_private_in(&case.said);
    nothing_private_in(&log.text());
    assert!(log.text().len() > 100, "the log was listened to");
    if wanted.last() != Some(&"error") {
        assert_ne!(case.status().await, Status::Denied);
    }
}

fn error(kind: &str) -> Value {
    json!({"error": {"type": kind, "message": "canary: not for anybody's eyes"}})
}

fn answer(status: u16, should_retry: Option<bool>) -> Step {
    Step::Answer(status, should_retry, error("invalid_request_error"))
}

/// One test for each row.
macro_rules! rows {
    ($($name:ident: $steps:expr => $wanted:expr, $refunds:literal;)+) => {$(
        #[tokio::test]
        async fn $name() {
            play(&$steps, &$wanted, $refunds).await;
        }
    )+};
}

const LATER: &str = "Stripe.Unavailable";
const ALARM: &str = "Stripe.Misconfigured";
const PERSON: &str = "Stripe.Undecided";

rows! {
    paid: [Step::Pay("succeeded")] => ["done", "done"], 1;
    pending: [Step::Pay("pending")] => ["pending", "pending"], 1;
    requires_action: [Step::Pay("requires_action")] => ["pending", "pending"], 1;
    unknown_status: [Step::Pay("held_by_a_dragon")] => ["pending", "pending"], 1;
    failed_at_once: [Step::Pay("failed")] => ["error"], 1;

    too_many_calls: [answer(429, None)] => [LATER, "done"], 1;
    key_in_use: [Step::Answer(409, None, error("idempotency_error"))] => [LATER, "done"], 1;
    lock_timeout: [answer(409, None), answer(409, None)] => [LATER, LATER, "done"], 1;
    should_retry_a_refusal: [answer(400, Some(true))] => [LATER, "done"], 1;
    should_not_retry_an_error: [Step::Answer(500, Some(false), error("api_error"))] => [PERSON, "done"], 1;
    should_not_retry_a_conflict: [answer(409, Some(false))] => [PERSON, "done"], 1;
    five_hundred_that_is_replayed:
        [answer(500, None), answer(500, None), answer(500, None)] => [LATER, LATER, LATER, "done"], 1;
    unavailable: [answer(503, None)] => [LATER, "done"], 1;

    connection_reset_before_stripe_acted: [Step::Reset] => [LATER, "done"], 1;
    reply_dropped_after_stripe_acted: [Step::PayAndCut(0)] => [LATER, "done"], 1;
    reply_cut_in_its_head: [Step::PayAndCut(20)] => [LATER, "done"], 1;
    reply_cut_in_its_body: [Step::PayAndCut(160)] => [LATER, "done"], 1;
    slow_body: [Step::PayAndStall] => [LATER, "done"], 1;
    garbled_success: [Step::PayAndGarble] => [LATER, "done"], 1;
    html_from_a_proxy: [Step::Answer(400, None, json!("<html>"))] => [LATER, "done"], 1;

    not_allowed: [answer(403, None)] => [ALARM, "done"], 1;
    key_used_for_another_call: [Step::Answer(400, None, error("idempotency_error"))] => [ALARM, "done"], 1;
    sent_elsewhere: [answer(302, None)] => [ALARM, "done"], 1;
}

#[tokio::test]
async fn refused_is_denied_in_stripes_words_and_asked_once() {
    let refusal =
        json!({"error": {"type": "invalid_request_error", "message": "Word for word: é."}});
    let server = Server::start(&[Step::Answer(400, None, refusal)]).await;
    let mut case = Case::new(access(&server)).await;
    assert_eq!(case.run().await, "error");
    assert_eq!(case.stripe_error().await, "Word for word: é.");
    let posts = server
        .calls()
        .into_iter()
        .filter(|call| call.method == "POST");
    assert_eq!((posts.count(), server.refunds().len()), (1, 0));
}

/// What a charge is like, and what comes of it.
async fn charged(change: impl FnOnce(&mut Value, &mut Value)) -> (String, String, usize) {
    let server = Server::start(&[]).await;
    server.set(change);
    let mut case = Case::new(access(&server)).await;
    let outcome = case.run().await;
    nothing_private_in(&case.said);
    (outcome, case.stripe_error().await, server.refunds().len())
}

#[tokio::test]
async fn euros_and_yen_are_denied() {
    for (currency, code) in [("eur", "EUR"), ("jpy", "JPY")] {
        let (outcome, why, refunds) =
            charged(|charge, _| charge["currency"] = currency.into()).await;
        assert_eq!((outcome.as_str(), refunds), ("error", 0));
        assert_eq!(why, format!("ch_1 was paid in {code}, not in USD."));
    }
}

#[tokio::test]
async fn a_guests_charge_goes_by_its_address() {
    let guest = |email: &'static str| {
        move |charge: &mut Value, _: &mut Value| {
            charge["customer"] = Value::Null;
            charge["billing_details"] = json!({"email": email});
        }
    };
    let (outcome, _, refunds) = charged(guest("bob@example.com")).await;
    assert_eq!((outcome.as_str(), refunds), ("Stripe.GuestCharge", 0));
    let (outcome, _, refunds) = charged(guest("ADA@example.com")).await;
    assert_eq!((outcome.as_str(), refunds), ("done", 1));
}

#[tokio::test]
async fn a_deleted_customers_charge_needs_a_person() {
    let deleted = |_: &mut Value, customer: &mut Value| {
        *customer = json!({"id": "cus_ada", "object": "customer", "deleted": true});
    };
    assert_eq!(charged(deleted).await.0, "Stripe.GuestCharge");
}

#[tokio::test]
async fn a_key_that_was_replaced_is_fetched_once_more() {
    let log = Log::default();
    let _listening = log.listen();
    let server = Server::start(&[]).await;
    server.open_to(&["rk_test_canary_new"]);
    let keys = Arc::new(Mutex::new(vec!["rk_test_canary_new", "rk_test_canary_old"]));
    let left = keys.clone();
    let key = Cached::load_or(None, Duration::from_hours(1), move || {
        let key = keys.lock().unwrap().pop();
        std::future::ready(key.map(|key| Some(key.to_owned())).ok_or_else(String::new))
    });
    let replaced = StripeAccess::new(settings(&server), key.await);
    let mut case = Case::new(replaced).await;
    assert_eq!(case.run().await, "done");
    assert_eq!((server.refunds().len(), left.lock().unwrap().len()), (1, 0));

    server.open_to(&["rk_test_another"]);
    let mut case = Case::new(access(&server)).await;
    assert_eq!(case.run().await, ALARM);
    nothing_private_in(&case.said);
    nothing_private_in(&log.text());
}

#[tokio::test]
async fn an_outage_of_everything_is_waited_out() {
    let server = Server::start(&[]).await;
    let mut case = Case::new(access(&server)).await;
    for status in [500, 429] {
        server.answer_all(Some((status, error("api_error"))));
        assert_eq!(case.run().await, LATER);
    }
    server.answer_all(None);
    assert_eq!(case.run().await, "done");
    assert_eq!(server.refunds().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn eight_workers_at_once_pay_once() {
    let server = Server::start(&[]).await;
    let case = Case::new(access(&server)).await;
    let task = json!({
        "requestId": case.id, "state": "Process Refund", "enteredAt": "2026-01-01T00:00:00Z",
        "phase": "Process Refund", "version": "v1",
        "config": {
            "action": "createRefund", "charge": "chargeIdToRefund",
            "amount": "refundAmount", "reason": "reason", "output": "result", "tell": "csm-team",
        },
    });
    let function = Arc::new(case.function);
    let workers = (0..8).map(|_| {
        let (function, task) = (function.clone(), task.clone());
        tokio::spawn(async move { function.handle(serde_json::from_value(task).unwrap()).await })
    });
    let mut first = Vec::new();
    for worker in workers.collect::<Vec<_>>() {
        first.push(worker.await.unwrap());
    }
    let done = first.iter().filter(|result| result.is_ok()).count();
    assert!(done >= 1, "{first:?}");
    let again = function.handle(serde_json::from_value(task).unwrap()).await;
    assert_eq!(again.unwrap().outcome, "done");
    let keys: std::collections::BTreeSet<_> = server
        .calls()
        .iter()
        .filter_map(|call| call.header("idempotency-key").map(str::to_owned))
        .collect();
    assert_eq!(keys.len(), 1, "whoever asks, asks with the same key");
}
