//! Which of two amounts and of two addresses counts: the fields that the definition names, from the approver's mail to
//! the payment, what is measured and the customer's mail. The process is the shipped one with a second field of
//! each kind above the first.

use std::path::Path;

use adapters::Settings;
use ask_approvers::AskApprovers;
use domain::audit::{Action, AuditRecord};
use domain::form::Answer;
use domain::id::RequestId;
use domain::metrics::of_change;
use domain::request::{Request, Submission};
use domain::request_store::RequestStore;
use domain::task::{OFFERING_VARIABLE, Offering, START_STATE};
use domain::team::Teams;
use issue_refund::IssueRefund;
use send_email::SendEmail;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use testing::fixtures::approval::link_keys;
use testing::{MemoryMailer, MemoryStripe, MemoryTable, MemoryWorkflow};

const SHIPPED: &str =
    include_str!("../../../statemachines/definitions/customer-success/refund-request.yaml");
const MORE_FIELDS: &str = "
  fields:
    orderTotal: {label: Order Total, type: number, required: true}
    accountManager: {label: Account Manager, type: email, required: true}
";
const TEAMS: &str = r#"{"csm-team": ["csm-1@example.com"], "csm-manager": ["boss@example.com"],
    "finance-team": ["finance-1@example.com"]}"#;

fn states() -> Json {
    let fields = "\n  fields:\n";
    assert_eq!(SHIPPED.matches(fields).count(), 1);
    let text = SHIPPED.replace(fields, MORE_FIELDS);
    let path = Path::new("customer-success/refund-request.yaml");
    let generated =
        statemachines::compile(path, &text).unwrap_or_else(|problems| panic!("{problems}"));
    let asl: Json = serde_json::from_str(&generated.asl).unwrap();
    asl["States"].clone()
}

/// A request of 50 USD by ada@example.com, for an order of 900 USD that somebody else manages.
fn submitted(states: &Json) -> (Request, AuditRecord) {
    let offering = &states[START_STATE]["Assign"][OFFERING_VARIABLE];
    let offering: Offering = serde_json::from_value(offering.clone()).unwrap();
    let answers = [
        ("orderTotal", "900"),
        ("accountManager", "manager@example.com"),
        ("customerEmail", "ada@example.com"),
        ("chargeIdToRefund", "ch_1"),
        ("refundAmount", "50"),
        ("reason", "Other"),
        ("notes", "Please."),
    ]
    .map(|(name, text)| (name.to_owned(), Answer::Text(text.to_owned())));
    Request::submit(Submission {
        request_id: RequestId::random(),
        values: &offering.form.check(&answers).unwrap(),
        offering: &offering,
        origin: "https://refunds.example.com".to_owned(),
        about: None,
        at: jiff::Timestamp::UNIX_EPOCH,
    })
}

fn task<T: DeserializeOwned>(payload: Json) -> T {
    serde_json::from_value(payload).unwrap()
}

#[tokio::test]
async fn what_is_shown_decided_paid_measured_and_mailed_is_the_field_that_the_definition_names() {
    let states = states();
    let (request, record) = submitted(&states);
    let id = request.request_id;
    let payload = |state: &str| {
        let mut payload = states[state]["Arguments"]["Payload"].clone();
        payload["requestId"] = json!(id);
        payload["enteredAt"] = json!("2026-01-01T00:00:00Z");
        payload["taskToken"] = json!("token");
        payload
    };
    let settings = || Settings {
        teams: Teams::parse(TEAMS).unwrap(),
        ..Settings::default()
    };
    let store = RequestStore::new(MemoryTable::default());
    store.create(&request, &record, Vec::new()).await.unwrap();

    let ask = AskApprovers {
        store,
        mailer: MemoryMailer::default(),
        workflow: MemoryWorkflow::default(),
        settings: settings().into(),
        link_keys: link_keys().into(),
    };
    ask.handle(task(payload("CSM Review"))).await.unwrap();
    let [asked] = &ask.mailer.sent()[..] else {
        panic!("one approver is asked");
    };
    let reference = request.reference();
    let subject = format!("CSM Review: Refund Request of $50.00 [{reference}]");
    assert_eq!(asked.subject, subject);

    let decided = decide::decide(&ask.store, task(payload("Threshold Check"))).await;
    assert_eq!(decided.unwrap().outcome, "otherwise");

    let pay = IssueRefund {
        store: RequestStore::new(ask.store.into_table()),
        stripe: MemoryStripe::default(),
        workflow: MemoryWorkflow::default(),
    };
    pay.handle(task(payload("Process Refund"))).await.unwrap();
    let [order] = &pay.stripe.orders()[..] else {
        panic!("one refund is asked for");
    };
    assert_eq!(
        (order.charge.as_str(), order.amount.cents()),
        ("ch_1", 5000)
    );

    let items = pay.store.table().items();
    let records = items.into_iter().filter(|item| item.kind == "audit");
    let mut records = records.map(|item| serde_json::from_value::<AuditRecord>(item.body).unwrap());
    let refunded = records.find(|record| record.action == Action::Refunded);
    let measured = of_change(&refunded.unwrap(), &[]);
    let cents = measured.iter().find(|it| it.name == "RefundedCents");
    assert_eq!(cents.unwrap().value, 5000);

    let confirm = SendEmail {
        store: RequestStore::new(pay.store.into_table()),
        mailer: MemoryMailer::default(),
        settings: settings().into(),
        link_keys: link_keys().into(),
    };
    let mail = task(payload("Send Confirmation Email"));
    confirm.handle(mail).await.unwrap();
    let [mail] = &confirm.mailer.sent()[..] else {
        panic!("the customer is mailed");
    };
    assert_eq!(mail.to, "ada@example.com");
    assert!(
        mail.text.contains("$50.00") && !mail.text.contains("900"),
        "{}",
        mail.text
    );
}
