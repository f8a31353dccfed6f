//! Credit below fifty dollars, cash from there on: a process that is the shipped one with three edits,
//! compiled by the generator, whose states' own payloads are handed to the functions.

use std::path::Path;

use domain::form::{Answer, Values};
use domain::id::RequestId;
use domain::request::{Request, Submission};
use domain::request_store::RequestStore;
use issue_refund::IssueRefund;
use serde_json::{Value as Json, json};
use testing::MemoryStripe;
use testing::MemoryTable;
use testing::MemoryWorkflow;
use testing::fixtures;

const SHIPPED: &str =
    include_str!("../../../statemachines/definitions/customer-success/refund-request.yaml");
const CREDIT: &str = r#"
  Give Credit:
    type: connector
    connector: Stripe - Create Credit
    reason: "{{ reason }}"
    output: stripeRefundResult
    on error:
      tell: CSM Team
      subject: A credit failed
      body: "The reason: {{ stripeError }}"
      customer:
        to: "{{ customerEmail }}"
        subject: We could not give your credit
        body: Our team gets in touch with you.

"#;
const CONNECTED: &str = "
  Give Credit:
    done: Send Confirmation Email
    error: Denied

";

/// The states of the edited process.
fn states() -> Json {
    let edit = |text: String, at: &str, with: String| {
        assert_eq!(text.matches(at).count(), 1, "{at}");
        text.replace(at, &with)
    };
    let check = "    refundAmount >= 500: Finance Approval\n";
    let text = edit(
        SHIPPED.to_owned(),
        check,
        format!("    refundAmount < 50: Give Credit\n{check}"),
    );
    let phase = "  Send Confirmation Email:\n    type: email\n";
    let text = edit(text, phase, format!("{CREDIT}{phase}"));
    let connection = "  Send Confirmation Email: Refunded\n";
    let text = edit(text, connection, format!("{CONNECTED}{connection}"));
    let path = Path::new("customer-success/refund-request.yaml");
    let generated =
        statemachines::compile(path, &text).unwrap_or_else(|problems| panic!("{problems}"));
    let asl: Json = serde_json::from_str(&generated.asl).unwrap();
    asl["States"].clone()
}

struct Case {
    states: Json,
    function: IssueRefund<MemoryTable, MemoryStripe, MemoryWorkflow>,
    id: RequestId,
}

impl Case {
    async fn of(amount: &str) -> Self {
        let store = RequestStore::new(MemoryTable::default());
        let (request, record) = request_of(amount);
        store.create(&request, &record, Vec::new()).await.unwrap();
        let function = IssueRefund {
            store,
            stripe: MemoryStripe::default(),
            workflow: MemoryWorkflow::default(),
        };
        Self {
            states: states(),
            function,
            id: request.request_id,
        }
    }

    /// The payload of a state, as Step Functions fills it in.
    fn payload<T: serde::de::DeserializeOwned>(&self, state: &str) -> T {
        let mut payload = self.states[state]["Arguments"]["Payload"].clone();
        payload["requestId"] = json!(self.id);
        payload["enteredAt"] = json!("2026-01-01T00:00:00Z");
        serde_json::from_value(payload).unwrap()
    }

    /// Where the Choice after a state goes with an outcome.
    fn next(&self, state: &str, outcome: &str) -> String {
        let condition = format!("{{% $states.input.outcome = '{outcome}' %}}");
        let choices = self.states[format!("{state} Outcome")]["Choices"]
            .as_array()
            .unwrap();
        let choice = choices
            .iter()
            .find(|choice| choice["Condition"] == condition.as_str());
        choice.unwrap_or_else(|| panic!("{state} knows {outcome}"))["Next"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// Decides and settles, every step twice; gives the state that settled it.
    async fn settle(&self) -> String {
        let mut state = String::new();
        for _ in 0..2 {
            let decided =
                decide::decide(&self.function.store, self.payload("Threshold Check")).await;
            state = self.next("Threshold Check", &decided.unwrap().outcome);
            let settled = self.function.handle(self.payload(&state)).await.unwrap();
            assert_eq!(settled.outcome, "done");
        }
        state
    }
}

fn request_of(amount: &str) -> (Request, domain::audit::AuditRecord) {
    let offering = fixtures::request::offering();
    let answers = [
        ("customerEmail", "ada@example.com"),
        ("chargeIdToRefund", "ch_1"),
        ("refundAmount", amount),
        ("reason", "Other"),
        ("notes", "Please."),
    ]
    .map(|(name, text)| (name.to_owned(), Answer::Text(text.to_owned())));
    let values: Values = offering.form.check(&answers).unwrap();
    Request::submit(Submission {
        request_id: RequestId::random(),
        offering: &offering,
        values: &values,
        origin: "https://refunds.example.com".to_owned(),
        about: None,
        at: jiff::Timestamp::UNIX_EPOCH,
    })
}

#[tokio::test]
async fn below_fifty_dollars_it_is_one_credit_however_often_it_runs() {
    let case = Case::of("49.99").await;
    assert_eq!(case.settle().await, "Give Credit");
    let stripe = &case.function.stripe;
    assert_eq!((stripe.credited().len(), stripe.paid().len()), (1, 0));
    assert_eq!(stripe.credit_orders()[0].amount.cents(), 4999);
}

#[tokio::test]
async fn from_fifty_dollars_on_it_is_cash() {
    let case = Case::of("50.00").await;
    assert_eq!(case.settle().await, "Process Refund");
    let stripe = &case.function.stripe;
    assert_eq!((stripe.credited().len(), stripe.paid().len()), (0, 1));
    assert_eq!(stripe.orders()[0].amount.cents(), 5000);
}
