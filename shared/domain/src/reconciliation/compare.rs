//! The comparison itself: what Stripe has for a request with what the log has, without any reading.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::difference::{Difference, DifferenceKind, signed_text};
use crate::charge_statement::CHARGE;
use crate::id::RequestId;
use crate::movement::LoggedMovement;
use crate::refund::SettlementMethod;
use crate::stripe::{Credit, Refund, RefundState, amount_text, is_intent};

/// A refund or credit at Stripe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StripeMovement {
    /// As money, or as a credit.
    pub means: SettlementMethod,
    /// Stripe's id.
    pub stripe_id: String,
    /// The charge, and its payment intent where there is one. None: Stripe does not say.
    pub charges: Vec<String>,
    /// In the smallest unit of the currency.
    pub cents: u64,
    /// In lower case.
    pub currency: String,
    /// Whether the customer has it.
    pub arrival: Arrival,
}

/// Whether the customer has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Arrival {
    /// Yes.
    Arrived,
    /// Not yet; with Stripe's word for that.
    Pending(String),
    /// No, and it will not come; with Stripe's word for that.
    Failed(String),
}

impl From<&Refund> for StripeMovement {
    fn from(refund: &Refund) -> Self {
        let status = || refund.status.clone().unwrap_or_default();
        let charges = [&refund.charge, &refund.payment_intent];
        Self {
            means: SettlementMethod::Refund,
            stripe_id: refund.id.clone(),
            charges: charges.into_iter().flatten().cloned().collect(),
            cents: refund.amount,
            currency: refund.currency.clone(),
            arrival: match refund.state() {
                RefundState::Paid => Arrival::Arrived,
                RefundState::Pending(_) => Arrival::Pending(status()),
                RefundState::Failed(_) => Arrival::Failed(status()),
            },
        }
    }
}

impl From<&Credit> for StripeMovement {
    fn from(credit: &Credit) -> Self {
        Self {
            means: SettlementMethod::Credit,
            stripe_id: credit.id.clone(),
            charges: credit.metadata.get(CHARGE).cloned().into_iter().collect(),
            cents: credit.amount.unsigned_abs(),
            currency: credit.currency.clone(),
            arrival: if credit.is_void() {
                Arrival::Failed("void".to_owned())
            } else {
                Arrival::Arrived
            },
        }
    }
}

impl StripeMovement {
    /// Whether the customer has it, or may get it.
    fn is_live(&self) -> bool {
        !matches!(self.arrival, Arrival::Failed(_))
    }

    /// What the customer has of it.
    fn arrived_cents(&self) -> u64 {
        match self.arrival {
            Arrival::Arrived => self.cents,
            Arrival::Pending(_) | Arrival::Failed(_) => 0,
        }
    }

    /// Whether it is certainly not of that charge. A charge and a payment intent cannot be compared.
    fn is_of_another(&self, charge: &str) -> bool {
        let alike = |it: &&String| is_intent(it) == is_intent(charge);
        let mut comparable = self.charges.iter().filter(alike).peekable();
        comparable.peek().is_some() && comparable.all(|it| it != charge)
    }
}

/// What was given, per means. A difference between its two sides is in the differences.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// As money.
    pub refunds: MeansTotal,
    /// As credits.
    pub credits: MeansTotal,
}

/// What was given by one means and did not come back, in cents of US dollars.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MeansTotal {
    /// By Stripe.
    pub stripe_cents: u64,
    /// By the audit log.
    pub log_cents: i64,
}

/// `$45.00 by Stripe, $45.00 by the audit log`
impl fmt::Display for MeansTotal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_stripe = amount_text(self.stripe_cents, "usd");
        let in_log = signed_text(self.log_cents);
        write!(f, "{at_stripe} by Stripe, {in_log} by the audit log")
    }
}

impl Totals {
    /// Adds what there is of a request.
    pub fn add(&mut self, at_stripe: &[StripeMovement], in_log: &[LoggedMovement]) {
        for it in at_stripe.iter().filter(|it| it.currency == "usd") {
            self.of(it.means).stripe_cents += it.arrived_cents();
        }
        for it in in_log {
            self.of(it.means).log_cents += it.cents;
        }
    }

    fn of(&mut self, means: SettlementMethod) -> &mut MeansTotal {
        match means {
            SettlementMethod::Refund => &mut self.refunds,
            SettlementMethod::Credit => &mut self.credits,
        }
    }
}

