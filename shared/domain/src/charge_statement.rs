//! The statement of a charge: what was paid, and every refund and credit that anybody made of it, as Stripe has it.

use crate::failure::Failure;
use crate::id::RequestId;
use crate::money::Usd;
use crate::stripe::{Credit, CreditTarget, Payment, Refund, RefundState, Stripe, StripeError};

/// The name under which Stripe keeps the charge with a credit on a customer's balance.
pub const CHARGE: &str = "charge";

/// What Stripe has of a charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChargeStatement {
    /// What was paid.
    pub payment: Payment,
    /// Its refunds, those that failed too.
    pub refunds: Vec<Refund>,
    /// Its credits, those that were taken back too.
    pub credits: Vec<Credit>,
    /// How a credit for it is given. None: nobody could be credited.
    pub credit_target: Option<CreditTarget>,
}

/// What carries the request's id at Stripe and was not ordered by it, as its charge or its amount is another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    /// Stripe's id of it.
    pub stripe_id: String,
}

impl ChargeStatement {
    /// Reads what was made of a payment.
    ///
    /// A charge that Stripe does not know has nothing. Any other refusal to list is no answer, as something may have
    /// been made all the same.
    pub async fn read(stripe: &impl Stripe, payment: Payment) -> Result<Self, Failure> {
        let refunds = none_if_missing(stripe.refunds(&payment.id).await)?;
        let credit_target = credit_target(stripe, &payment).await?;
        let mut credits = Vec::new();
        if let Some(invoice @ CreditTarget::Invoice(_)) = &credit_target {
            credits.extend(none_if_missing(stripe.credits(invoice).await)?);
        }
        if let Some(balance) = balance(&payment) {
            let listed = none_if_missing(stripe.credits(&balance).await)?;
            credits.extend(listed.into_iter().filter(|it| is_of(it, &payment)));
        }
        Ok(Self {
            payment,
            refunds,
            credits,
            credit_target,
        })
    }

    /// The charge. None: the payment intent came to none.
    pub fn charge(&self) -> Option<&str> {
        let charge = self.payment.charge.as_ref();
        charge.map(|charge| charge.id.as_str())
    }

    /// What was taken from the customer, in the smallest unit of the currency.
    pub fn captured(&self) -> u64 {
        let charge = self.payment.charge.as_ref();
        charge.map_or(0, crate::stripe::Charge::captured_amount)
    }

    /// What was refunded or is on its way. Stripe counts pending refunds late, and its list is newer than its charge.
    pub fn refunded(&self) -> u64 {
        let live = self.refunds.iter().filter(|refund| refund.is_live());
        let listed = live.map(|refund| refund.amount).sum();
        let charge = self.payment.charge.as_ref();
        charge
            .map_or(0, |charge| charge.amount_refunded)
            .max(listed)
    }

    /// What of [`ChargeStatement::refunded`] the customer does not have yet.
    pub fn pending(&self) -> u64 {
        let is_pending = |refund: &&Refund| matches!(refund.state(), RefundState::Pending(_));
        let pending = self.refunds.iter().filter(is_pending);
        pending.map(|refund| refund.amount).sum()
    }

    /// What was credited for it.
    pub fn credited(&self) -> u64 {
        self.credits.iter().map(Credit::given_cents).sum()
    }

    /// Stripe's ids and the requests that have something here, each with the cents of it that count.
    pub fn entries(&self) -> impl Iterator<Item = StatementEntry<'_>> {
        let refunds = self.refunds.iter().map(|refund| StatementEntry {
            stripe_id: &refund.id,
            request: refund.request_id(),
            cents: if refund.is_live() { refund.amount } else { 0 },
        });
        let credits = self.credits.iter().map(|credit| StatementEntry {
            stripe_id: &credit.id,
            request: credit.request_id(),
            cents: credit.given_cents(),
        });
        refunds.chain(credits)
    }

    /// The refund that was made for a request. One that failed is only taken for its own where the request has asked for
    /// one.
    pub fn refund_of(
        &self,
        request: RequestId,
        amount: Usd,
        has_asked: bool,
    ) -> Result<Option<&Refund>, Unfit> {
        let charge = self.charge().unwrap_or_default();
        let own = self
            .refunds
            .iter()
            .filter(|it| it.request_id() == Some(request));
        let (live, failed): (Vec<_>, Vec<_>) = own.partition(|refund| refund.is_live());
        let fits = |refund: &&Refund| refund.fits(charge, amount);
        let unfit = live.first().map(|it| it.id.clone());
        match (live.into_iter().find(fits), unfit) {
            (Some(found), _) => Ok(Some(found)),
            (None, Some(stripe_id)) => Err(Unfit { stripe_id }),
            (None, None) => Ok(failed.into_iter().find(fits).filter(|_| has_asked)),
        }
    }

    /// The credit that was made for a request.
    pub fn credit_of(&self, request: RequestId, amount: Usd) -> Result<Option<&Credit>, Unfit> {
        let is_own = |it: &&Credit| !it.is_void() && it.request_id() == Some(request);
        let own: Vec<_> = self.credits.iter().filter(is_own).collect();
        let fits = |credit: &Credit| credit.amount.unsigned_abs() == amount.cents();
        let unfit = own.first().map(|it| it.id.clone());
        match (own.into_iter().find(|it| fits(it)), unfit) {
            (None, Some(stripe_id)) => Err(Unfit { stripe_id }),
            (found, _) => Ok(found),
        }
    }
}

/// A refund or credit, as far as sums are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StatementEntry<'a> {
    /// `re_...`, `cn_...` or `cbtxn_...`
    pub stripe_id: &'a str,
    /// The request that it was made for. None: not by this system.
    pub request: Option<RequestId>,
    /// 0 when it failed or was taken back.
    pub cents: u64,
}

/// Whether a credit on a balance was given for that payment, whichever of its names it was given under.
fn is_of(credit: &Credit, payment: &Payment) -> bool {
    let given_for = credit.metadata.get(CHARGE);
    given_for.is_some_and(|given_for| payment.names().any(|name| name == given_for))
}

async fn credit_target(
    stripe: &impl Stripe,
    payment: &Payment,
) -> Result<Option<CreditTarget>, Failure> {
    if let Some(intent) = &payment.intent
        && let Some(invoice) = stripe.paid_invoice(intent).await?
    {
        return Ok(Some(CreditTarget::Invoice(invoice)));
    }
    Ok(balance(payment))
}

/// The balance of whoever paid.
fn balance(payment: &Payment) -> Option<CreditTarget> {
    let customer = payment.payer.customer_id()?;
    Some(CreditTarget::Customer(customer.to_owned()))
}

pub(crate) fn none_if_missing<T>(listed: Result<Vec<T>, StripeError>) -> Result<Vec<T>, Failure> {
    match listed {
        Err(error) if error.is_missing() => Ok(Vec::new()),
        listed => Ok(listed?),
    }
}
