//! The function and its real client, over a table in memory.

use std::{future::Future, sync::Arc};

use adapters::{
    Settings,
    stripe::{HttpStripe, StripeAccess},
};
use anyhow::{Context, ensure};
use domain::form::Value;
use domain::id::RequestId;
use domain::request_store::RequestStore;
use domain::stripe::StripeError;
use issue_refund::IssueRefund;
use serde_json::json;
use testing::fixtures;
use testing::{MemoryTable, MemoryWorkflow};
use tokio::runtime::Runtime;

use super::canary::{self, EMAIL, Ears};

/// What gives back money.
pub(super) const REFUND: &str = "createRefund";
/// What gives a credit.
pub(super) const CREDIT: &str = "createCredit";

type Function = IssueRefund<MemoryTable, HttpStripe, MemoryWorkflow>;

/// Plays requests against whatever serves at an address.
pub(super) struct Player {
    runtime: Runtime,
    ears: Ears,
    function: Arc<Function>,
}

impl Player {
    pub(super) fn at(base: &str, key: &str, ears: &Ears) -> anyhow::Result<Self> {
        let runtime = canary::workers(ears).context("a runtime can be started")?;
        let settings = Settings {
            stripe_api_base: base.to_owned(),
            ..Settings::default()
        };
        let access = StripeAccess::new(settings.into(), Some(key.to_owned()).into());
        let function = IssueRefund {
            store: RequestStore::new(MemoryTable::default()),
            stripe: HttpStripe::new(access)?,
            workflow: MemoryWorkflow::default(),
        };
        Ok(Self {
            runtime,
            ears: ears.clone(),
            function: Arc::new(function),
        })
    }

    pub(super) fn stripe(&self) -> &HttpStripe {
        &self.function.stripe
    }

    pub(super) fn store(&self) -> &RequestStore<MemoryTable> {
        &self.function.store
    }

    pub(super) fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        canary::wait(&self.runtime, &self.ears, future)
    }

    /// Waits for a call to Stripe. What it says when it fails is kept.
    pub(super) fn call<T>(
        &self,
        call: impl Future<Output = Result<T, StripeError>>,
    ) -> Result<T, StripeError> {
        let answer = self.wait(call);
        if let Err(error) = &answer {
            self.ears.note(&format!("{error} {error:?}"));
        }
        answer
    }

    /// Keeps the whole audit log of every request, for the ears.
    pub(super) fn note_audit_log(&self) {
        let items = self.function.store.table().items();
        for record in items.iter().filter(|item| item.kind == "audit") {
            self.ears.note(&record.body.to_string());
        }
    }

    /// A new request of so many dollars of a charge.
    pub(super) fn request(
        &self,
        charge: &str,
        dollars: &str,
        email: &str,
    ) -> anyhow::Result<RequestId> {
        let (mut request, record) = fixtures::request::request();
        for answer in &mut request.answers {
            let text = |text: &str| Some(Value::Text(text.to_owned()));
            match answer.name.as_str() {
                "customerEmail" => answer.value = text(email),
                "chargeIdToRefund" => answer.value = text(charge),
                "refundAmount" => answer.value = Some(Value::Cents(dollars.parse()?)),
                _ => {}
            }
        }
        let created = self.function.store.create(&request, &record, Vec::new());
        self.wait(created)?;
        Ok(request.request_id)
    }

    /// One run for it: the outcome, or the error's name.
    pub(super) fn run(&self, id: RequestId, hour: u8) -> anyhow::Result<String> {
        self.act(id, REFUND, hour)
    }

    /// The same for any action.
    pub(super) fn act(&self, id: RequestId, action: &str, hour: u8) -> anyhow::Result<String> {
        let (function, ears) = (self.function.clone(), self.ears.clone());
        self.wait(run(function, ears, (id, action), hour))
    }

    /// Several runs at once, each until it comes to an outcome.
    pub(super) fn run_at_once(&self, id: RequestId, workers: u8) -> anyhow::Result<()> {
        self.wait(async {
            let workers = (0..workers).map(|_| {
                let (function, ears) = (self.function.clone(), self.ears.clone());
                tokio::spawn(async move {
                    for _ in 0..50 {
                        if run(function.clone(), ears.clone(), (id, REFUND), 0).await? == "done" {
                            return Ok(());
                        }
                    }
                    anyhow::bail!("a worker never came to an end")
                })
            });
            for worker in workers.collect::<Vec<_>>() {
                worker.await??;
            }
            Ok(())
        })
    }

    /// What the team is told of a refusal.
    pub(super) fn said(&self, id: RequestId) -> anyhow::Result<String> {
        let request = self.wait(self.function.store.request(id))?;
        let request = request.context("the request is there")?.value;
        let said = request.output("stripeError").unwrap_or_default();
        self.ears.note(said);
        Ok(said.to_owned())
    }

    /// Plays a request of ada's to its end.
    pub(super) fn play(&self, charge: &str, dollars: &str) -> anyhow::Result<(String, String)> {
        let id = self.request(charge, dollars, EMAIL)?;
        Ok((self.run(id, 0)?, self.said(id)?))
    }

    /// Plays a request that has to be paid.
    pub(super) fn paid(&self, charge: &str, dollars: &str) -> anyhow::Result<()> {
        let played = self.play(charge, dollars)?;
        ensure!(played.0 == "done", "it came to {played:?}");
        Ok(())
    }

    /// Plays a request that has to be refused with this message.
    pub(super) fn refused(&self, charge: &str, dollars: &str, message: &str) -> anyhow::Result<()> {
        self.comes_to("error", charge, dollars, message)
    }

    /// Plays a request for more than is left of its charge, which has to be found out before Stripe is asked.
    pub(super) fn exhausted(
        &self,
        charge: &str,
        dollars: &str,
        message: &str,
    ) -> anyhow::Result<()> {
        self.comes_to("exhausted", charge, dollars, message)
    }

    fn comes_to(
        &self,
        outcome: &str,
        charge: &str,
        dollars: &str,
        message: &str,
    ) -> anyhow::Result<()> {
        let played = self.play(charge, dollars)?;
        ensure!(
            played == (outcome.to_owned(), message.to_owned()),
            "it came to {played:?}"
        );
        Ok(())
    }
}

async fn run(
    function: Arc<Function>,
    ears: Ears,
    (id, action): (RequestId, &str),
    hour: u8,
) -> anyhow::Result<String> {
    let task = json!({
        "requestId": id, "state": "Process Refund", "phase": "Process Refund", "version": "v1",
        "enteredAt": format!("2026-01-{:02}T{:02}:00:00Z", 1 + hour / 24, hour % 24),
        "config": {
            "action": action, "charge": "chargeIdToRefund", "customerEmail": "customerEmail",
            "amount": "refundAmount", "reason": "reason", "output": "result", "tell": "csm-team",
            "stripeReasons": {"Duplicate charge": "duplicate"},
        },
    });
    Ok(match function.handle(serde_json::from_value(task)?).await {
        Ok(outcome) => outcome.outcome,
        Err(failure) => {
            // As a function logs it.
            tracing::error!(error = failure.name(), message = %failure, "the invocation failed");
            ears.note(&format!("{failure} {failure:?}"));
            failure.name().to_owned()
        }
    })
}
