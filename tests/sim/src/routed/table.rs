//! Which phases of the routed process a request passes, by its reason, its amount, whether Stripe has a customer, and
//! whether it is the first or the third request for its charge.

use domain::form::Answer;
use domain::id::RequestId;
use domain::request::{Request, Submission};
use domain::request_store::RequestStore;
use domain::stripe::Payer;
use domain::task::Outcome;
use issue_refund::IssueRefund;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use testing::{MemoryStripe, MemoryTable, MemoryWorkflow};

use crate::process::{Machine, Process};

const REASONS: [&str; 5] = [
    "Duplicate charge",
    "Service issue",
    "Customer request",
    "Goodwill",
    "Other",
];

/// An amount, and who is asked because of it.
struct Row {
    dollars: &'static str,
    /// Whether Finance is asked about the first request of that amount for a charge.
    finance_of_first: bool,
    /// And about the third.
    finance_of_third: bool,
    /// Whether a customer of Stripe's can have a credit.
    offer: bool,
}

const fn row(dollars: &'static str, finance: [bool; 2], offer: bool) -> Row {
    Row {
        dollars,
        finance_of_first: finance[0],
        finance_of_third: finance[1],
        offer,
    }
}

const ROWS: [Row; 6] = [
    row("0.01", [false, false], true),
    row("49.99", [false, false], true),
    row("50", [false, false], false),
    row("499.99", [false, true], false),
    row("500", [true, true], false),
    row("1500", [true, true], false),
];

/// What a request of that row passes when everybody approves, credits are taken and everything is paid.
fn expected(reason: &str, finance: bool, offer: bool) -> Vec<&'static str> {
    let reviewer = match reason {
        "Service issue" => "Manager Review",
        _ => "CSM Review",
    };
    let mut phases = vec!["Start", "Review Routing", reviewer, "Finance Check"];
    if finance || reason == "Goodwill" {
        phases.push("Finance Approval");
    }
    phases.push("Credit Check");
    phases.extend(if offer {
        &["Offer Credit", "Give Credit", "Send Credit Email"][..]
    } else {
        &["Process Refund", "Send Confirmation Email"]
    });
    phases.extend(["Wait a Week", "Send Survey", "Refunded"]);
    phases
}

/// One charge, and the functions that find out which way a request for it goes.
struct Charge {
    machine: &'static Machine,
    states: Value,
    function: IssueRefund<MemoryTable, MemoryStripe, MemoryWorkflow>,
}

impl Charge {
    fn of(is_customers: bool) -> Self {
        let machine = Process::Routed.machine();
        let text: Value = serde_json::from_str(&machine.text).expect("it is JSON");
        let stripe = MemoryStripe::default();
        if !is_customers {
            stripe.set_payer(Payer::Guest(Some("ada@example.com".to_owned())));
        }
        Self {
            machine,
            states: text["States"].clone(),
            function: IssueRefund {
                store: RequestStore::new(MemoryTable::default()),
                stripe,
                workflow: MemoryWorkflow::default(),
            },
        }
    }

    async fn submit(&self, reason: &str, dollars: &str) -> RequestId {
        let offering = &self.machine.offering;
        let answers = [
            ("customerEmail", "ada@example.com"),
            ("chargeIdToRefund", "ch_1"),
            ("refundAmount", dollars),
            ("reason", reason),
            ("notes", "Please."),
        ]
        .map(|(name, text)| (name.to_owned(), Answer::Text(text.to_owned())));
        let (request, record) = Request::submit(Submission {
            request_id: RequestId::random(),
            offering,
            values: &offering.form.check(&answers).expect("it is filled in"),
            origin: "https://refunds.example.com".to_owned(),
            about: None,
            at: Timestamp::UNIX_EPOCH,
        });
        let created = self.function.store.create(&request, &record, Vec::new());
        created.await.expect("a table in memory takes it");
        request.request_id
    }

    /// The phases that a request passes, in order.
    async fn phases(&self, id: RequestId) -> Vec<String> {
        let (mut name, mut outcome) = ("Start".to_owned(), String::new());
        let mut phases: Vec<String> = Vec::new();
        loop {
            let state = &self.states[&name];
            let next = if state["Type"] == "Choice" {
                let condition = format!("{{% $states.input.outcome = '{outcome}' %}}");
                let mut choices = state["Choices"].as_array().expect("they are").iter();
                let choice = choices.find(|choice| choice["Condition"] == condition.as_str());
                &choice.unwrap_or_else(|| panic!("{name} knows {outcome}"))["Next"]
            } else {
                let phase = state["Arguments"]["Payload"]["phase"].as_str();
                let phase = phase.unwrap_or(&name).to_owned();
                if phases.last() != Some(&phase) {
                    phases.push(phase);
                }
                outcome = self.outcome(id, &state["Arguments"]).await;
                &state["Next"]
            };
            match next.as_str() {
                Some(next) => name = next.to_owned(),
                None => return phases,
            }
        }
    }

    /// What a state's function answers. People approve and take credits, and Stripe pays.
    async fn outcome(&self, id: RequestId, arguments: &Value) -> String {
        let config = &arguments["Payload"]["config"];
        let is_lookup = config["action"] == "lookUp";
        let answer = match arguments["FunctionName"].as_str() {
            Some("Decide") => decide::decide(&self.function.store, payload(id, arguments)).await,
            Some("IssueRefund") if is_lookup => self.function.handle(payload(id, arguments)).await,
            Some("AskApprovers") if config["options"].is_null() => Ok(Outcome::new("approve")),
            Some("AskApprovers") => Ok(Outcome::new("credit")),
            _ => Ok(Outcome::new("done")),
        };
        answer.expect("nothing fails here").outcome
    }
}

/// The payload of a state, as Step Functions fills it in.
fn payload<T: DeserializeOwned>(id: RequestId, arguments: &Value) -> T {
    let mut payload = arguments["Payload"].clone();
    payload["requestId"] = json!(id);
    payload["enteredAt"] = json!("2026-01-01T00:00:00Z");
    serde_json::from_value(payload).expect("it is a task")
}

#[tokio::test]
async fn who_is_asked_follows_from_reason_amount_customer_and_the_other_requests_for_the_charge() {
    for reason in REASONS {
        for row in &ROWS {
            for is_customers in [true, false] {
                let charge = Charge::of(is_customers);
                let offer = row.offer && is_customers;
                let ordinals = [Some(row.finance_of_first), None, Some(row.finance_of_third)];
                for (index, finance) in ordinals.into_iter().enumerate() {
                    let id = charge.submit(reason, row.dollars).await;
                    let phases = charge.phases(id).await;
                    let what = format!("{reason}, {}, {is_customers}, {index}", row.dollars);
                    if let Some(finance) = finance {
                        assert_eq!(phases, expected(reason, finance, offer), "{what}");
                    }
                }
            }
        }
    }
}
