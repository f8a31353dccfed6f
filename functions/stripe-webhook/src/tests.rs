//! Which events are believed, and what follows from them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::charge_ledger::ChargeLedger;
use domain::id::RequestId;
use domain::mail::MailError;
use domain::refund::Waiting;
use domain::request::{ForgetReason, Status};
use domain::stripe::Refund;
use domain::task::EndStatus;
use domain::team::Teams;
use domain::workflow::WorkflowError;
use lambda_http::request::from_str;
use serde_json::{Value, json};
use testing::MemoryMailer;
use testing::MemoryStripe;
use testing::MemoryTable;
use testing::MemoryWorkflow;
use testing::fixtures;
use testing::fixtures::approval::link_keys;
use testing::fixtures::refund as ledger;

use super::*;

const NOW: i64 = 1_700_000_000;
const NEW: &str = "whsec_new_and_as_long_as_they_are";
const OLD: &str = "whsec_old_and_as_long_as_they_are";

struct Case {
    function: StripeWebhook<MemoryTable, MemoryStripe, MemoryWorkflow, MemoryMailer>,
    id: RequestId,
}

impl Case {
    /// A refund that was asked for; `waits` says whether an execution waits for it.
    async fn new(waits: bool) -> Self {
        let store = RequestStore::new(MemoryTable::default());
        let (request, record) = fixtures::request::request();
        let id = request.request_id;
        let mut entry = ledger::entry(id);
        entry.waiting = waits.then(|| Waiting {
            state: "Process Refund Pending".to_owned(),
            task_token: "token".parse().unwrap(),
        });
        let write = Write::create(&entry);
        store.create(&request, &record, vec![write]).await.unwrap();
        let teams = r#"{"csm-team":["csm-1@example.com","csm-2@example.com"]}"#;
        let teams = Teams::parse(teams).unwrap();
        let settings = Settings {
            teams,
            ..Settings::default()
        };
        let stripe = MemoryStripe::default();
        stripe.pay_by_hand(refund(id));
        let function = StripeWebhook {
            store,
            stripe,
            workflow: MemoryWorkflow::default(),
            mailer: MemoryMailer::default(),
            settings: settings.into(),
            link_keys: link_keys().into(),
            secrets: WebhookSecret::parse_list(&format!("{NEW},{OLD}")).into(),
        };
        Self { function, id }
    }

    /// An event about the refund, which has that status at Stripe from then on.
    fn event(&self, event: &str, kind: &str, status: &str) -> String {
        self.function.stripe.set_status("re_1", status);
        let refund = json!({"id": "re_1", "object": "refund", "status": status});
        json!({"id": event, "object": "event", "type": kind, "data": {"object": refund}})
            .to_string()
    }

    async fn updated(&self, event: &str, status: &str) -> u16 {
        let body = self.event(event, "refund.updated", status);
        self.send(&body, &signed(&body, NEW, NOW), false).await
    }

    async fn send(&self, body: &str, signature: &str, base64: bool) -> u16 {
        let http = event(body, signature, base64);
        self.function.handle(&http).await.status().as_u16()
    }

    async fn request(&self) -> RefundRequest {
        let request = self.function.store.request(self.id).await.unwrap();
        request.unwrap().value
    }

    fn actions(&self) -> Vec<String> {
        let items = self.function.store.table().items();
        let audit = items.iter().filter(|item| item.kind == "audit");
        audit
            .map(|item| item.body["action"].as_str().unwrap().to_owned())
            .collect()
    }
}

/// The refund that the request has asked for, as Stripe keeps it.
fn refund(request: RequestId) -> Refund {
    Refund {
        id: "re_1".to_owned(),
        amount: 5000,
        currency: "usd".to_owned(),
        charge: Some("ch_1".to_owned()),
        status: Some("pending".to_owned()),
        metadata: [("request_id".to_owned(), request.to_string())].into(),
        ..Refund::default()
    }
}

fn signed(body: &str, secret: &str, at: i64) -> String {
    let secret = WebhookSecret::parse_list(secret).remove(0);
    format!("t={at},v1={}", secret.sign(at, body.as_bytes()))
}