/// All differences between what Stripe has for a request and what the log has of it, in the order of Stripe's ids.
pub fn compare(
    request_id: RequestId,
    at_stripe: &[StripeMovement],
    in_log: &[LoggedMovement],
) -> Vec<Difference> {
    let own = own(at_stripe, in_log);
    let of_stripe = at_stripe.iter().map(|it| it.stripe_id.as_str());
    let of_log = in_log.iter().map(|it| it.stripe_id.as_str());
    let ids: BTreeSet<&str> = of_stripe.chain(of_log).collect();
    let mut differences = Vec::new();
    for id in ids {
        let made = at_stripe.iter().find(|it| it.stripe_id == id);
        let logged: Vec<_> = in_log.iter().filter(|it| it.stripe_id == id).collect();
        let means = made
            .map(|it| it.means)
            .or(logged.first().map(|it| it.means));
        let found = of_existence(made, &logged, own == Some(id))
            .into_iter()
            .chain(made.into_iter().flat_map(|made| of_content(made, &logged)));
        differences.extend(found.map(|(kind, detail)| Difference {
            request_id,
            stripe_id: id.to_owned(),
            kind,
            means: means.unwrap_or(SettlementMethod::Refund),
            stripe_cents: made.map_or(0, StripeMovement::arrived_cents),
            log_cents: logged.iter().map(|it| it.cents).sum(),
            currency: made.map_or("usd", |it| &it.currency).to_owned(),
            detail,
        }));
    }
    differences
}

/// Which of Stripe's live ones the request was given: the first that is in the log, or else the first of all.
fn own<'a>(at_stripe: &'a [StripeMovement], in_log: &[LoggedMovement]) -> Option<&'a str> {
    let live = || at_stripe.iter().filter(|it| it.is_live());
    let recorded = in_log
        .iter()
        .find_map(|logged| live().find(|it| it.stripe_id == logged.stripe_id));
    let first = recorded.or_else(|| live().min_by_key(|it| &it.stripe_id));
    first.map(|it| it.stripe_id.as_str())
}

type Found = (DifferenceKind, Option<String>);

/// Whether both say that there is such a thing, and that the customer has it.
fn of_existence(
    made: Option<&StripeMovement>,
    logged: &[&LoggedMovement],
    is_own: bool,
) -> Option<Found> {
    let given = logged.iter().filter(|it| it.cents > 0).count();
    let came_back = logged.len() - given;
    let kind = |kind| Some((kind, None));
    if given > 1 || came_back > given {
        return kind(DifferenceKind::NotRecordedOnce);
    }
    let Some(made) = made else {
        return kind(DifferenceKind::NotAtStripe);
    };
    if made.is_live() && !is_own {
        return kind(DifferenceKind::SecondAtStripe);
    }
    let in_log = given > came_back;
    match &made.arrival {
        Arrival::Arrived if came_back > 0 => kind(DifferenceKind::ReversedOnlyInLog),
        Arrival::Arrived if !in_log => kind(DifferenceKind::NotInLog),
        Arrival::Pending(status) | Arrival::Failed(status) if in_log => {
            let detail = Some(format!("{status} at Stripe"));
            Some((DifferenceKind::ReversalMissing, detail))
        }
        Arrival::Arrived | Arrival::Pending(_) | Arrival::Failed(_) => None,
    }
}

/// Whether both say the same of it.
fn of_content(made: &StripeMovement, logged: &[&LoggedMovement]) -> Vec<Found> {
    let mut found = Vec::new();
    let is_other = |it: &&LoggedMovement| it.cents.unsigned_abs() != made.cents;
    if logged.iter().any(is_other) {
        found.push((DifferenceKind::OtherAmount, None));
    }
    if let Some(other) = logged.iter().find(|it| made.is_of_another(&it.charge)) {
        let (theirs, ours) = (made.charges.join(", "), &other.charge);
        let detail = format!("{theirs} at Stripe, {ours} in the audit log");
        found.push((DifferenceKind::OtherCharge, Some(detail)));
    }
    // The log counts US dollars alone.
    if !logged.is_empty() && made.currency != "usd" {
        found.push((DifferenceKind::OtherCurrency, None));
    }
    found
}
