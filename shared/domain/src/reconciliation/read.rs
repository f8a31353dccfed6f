//! Reads what is compared, from Stripe and from the audit log.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use jiff::Timestamp;

use super::compare::{StripeMovement, Totals, compare};
use super::difference::Difference;
use crate::audit::AuditRecord;
use crate::audit_index::AuditCursor;
use crate::failure::Failure;
use crate::id::RequestId;
use crate::movement::LoggedMovement;
use crate::request_store::RequestStore;
use crate::stripe::{Credit, CreditTarget, Listings, Stripe, StripeError};
use crate::table::{ReadError, Table};

/// How many records of a partition are read at once. Sixteen times as many are in memory.
const BATCH: usize = 250;

/// What came of a comparison.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// How many requests were compared.
    pub requests: usize,
    /// What was given in all for these requests, per means.
    pub totals: Totals,
    /// What does not agree, by request and by Stripe's id.
    pub differences: Vec<Difference>,
}

/// Compares all requests for which Stripe created something in a span, or the log has a movement in it.
///
/// Stripe is asked one call after the other: for the lists of the span, a hundred objects a call; for each credit on a balance
/// in the span three times; and for what does not agree at first, by its id.
pub async fn reconcile(
    store: &RequestStore<impl Table>,
    stripe: &(impl Stripe + Listings),
    span: &Range<Timestamp>,
) -> Result<Reconciliation, Failure> {
    let mut result = Reconciliation::default();
    for (request, mut at_stripe) in of_span(store, stripe, span).await? {
        let mut in_log = movements(store, request).await?;
        let mut differences = compare(request, &at_stripe, &in_log);
        if !differences.is_empty() {
            // What is of another day was not listed, and what is under way may have changed in between.
            at_stripe = again(stripe, &at_stripe, &in_log).await?;
            in_log = movements(store, request).await?;
            differences = compare(request, &at_stripe, &in_log);
        }
        result.requests += 1;
        result.totals.add(&at_stripe, &in_log);
        result.differences.extend(differences);
    }
    Ok(result)
}

/// The requests of a span, each with what Stripe lists for it.
async fn of_span(
    store: &RequestStore<impl Table>,
    stripe: &(impl Stripe + Listings),
    span: &Range<Timestamp>,
) -> Result<BTreeMap<RequestId, Vec<StripeMovement>>, Failure> {
    let mut requests: BTreeMap<RequestId, Vec<StripeMovement>> = BTreeMap::new();
    let mut note = |request: Option<RequestId>, movement: StripeMovement| {
        if let Some(request) = request {
            requests.entry(request).or_default().push(movement);
        }
    };
    for refund in stripe.refunds_created(span).await? {
        note(refund.request_id(), (&refund).into());
    }
    for credit in stripe.credit_notes_created(span).await? {
        note(credit.request_id(), (&credit).into());
    }
    let mut recorded = BTreeSet::new();
    let mut balances = BTreeSet::new();
    let mut cursor = AuditCursor::new(span.start, span.end, BATCH);
    while let Some(record) = cursor.next(store.table()).await? {
        if let Some(movement) = LoggedMovement::of(&record) {
            recorded.insert(movement.request_id);
            if is_of_balance(&movement.stripe_id) {
                balances.extend(customer(stripe, &movement.charge).await?);
            }
        }
    }
    for customer in balances {
        for credit in on_balance(stripe, customer).await? {
            note(credit.request_id(), (&credit).into());
        }
    }
    for request in recorded {
        requests.entry(request).or_default();
    }
    Ok(requests)
}

/// Everything that the log says moved for a request.
async fn movements(
    store: &RequestStore<impl Table>,
    request: RequestId,
) -> Result<Vec<LoggedMovement>, ReadError> {
    let records = AuditRecord::load_all(store.table(), request).await?;
    Ok(records.iter().filter_map(LoggedMovement::of).collect())
}

/// What Stripe has now under the ids that it listed and those of the log.
async fn again(
    stripe: &(impl Stripe + Listings),
    at_stripe: &[StripeMovement],
    in_log: &[LoggedMovement],
) -> Result<Vec<StripeMovement>, Failure> {
    let listed = at_stripe
        .iter()
        .map(|it| (&*it.stripe_id, it.charges.first().map(String::as_str)));
    let logged = in_log
        .iter()
        .map(|it| (&*it.stripe_id, Some(it.charge.as_str())));
    let ids: BTreeMap<&str, Option<&str>> = listed.chain(logged).collect();
    let mut found = Vec::new();
    for (id, charge) in ids {
        found.extend(by_id(stripe, id, charge).await?);
    }
    Ok(found)
}

async fn by_id(
    stripe: &(impl Stripe + Listings),
    id: &str,
    charge: Option<&str>,
) -> Result<Option<StripeMovement>, Failure> {
    if is_of_balance(id) {
        let Some(charge) = charge else {
            return Ok(None);
        };
        let Some(customer) = customer(stripe, charge).await? else {
            return Ok(None);
        };
        let credits = on_balance(stripe, customer).await?;
        let credit = credits.iter().find(|it| it.id == id);
        return Ok(credit.map(StripeMovement::from));
    }
    if id.starts_with("cn_") {
        let credit = existing(stripe.credit_note(id).await)?;
        return Ok(credit.as_ref().map(StripeMovement::from));
    }
    let refund = existing(stripe.refund(id).await)?;
    Ok(refund.as_ref().map(StripeMovement::from))
}

/// Whether Stripe's id is that of a transaction on a customer's balance.
fn is_of_balance(id: &str) -> bool {
    id.starts_with("cbtxn_")
}

/// The customer who paid a charge.
async fn customer(stripe: &impl Stripe, charge: &str) -> Result<Option<String>, Failure> {
    let payment = existing(stripe.payment(charge).await)?;
    let customer = payment.and_then(|it| it.payer.customer_id().map(ToOwned::to_owned));
    Ok(customer)
}

async fn on_balance(stripe: &impl Stripe, customer: String) -> Result<Vec<Credit>, Failure> {
    let credits = stripe.credits(&CreditTarget::Customer(customer)).await;
    Ok(existing(credits)?.unwrap_or_default())
}

fn existing<T>(answer: Result<T, StripeError>) -> Result<Option<T>, StripeError> {
    match answer {
        Err(error) if error.is_missing() => Ok(None),
        answer => answer.map(Some),
    }
}