/// As API Gateway hands it over.
fn event(body: &str, signature: &str, base64: bool) -> Request {
    let body = if base64 {
        STANDARD.encode(body)
    } else {
        body.to_owned()
    };
    let event = json!({
        "version": "2.0", "routeKey": "POST /webhooks/stripe", "rawPath": "/webhooks/stripe",
        "rawQueryString": "",
        "headers": {"stripe-signature": signature, "content-type": "application/json"},
        "requestContext": {
            "accountId": "0", "apiId": "a", "domainName": "d", "domainPrefix": "d",
            "http": {"method": "POST", "path": "/webhooks/stripe", "protocol": "HTTP/1.1",
                     "sourceIp": "127.0.0.1", "userAgent": "Stripe/1.0"},
            "requestId": "r", "routeKey": "x", "stage": "$default", "time": "",
            "timeEpoch": NOW * 1000
        },
        "body": body, "isBase64Encoded": base64,
    });
    from_str(&event.to_string()).unwrap()
}

#[tokio::test]
async fn only_what_is_signed_is_believed() {
    let case = Case::new(false).await;
    let body = case.event("evt_1", "refund.updated", "succeeded");
    let other = case.event("evt_2", "refund.updated", "succeeded");
    for signature in [
        String::new(),
        signed(&body, "whsec_other_and_as_long_as_they_are", NOW),
        signed(&body, NEW, NOW - 301),
        signed(&body, NEW, NOW + 301),
        signed(&other, NEW, NOW),
    ] {
        assert_eq!(
            case.send(&body, &signature, false).await,
            400,
            "{signature}"
        );
    }
    assert_eq!(case.actions(), ["submitted"]);
    assert_eq!(case.send(&body, &signed(&body, OLD, NOW), false).await, 200);
    assert_eq!(case.request().await.status, Status::Refunded);
}

#[tokio::test]
async fn the_bytes_count_and_not_the_document() {
    let case = Case::new(false).await;
    let body = case.event("evt_1", "refund.updated", "succeeded");
    let spaced = body.replace("\":", "\" : ");
    let signature = signed(&spaced, NEW, NOW);
    assert_eq!(case.send(&body, &signature, false).await, 400);
    assert_eq!(case.send(&spaced, &signature, true).await, 200);
    assert_eq!(case.request().await.status, Status::Refunded);
}

#[tokio::test]
async fn what_is_no_event_or_about_something_else_changes_nothing() {
    let case = Case::new(false).await;
    let by_hand = Refund {
        id: "re_2".to_owned(),
        metadata: [("request_id".to_owned(), "by hand".to_owned())].into(),
        ..refund(case.id)
    };
    let of_nobody = Refund {
        id: "re_3".to_owned(),
        ..refund(RequestId::random())
    };
    for refund in [by_hand, of_nobody] {
        case.function.stripe.pay_by_hand(refund);
    }
    let about = |id: &str| {
        json!({"id": "evt_9", "type": "refund.failed", "data": {"object": {"id": id}}}).to_string()
    };
    for (body, status) in [
        ("garbled".to_owned(), 400),
        (
            json!({"id": "evt_1", "type": "charge.refunded", "data": {"object": {}}}).to_string(),
            200,
        ),
        (
            json!({"id": "evt_1", "type": "customer.created"}).to_string(),
            200,
        ),
        (about("re_2"), 200),
        (about("re_3"), 200),
        (about("re_unknown"), 200),
        (
            json!({"id": "evt_2", "type": "charge.refunded", "data": {"object": {"id": null, "metadata": null, "refunds": null}}})
                .to_string(),
            200,
        ),
        (
            json!({"id": "evt_3", "type": "charge.refunded", "data": null, "request": null}).to_string(),
            200,
        ),
        (
            json!({"id": "evt_4", "type": "customer.created", "data": {"object": {"metadata": {"a": "x".repeat(75_000)}}}})
                .to_string(),
            200,
        ),
        ("x".repeat(EVENT_BYTES + 1), 413),
    ] {
        let signature = signed(&body, NEW, NOW);
        assert_eq!(case.send(&body, &signature, false).await, status);
    }
    assert_eq!(case.actions(), ["submitted"]);
}

#[tokio::test]
async fn what_stripe_says_now_is_believed_and_not_what_an_event_says() {
    let case = Case::new(true).await;
    let forged = case.event("evt_1", "refund.failed", "failed");
    case.function.stripe.set_status("re_1", "succeeded");
    let signature = signed(&forged, NEW, NOW);
    assert_eq!(case.send(&forged, &signature, false).await, 200);
    assert_eq!(case.request().await.status, Status::Refunded);
    assert_eq!(case.function.mailer.sent().len(), 0);
}

