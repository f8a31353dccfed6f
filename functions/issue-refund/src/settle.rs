//! How something is given back: looked for, reserved and then asked of Stripe. The same for money and for credits.

use domain::charge_statement::{ChargeStatement, Unfit};
use domain::failure::Failure;
use domain::optimistic::{AttemptError, Attempts};
use domain::refund::SettlementMethod;
use domain::request::Event;
use domain::stripe::{Ownership, Stripe, StripeError, amount_text};
use domain::stripe_lookup::{look_up, note_statement};
use domain::table::{CommitError, Table};
use domain::task::{Outcome, RefundConfig, Task};
use domain::workflow::Workflow;

use crate::IssueRefund;
use crate::credit::creditable;
use crate::entry::{Found, PendingEntry, already};
use crate::rules::{NotPaid, check_preconditions};

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Gives back, or finds out that it was given back or cannot be. Whoever loses a race with another request of the
    /// charge starts over, with what Stripe and the table say then. Whoever loses one with another invocation for the
    /// same request leaves it to that one, and is run again by the state machine.
    pub(crate) async fn settle(
        &self,
        task: &Task<&RefundConfig>,
        method: SettlementMethod,
    ) -> Result<Outcome, Failure> {
        let mut attempts = Attempts::default();
        let mut known_version = None;
        loop {
            let attempt = self.attempt(task, method, &mut known_version).await;
            if let Some(result) = attempts.finish(attempt) {
                return result;
            }
        }
    }

    async fn attempt(
        &self,
        task: &Task<&RefundConfig>,
        method: SettlementMethod,
        known_version: &mut Option<u64>,
    ) -> Result<Outcome, AttemptError> {
        let mut pending = match self.load(task, method).await? {
            Found::Settled(outcome) => return Ok(outcome),
            Found::Pending(pending) => pending,
        };
        if known_version.is_some_and(|version| version != pending.entry.version) {
            return Err(Failure::from(CommitError::Conflict).into());
        }
        let given = self.give_back(&mut pending, task).await;
        *known_version = Some(pending.entry.version);
        let message = match given {
            Ok(outcome) => return Ok(outcome),
            Err(NotPaid::Failed(error)) => return Err(error),
            Err(NotPaid::Refused(message)) => {
                let refused = Event::RefundRefused(&message);
                return self.refuse(&mut pending, task, &refused).await;
            }
            Err(NotPaid::Exhausted(message)) => message,
        };
        let exhausted = Event::ChargeExhausted(&message);
        self.refuse(&mut pending, task, &exhausted).await
    }

    async fn give_back(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, NotPaid> {
        if let Some(id) = &pending.entry.value.stripe_id {
            let refund = self.stripe.refund(id).await.map_err(Failure::from)?;
            return Ok(self.record_refund(pending, &refund, task).await?);
        }
        if pending.request.value.charge().is_none() {
            return Err(self.unconfirmed(pending, task).await);
        }
        let payment = self.stripe.payment(&pending.entry.value.charge).await?;
        let statement = ChargeStatement::read(&self.stripe, payment).await?;
        pending.entry.value.charge_id = statement.charge().map(ToOwned::to_owned);
        if let Some(outcome) = self.find(pending, &statement, task).await? {
            return Ok(outcome);
        }
        self.check(pending, &statement, task).await?;
        self.reserve(pending, &statement, task).await?;
        let given = match pending.entry.value.method {
            SettlementMethod::Refund => self.order_refund(pending, statement, task).await,
            SettlementMethod::Credit => self.order_credit(pending, &statement, task).await,
        };
        if let Err(NotPaid::Failed(AttemptError::Failed(Failure::Stripe(
            StripeError::InsufficientFunds(_),
        )))) = &given
        {
            // Stripe would repeat this answer under the same key, also when it could pay.
            pending.entry.value.refusals += 1;
            let saved = self.store.save_refund(&pending.entry).await;
            saved.map_err(AttemptError::from)?;
        }
        given
    }

    /// Why nothing is given back of a charge that is known by the number of its receipt or invoice, and that nobody has
    /// confirmed: Stripe could not be asked before. What it knows now is saved, for a person to confirm.
    async fn unconfirmed(&self, pending: &PendingEntry, task: &Task<&RefundConfig>) -> NotPaid {
        let request = &pending.request.value;
        match look_up(&self.store, &self.stripe, request, task.entered_at).await {
            Err(failure) => failure.into(),
            Ok(found) if found.unclear_charges(request).is_empty() => NotPaid::Refused(
                "Stripe knows no charge of the customer who asks whose receipt or invoice has that number.".to_owned(),
            ),
            Ok(_) => Failure::StripeGuestCharge(
                "the request gives the number of a receipt or an invoice, and nobody has confirmed which charge that is"
                    .to_owned(),
            )
            .into(),
        }
    }

    /// What Stripe has for the request already: by an attempt whose answer was lost, or made by hand.
    async fn find(
        &self,
        pending: &mut PendingEntry,
        statement: &ChargeStatement,
        task: &Task<&RefundConfig>,
    ) -> Result<Option<Outcome>, NotPaid> {
        let (id, amount) = (task.request_id, pending.entry.value.amount);
        let method = pending.entry.value.method;
        let has_asked = pending.is_intended && method == SettlementMethod::Refund;
        let refund = statement.refund_of(id, amount, has_asked).map_err(unfit)?;
        let credit = statement.credit_of(id, amount).map_err(unfit)?;
        Ok(match (method, refund, credit) {
            (SettlementMethod::Refund, Some(refund), _) => {
                Some(self.record_refund(pending, refund, task).await?)
            }
            (SettlementMethod::Credit, _, Some(credit)) => {
                Some(self.record_credit(pending, credit, task).await?)
            }
            (SettlementMethod::Refund, None, Some(credit)) => {
                return Err(NotPaid::Refused(already(
                    SettlementMethod::Credit,
                    &credit.id,
                )));
            }
            (SettlementMethod::Credit, Some(refund), None) => {
                return Err(NotPaid::Refused(already(
                    SettlementMethod::Refund,
                    &refund.id,
                )));
            }
            (_, None, None) => None,
        })
    }

    /// Checks our own rules. Where only a person can tell whose the payment is, what Stripe knows of it is saved first:
    /// it is what they are shown and confirm, also where there was no lookup before.
    async fn check(
        &self,
        pending: &PendingEntry,
        statement: &ChargeStatement,
        task: &Task<&RefundConfig>,
    ) -> Result<(), NotPaid> {
        let request = &pending.request.value;
        if request.owns(&statement.payment) == Ownership::Unclear {
            let (store, at) = (&self.store, task.entered_at);
            note_statement(store, &self.stripe, request, statement.clone(), at).await?;
        }
        check_preconditions(&statement.payment, request)?;
        if pending.entry.value.method == SettlementMethod::Credit {
            creditable(statement)?;
        }
        Ok(self.store.check_unchanged(request, &task.version).await?)
    }

    /// Reserves what is to be given back, together with the intent. What was reserved before is checked again: others
    /// may have given the charge back by hand since.
    async fn reserve(
        &self,
        pending: &mut PendingEntry,
        statement: &ChargeStatement,
        task: &Task<&RefundConfig>,
    ) -> Result<(), NotPaid> {
        let charge = statement.charge().unwrap_or_default();
        let ledger = self.store.charge_ledger(charge).await?;
        let left = ledger.value.left_for(task.request_id, statement);
        if pending.entry.value.amount.cents() > left {
            return Err(NotPaid::Exhausted(exhausted(pending, statement, left)));
        }
        let limits = self
            .reserve_limits(pending, &statement.payment, task)
            .await?;
        Ok(self.begin(pending, task, ledger, limits).await?)
    }
}

fn unfit(Unfit { stripe_id }: Unfit) -> Failure {
    Failure::StripeUndecided(format!(
        "{stripe_id} carries this request's id in Stripe, and its charge or its amount is not what was approved"
    ))
}

/// What is left and where the rest went, in words for the team.
fn exhausted(pending: &PendingEntry, statement: &ChargeStatement, left: u64) -> String {
    let charge = &pending.entry.value.charge;
    if statement.refunded() >= statement.captured() {
        return format!("Charge {charge} has already been refunded.");
    }
    let text = |cents| amount_text(cents, "usd");
    let reserved = [statement.refunded(), statement.credited(), left]
        .into_iter()
        .fold(statement.captured(), u64::saturating_sub);
    let mut went = vec![format!("{} were refunded", text(statement.refunded()))];
    if statement.credited() > 0 {
        went.push(format!("{} were credited", text(statement.credited())));
    }
    if reserved > 0 {
        went.push(format!("other requests are being paid {}", text(reserved)));
    }
    format!(
        "The amount ({}) is greater than what is left of charge {charge} ({}): of {}, {}.",
        pending.entry.value.amount,
        text(left),
        text(statement.captured()),
        went.join(", "),
    )
}
