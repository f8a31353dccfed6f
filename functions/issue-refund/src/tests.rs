//! Every way in which Stripe can answer, and every way in which an answer can get lost.

mod charges;
mod credits;
mod lookups;
mod numbers;
mod payment_control;
mod refunds;
mod waiting;

use domain::audit::AuditRecord;
use domain::failure::Failure;
use domain::form::Value;
use domain::id::RequestId;
use domain::payment_control::Limits;
use domain::request::Request;
use domain::stripe::StripeError;
use domain::table::Write;
use domain::task::{ConnectorTask, Outcome};
use jiff::Timestamp;
use serde_json::json;
use testing::MemoryTable;
use testing::MemoryWorkflow;
use testing::fixtures;
use testing::{MemoryStripe, Script};

use super::*;

/// A request of fifty dollars, and a Stripe that answers as it is told. Several requests share a table and a Stripe.
struct Case {
    function: IssueRefund<MemoryTable, MemoryStripe, MemoryWorkflow>,
    id: RequestId,
    /// Of the definition.
    limits: Limits,
}

impl Case {
    async fn new(script: impl IntoIterator<Item = Script>) -> Self {
        Self::of(fixtures::request::request(), script).await
    }

    async fn of(
        (request, record): (Request, AuditRecord),
        script: impl IntoIterator<Item = Script>,
    ) -> Self {
        let store = RequestStore::new(MemoryTable::default());
        store.create(&request, &record, Vec::new()).await.unwrap();
        let stripe = MemoryStripe::default();
        stripe.script(script);
        Self {
            function: IssueRefund {
                store,
                stripe,
                workflow: MemoryWorkflow::default(),
            },
            id: request.request_id,
            limits: Limits::default(),
        }
    }

    /// One entry into the state of an action.
    async fn run(&self, action: &str, entered_at: &str) -> Result<Outcome, Failure> {
        let fields = json!({"charge": "chargeIdToRefund", "amount": "refundAmount"});
        self.run_with(action, entered_at, &fields).await
    }

    /// The same in a state that names these fields.
    async fn run_with(
        &self,
        action: &str,
        entered_at: &str,
        fields: &serde_json::Value,
    ) -> Result<Outcome, Failure> {
        let state = match action {
            "lookUp" => "CSM Review Lookup",
            "awaitRefund" => "Process Refund Pending",
            "createCredit" => "Give Credit",
            _ => "Process Refund",
        };
        let task = json!({
            "requestId": self.id,
            "state": state,
            "enteredAt": entered_at,
            "phase": "Process Refund",
            "version": "v1",
            "config": {
                "action": action,
                "charge": fields["charge"],
                "amount": fields["amount"],
                "reason": "reason",
                "stripeReasons": {"Duplicate charge": "duplicate"},
                "output": "stripeRefundResult",
                "tell": "csm-team",
                "limits": self.limits,
            },
            "taskToken": "token",
        });
        let task: ConnectorTask = serde_json::from_value(task).unwrap();
        self.function.handle(task).await
    }

    async fn pay(&self) -> Result<Outcome, Failure> {
        self.run("createRefund", "2026-01-01T00:00:00Z").await
    }

    async fn pay_again_later(&self) -> Result<Outcome, Failure> {
        self.run("createRefund", "2026-01-02T01:00:00Z").await
    }

    async fn credit(&self) -> Result<Outcome, Failure> {
        self.run("createCredit", "2026-01-01T00:00:00Z").await
    }

    async fn wait(&self, entered_at: &str) -> Result<Outcome, Failure> {
        self.run("awaitRefund", entered_at).await
    }

    async fn request(&self) -> Request {
        let request = self.function.store.request(self.id).await.unwrap();
        request.unwrap().value
    }

    async fn stripe_error(&self) -> String {
        let request = self.request().await;
        request.output("stripeError").unwrap_or_default().to_owned()
    }

    /// Changes the stored request, as another function would.
    async fn change(&self, change: impl FnOnce(&mut Request)) {
        let mut stored = self.function.store.request(self.id).await.unwrap().unwrap();
        change(&mut stored.value);
        let table = self.function.store.table();
        table.commit(vec![Write::update(&stored)]).await.unwrap();
    }

    async fn asks_for(&self, dollars: &str) {
        let amount = Value::Cents(dollars.parse().unwrap());
        self.answers("refundAmount", amount).await;
    }

    /// The form had another answer to a field.
    async fn answers(&self, field: &str, value: Value) {
        self.change(|request| {
            let mut answers = request.answers.iter_mut();
            let answer = answers.find(|a| a.name.as_str() == field);
            answer.unwrap().value = Some(value);
        })
        .await;
    }

    fn paid(&self) -> usize {
        self.function.stripe.paid().len()
    }
}

fn refused(message: &str) -> Script {
    Script::Fail(StripeError::Refused {
        message: message.to_owned(),
        code: None,
    })
}

fn unknown() -> Script {
    Script::Fail(StripeError::Unknown("status 500".to_owned()))
}