#[tokio::test]
async fn a_refund_that_the_request_did_not_order_settles_nothing() {
    type Change = fn(&mut Refund);
    let changes: [Change; 3] = [
        |refund| refund.charge = Some("ch_2".to_owned()),
        |refund| refund.amount = 100,
        |refund| refund.currency = "eur".to_owned(),
    ];
    for change in changes {
        let case = Case::new(true).await;
        let mut other = refund(case.id);
        other.id = "re_2".to_owned();
        other.status = Some("succeeded".to_owned());
        change(&mut other);
        case.function.stripe.pay_by_hand(other);
        let body =
            json!({"id": "evt_1", "type": "refund.created", "data": {"object": {"id": "re_2"}}});
        let body = body.to_string();
        assert_eq!(case.send(&body, &signed(&body, NEW, NOW), false).await, 200);
        assert_eq!(case.actions(), ["submitted"]);
        assert_eq!(case.function.workflow.calls(), []);
        assert_eq!(case.updated("evt_2", "succeeded").await, 200);
        assert_eq!(case.request().await.status, Status::Refunded);
    }
}

#[tokio::test]
async fn where_no_secret_was_stored_nothing_is_taken_in() {
    let mut case = Case::new(false).await;
    case.function.secrets = WebhookSecret::parse_list("whsec_none_yet").into();
    let body = case.event("evt_1", "refund.failed", "failed");
    assert_eq!(case.send(&body, &signed(&body, NEW, NOW), false).await, 503);
    assert_eq!(case.actions(), ["submitted"]);
}

/// The signing secrets as they are read from where they are stored: `later` from the second time on. Counts how often.
async fn stored(
    first: &'static str,
    later: &'static str,
) -> (Cached<Vec<WebhookSecret>>, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = reads.clone();
    let secrets = Cached::load(Duration::from_hours(1), move || {
        let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        let list = if is_first { first } else { later };
        std::future::ready(Ok(WebhookSecret::parse_list(list)))
    });
    (secrets.await.unwrap(), reads)
}

#[tokio::test]
async fn a_secret_that_was_just_stored_or_replaced_is_read_at_once() {
    for first in ["whsec_none_yet", OLD] {
        let mut case = Case::new(false).await;
        let (secrets, reads) = stored(first, NEW).await;
        case.function.secrets = secrets;
        assert_eq!(case.updated("evt_1", "succeeded").await, 200, "{first}");
        assert_eq!(reads.load(Ordering::SeqCst), 2);
    }
}

