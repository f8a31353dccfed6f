//! A credit toward the customer's next invoice.

use domain::failure::Failure;
use domain::money::Usd;
use domain::refund::{RefundEntry, Settlement, SettlementMethod};
use domain::request::{Event, Request};
use domain::stripe::{Credit, CreditOrder, CreditTarget, Payer, Payment, REQUEST_ID, Stripe};
use domain::table::Table;
use domain::task::{Outcome, RefundConfig, Task, outcome};
use domain::workflow::Workflow;

use crate::IssueRefund;
use crate::ledger::{Ledger, PendingEntry};
use crate::refund::metadata;
use crate::rules::NotPaid;

/// The name under which Stripe keeps the charge with a credit.
const CHARGE: &str = "charge";

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Credits, or finds out that it was credited or cannot be.
    pub(crate) async fn create_credit(
        &self,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, Failure> {
        let mut pending = match self.load(task, SettlementMethod::Credit).await? {
            Ledger::Settled(outcome) => return Ok(outcome),
            Ledger::Pending(pending) => pending,
        };
        let credited = self.credit(&mut pending, task).await;
        self.finish(&mut pending, task, credited).await
    }

    async fn credit(
        &self,
        pending: &mut PendingEntry,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, NotPaid> {
        let (request, entry) = (&pending.request.value, &pending.entry.value);
        let payment = self.stripe.payment(&entry.charge).await?;
        let target = self.target(&payment).await?;
        let credits = self.stripe.credits(&target).await?;
        let request_id = entry.request_id.to_string();
        if let Some(credit) = credits.iter().find(|credit| is_for(credit, &request_id)) {
            return Ok(self.record_credit(pending, credit, task).await?);
        }
        self.store.check_unchanged(request, &task.version).await?;
        self.check_preconditions(task, &payment, request).await?;
        // Stripe lets a balance grow without end, and keeps a credit note within its invoice, but not within what is
        // left of a charge that was refunded in cash.
        within_the_charge(&payment, &credits, entry.amount)?;
        self.begin(pending, task).await?;
        let (request, entry) = (&pending.request.value, &pending.entry.value);
        let order = order(request, entry, task.config, target);
        let credit = self.stripe.create_credit(&order).await?;
        Ok(self.record_credit(pending, &credit, task).await?)
    }

    async fn target(&self, payment: &Payment) -> Result<CreditTarget, NotPaid> {
        if let Some(intent) = &payment.intent
            && let Some(invoice) = self.stripe.paid_invoice(intent).await?
        {
            return Ok(CreditTarget::Invoice(invoice));
        }
        match &payment.payer {
            Payer::Customer(customer, _) => Ok(CreditTarget::Customer(customer.id.clone())),
            Payer::Guest(_) => Err(NotPaid::Refused(
                "There is no customer in Stripe who could be given a credit.".to_owned(),
            )),
        }
    }

    async fn record_credit(
        &self,
        pending: &mut PendingEntry,
        credit: &Credit,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, Failure> {
        let entry = &mut pending.entry.value;
        entry.stripe_id = Some(credit.id.clone());
        entry.settlement = Some(Settlement::Paid);
        let given = Event::CreditGiven {
            id: &credit.id,
            amount: entry.amount,
            output: &task.config.output,
        };
        self.save_entry(pending, task, &given).await?;
        Ok(Outcome::new(outcome::DONE))
    }
}

/// A credit note that was taken back counts no more.
fn is_for(credit: &Credit, request_id: &str) -> bool {
    let given = credit.metadata.get(REQUEST_ID).map(String::as_str) == Some(request_id);
    given && credit.status.as_deref() != Some("void")
}

/// What is credited for a charge and refunded of it is at most what was paid.
fn within_the_charge(payment: &Payment, credits: &[Credit], amount: Usd) -> Result<(), NotPaid> {
    let Some(charge) = &payment.charge else {
        return Err(NotPaid::Refused(
            "Nothing was paid that could be credited.".to_owned(),
        ));
    };
    // Whichever of its names the other requests gave it.
    let names = [Some(&payment.id), Some(&charge.id), payment.intent.as_ref()];
    let of_charge = credits.iter().filter(|credit| {
        let given_for = credit.metadata.get(CHARGE);
        given_for.is_some()
            && names.contains(&given_for)
            && credit.status.as_deref() != Some("void")
    });
    let credited: u64 = of_charge.map(|credit| credit.amount.unsigned_abs()).sum();
    let left = charge
        .captured_amount()
        .saturating_sub(charge.amount_refunded)
        .saturating_sub(credited);
    if charge.disputed {
        return Err(NotPaid::Refused(
            "The charge is disputed: nothing is credited for it.".to_owned(),
        ));
    }
    if amount.cents() > left {
        return Err(NotPaid::Refused(
            "The credit would be more than what is left of the charge.".to_owned(),
        ));
    }
    Ok(())
}

fn order(
    request: &Request,
    entry: &RefundEntry,
    config: &RefundConfig,
    target: CreditTarget,
) -> CreditOrder {
    let reason = request.value(&config.reason).map(ToString::to_string);
    let mut metadata = metadata(request, entry, &reason.unwrap_or_default());
    metadata.insert(CHARGE.to_owned(), entry.charge.clone());
    CreditOrder {
        target,
        amount: entry.amount,
        metadata,
        idempotency_key: entry.idempotency_key(),
    }
}
