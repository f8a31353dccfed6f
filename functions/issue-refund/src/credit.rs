//! A credit toward the customer's next invoice.

use domain::failure::Failure;
use domain::money::Usd;
use domain::refund::{RefundEntry, Settlement, SettlementMethod};
use domain::request::{Event, Request};
use domain::stripe::{
    Credit, CreditOrder, CreditTarget, Payer, Payment, REQUEST_ID, Stripe, StripeError,
};
use domain::table::Table;
use domain::task::{Outcome, RefundConfig, Task, outcome};
use domain::workflow::Workflow;

use crate::ledger::{Case, Ledger};
use crate::refund::metadata;
use crate::rules::{PreconditionFailed, RequesterIdentity, refusal};
use crate::{IssueRefund, failure};

/// The name under which Stripe keeps the charge with a credit.
const CHARGE: &str = "charge";

impl<T: Table, S: Stripe, W: Workflow> IssueRefund<T, S, W> {
    /// Credits, or finds out that it was credited or cannot be.
    pub(crate) async fn create_credit(
        &self,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, Failure> {
        let mut case = match self.load(task, SettlementMethod::Credit).await? {
            Ledger::Settled(outcome) => return Ok(outcome),
            Ledger::Pending(case) => case,
        };
        let target = match self.plan(&case, task).await {
            Ok(Plan::ToMake(target)) => target,
            Ok(Plan::Made(credit)) => return self.credited(&mut case, credit, task).await,
            Err(PreconditionFailed::AskSomebody(failure)) => return Err(failure),
            Err(PreconditionFailed::No(message)) => {
                return self.refuse(&mut case, task, &message).await;
            }
        };
        self.begin(&mut case, task).await?;
        let order = order(&case.request.value, &case.entry.value, task.config, target);
        match self.stripe.create_credit(&order).await {
            Ok(credit) => self.credited(&mut case, credit, task).await,
            Err(error) => match refusal(&error) {
                Some(message) => self.refuse(&mut case, task, message).await,
                None => Err(failure(&error)),
            },
        }
    }

    /// How the credit is to be given, unless it has been given already.
    async fn plan(
        &self,
        case: &Case,
        task: &Task<&RefundConfig>,
    ) -> Result<Plan, PreconditionFailed> {
        let (request, entry) = (&case.request.value, &case.entry.value);
        let payment = self
            .stripe
            .payment(&entry.charge)
            .await
            .map_err(|error| no(&error))?;
        let target = self.target(&payment).await?;
        let credits = self
            .stripe
            .credits(&target)
            .await
            .map_err(|error| no(&error))?;
        let request_id = entry.request_id.to_string();
        if let Some(credit) = credits.iter().find(|credit| is_for(credit, &request_id)) {
            return Ok(Plan::Made(credit.clone()));
        }
        let unchanged = self.store.check_unchanged(request, &task.version).await;
        unchanged.map_err(PreconditionFailed::AskSomebody)?;
        let requester = RequesterIdentity::of(request, &task.config.asker);
        let precondition_failed = self.check_preconditions(task, &payment, &requester).await;
        if let Some(precondition_failed) =
            precondition_failed.map_err(PreconditionFailed::AskSomebody)?
        {
            return Err(precondition_failed);
        }
        // A balance Stripe lets grow without end, and a credit note it keeps within its invoice, but not
        // within what is left of a charge that was refunded in cash.
        within_the_charge(&payment, &credits, entry.amount)?;
        Ok(Plan::ToMake(target))
    }

    async fn target(&self, payment: &Payment) -> Result<CreditTarget, PreconditionFailed> {
        if let Some(intent) = &payment.intent {
            let invoice = self
                .stripe
                .paid_invoice(intent)
                .await
                .map_err(|error| no(&error))?;
            if let Some(invoice) = invoice {
                return Ok(CreditTarget::Invoice(invoice));
            }
        }
        match &payment.payer {
            Payer::Customer(customer) => Ok(CreditTarget::Customer(customer.id.clone())),
            Payer::Guest(_) => Err(PreconditionFailed::No(
                "There is no customer in Stripe who could be given a credit.".to_owned(),
            )),
        }
    }

    async fn credited(
        &self,
        case: &mut Case,
        credit: Credit,
        task: &Task<&RefundConfig>,
    ) -> Result<Outcome, Failure> {
        let entry = &mut case.entry.value;
        let amount = entry.amount;
        entry.stripe_id = Some(credit.id.clone());
        entry.settlement = Some(Settlement::Paid);
        let (id, output) = (credit.id.as_str(), &task.config.output);
        self.store(case, task, |_| Event::CreditGiven { id, amount, output })
            .await?;
        Ok(Outcome::new(outcome::DONE))
    }
}

enum Plan {
    Made(Credit),
    ToMake(CreditTarget),
}

fn no(error: &StripeError) -> PreconditionFailed {
    match refusal(error) {
        Some(message) => PreconditionFailed::No(message.to_owned()),
        None => PreconditionFailed::AskSomebody(failure(error)),
    }
}

/// A credit note that was taken back counts no more.
fn is_for(credit: &Credit, request_id: &str) -> bool {
    let given = credit.metadata.get(REQUEST_ID).map(String::as_str) == Some(request_id);
    given && credit.status.as_deref() != Some("void")
}

/// What is credited for a charge and refunded of it is at most what was paid.
fn within_the_charge(
    payment: &Payment,
    credits: &[Credit],
    amount: Usd,
) -> Result<(), PreconditionFailed> {
    let Some(charge) = &payment.charge else {
        return Err(PreconditionFailed::No(
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
        return Err(PreconditionFailed::No(
            "The charge is disputed: nothing is credited for it.".to_owned(),
        ));
    }
    if amount.cents() > left {
        return Err(PreconditionFailed::No(
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