#[tokio::test]
async fn a_flood_of_false_signatures_is_no_flood_of_reads() {
    let mut case = Case::new(false).await;
    let (secrets, reads) = stored(NEW, NEW).await;
    case.function.secrets = secrets;
    let body = case.event("evt_1", "refund.failed", "failed");
    for _ in 0..100 {
        let forged = signed(&body, OLD, NOW);
        assert_eq!(case.send(&body, &forged, false).await, 400);
    }
    assert_eq!(reads.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn an_execution_that_waits_goes_on() {
    for (status, outcome, end) in [
        ("succeeded", "done", Status::Refunded),
        ("failed", "error", Status::InReview),
        ("canceled", "error", Status::InReview),
    ] {
        let case = Case::new(true).await;
        assert_eq!(case.updated("evt_1", "pending").await, 200);
        assert_eq!(case.function.workflow.calls(), []);
        for _ in 0..2 {
            assert_eq!(case.updated("evt_2", status).await, 200);
        }
        let told = [("token".to_owned(), outcome.to_owned())];
        assert_eq!(case.function.workflow.calls(), told, "{status}");
        assert_eq!(case.request().await.status, end);
    }
}

#[tokio::test]
async fn what_could_not_be_told_is_told_when_stripe_sends_it_again() {
    let case = Case::new(true).await;
    for _ in 0..3 {
        let outage = WorkflowError::Unavailable("ThrottlingException".to_owned());
        case.function.workflow.fail_next(outage);
    }
    assert_eq!(case.updated("evt_1", "succeeded").await, 503);
    assert_eq!(case.updated("evt_1", "succeeded").await, 200);
    assert_eq!(case.function.workflow.calls().len(), 1);
    assert_eq!(case.actions(), ["submitted", "refunded"]);
}

#[tokio::test]
async fn a_refund_that_comes_back_reopens_the_case_and_the_team_hears_once() {
    let case = Case::new(false).await;
    case.updated("evt_1", "succeeded").await;
    let failed = case.event("evt_2", "refund.failed", "failed");
    let signature = signed(&failed, NEW, NOW);
    let outage = MailError::Unavailable("Throttling".to_owned());
    case.function.mailer.fail_next(outage);
    assert_eq!(case.send(&failed, &signature, false).await, 503);
    for _ in 0..3 {
        assert_eq!(case.send(&failed, &signature, false).await, 200);
    }
    assert_eq!(case.updated("evt_3", "failed").await, 200);
    assert_eq!(case.request().await.status, Status::NeedsAttention);
    let audit_log = [
        "submitted",
        "refunded",
        "refund_reversed",
        "mailed",
        "mailed",
    ];
    assert_eq!(case.actions(), audit_log);
    let sent = case.function.mailer.sent();
    let to: Vec<&str> = sent.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(
        to,
        ["csm-1@example.com", "csm-2@example.com", "ada@example.com"]
    );
    assert!(
        !sent[2].text.contains("no reason given"),
        "Stripe's words are for the team"
    );
    assert!(sent[2].text.contains("did not reach you") && sent[2].text.contains("$50.00"));
    assert!(sent[0].subject.contains("came back"));
    for words in ["re_1", "$50.00", "ch_1", "no reason given"] {
        assert!(sent[0].text.contains(words), "{words}: {}", sent[0].text);
    }
}

#[tokio::test]
async fn a_refund_that_comes_back_for_a_forgotten_customer_is_recorded_and_the_team_hears() {
    let case = Case::new(false).await;
    case.updated("evt_1", "succeeded").await;
    let store = &case.function.store;
    let mut request = store.request(case.id).await.unwrap().unwrap();
    let end = Event::Closed(EndStatus::Refunded);
    let (phase, now) = (
        request.value.phase.clone(),
        Timestamp::from_second(NOW).unwrap(),
    );
    let record = request.value.apply(&end, StateEntry::during(&phase, now));
    store.save(&mut request, &record, Vec::new()).await.unwrap();
    store
        .forget(case.id, ForgetReason::Erasure, now)
        .await
        .unwrap();

    assert_eq!(case.updated("evt_2", "failed").await, 200);
    assert_eq!(case.request().await.status, Status::NeedsAttention);
    assert_eq!(
        case.actions()[3..],
        ["forgotten", "refund_reversed", "mailed"]
    );
    let sent = case.function.mailer.sent();
    let to: Vec<&str> = sent.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["csm-1@example.com", "csm-2@example.com"]);
    assert!(
        sent[0].text.contains("$50.00") && sent[0].text.contains("ch_1"),
        "{}",
        sent[0].text
    );
    let ledger = store.charge_ledger("ch_1").await.unwrap().value;
    assert_eq!(ledger, ChargeLedger::new("ch_1"));
}

#[tokio::test]
async fn events_come_in_any_order() {
    for events in [
        [
            ("evt_1", "pending"),
            ("evt_2", "succeeded"),
            ("evt_3", "failed"),
        ],
        [
            ("evt_2", "succeeded"),
            ("evt_1", "pending"),
            ("evt_3", "failed"),
        ],
        [
            ("evt_2", "succeeded"),
            ("evt_3", "failed"),
            ("evt_1", "pending"),
        ],
    ] {
        let case = Case::new(false).await;
        for (event, status) in events {
            case.updated(event, status).await;
        }
        assert_eq!(
            case.request().await.status,
            Status::NeedsAttention,
            "{events:?}"
        );
        assert_eq!(case.function.mailer.sent().len(), 3);
    }
    // Where the end comes first it was never paid, as far as anybody was told.
    let case = Case::new(false).await;
    case.updated("evt_3", "failed").await;
    case.updated("evt_2", "succeeded").await;
    assert_eq!(case.actions(), ["submitted", "refund_refused"]);
}

#[tokio::test]
async fn what_is_stored_of_an_event_goes_away_by_itself() {
    let case = Case::new(false).await;
    case.updated("evt_1", "succeeded").await;
    let items = case.function.store.table().items();
    let seen = items.iter().find(|item| item.kind == "seen").unwrap();
    let body: &Value = &seen.body;
    assert_eq!(
        (&body["source"], &body["id"]),
        (&"stripe".into(), &"evt_1".into())
    );
    assert_eq!(
        seen.expires_at.unwrap().as_second(),
        NOW + 30 * 24 * 60 * 60
    );
}
