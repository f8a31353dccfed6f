//! Asking Stripe about the charge of a request, for the eyes of approvers. It decides nothing and changes nothing at
//! Stripe.

use jiff::Timestamp;

use crate::charge_lookup::{ChargeLookup, ChargeUse, FoundPayment};
use crate::charge_statement::ChargeStatement;
use crate::failure::Failure;
use crate::request::Request;
use crate::request_store::RequestStore;
use crate::stripe::Stripe;
use crate::table::Table;

/// Looks the charge of a request up and stores what is found, also that there is no such charge. The request is noted
/// under each name of the charge, so that others about the same charge find it.
pub async fn look_up<T: Table>(
    store: &RequestStore<T>,
    stripe: &impl Stripe,
    request: &Request,
    at: Timestamp,
) -> Result<(), Failure> {
    let charge = request.charge().unwrap_or_default();
    match read(stripe, charge).await {
        Ok(statement) => note_statement(store, stripe, request, statement.as_ref(), at).await,
        Err(failure) => {
            // Also where Stripe does not answer, others about the same charge find this request.
            note_charge(store, request, charge).await?;
            Err(failure)
        }
    }
}

/// The statement of a charge. `None` if Stripe knows no such charge.
async fn read(stripe: &impl Stripe, charge: &str) -> Result<Option<ChargeStatement>, Failure> {
    match stripe.payment(charge).await {
        Err(error) if error.is_missing() => Ok(None),
        payment => Ok(Some(ChargeStatement::read(stripe, payment?).await?)),
    }
}

/// Stores what a statement that was read already says of the charge of a request.
pub async fn note_statement<T: Table>(
    store: &RequestStore<T>,
    stripe: &impl Stripe,
    request: &Request,
    statement: Option<&ChargeStatement>,
    at: Timestamp,
) -> Result<(), Failure> {
    let charge = request.charge().unwrap_or_default();
    let email = request.customer_email().unwrap_or_default();
    let names = statement.iter().flat_map(|it| it.payment.names());
    let others = names.filter(|name| *name != charge).map(ToOwned::to_owned);
    let charges: Vec<String> = [charge.to_owned()].into_iter().chain(others).collect();
    for charge in &charges {
        note_charge(store, request, charge).await?;
    }
    let customers = stripe.customers(email).await?;
    let lookup = ChargeLookup {
        request_id: request.request_id,
        looked_up_at: at,
        charges,
        payment: statement.map(|statement| FoundPayment::new(statement, email)),
        customers: customers.into_iter().map(|customer| customer.id).collect(),
    };
    store.save_charge_lookup(lookup).await
}

async fn note_charge<T: Table>(
    store: &RequestStore<T>,
    request: &Request,
    charge: &str,
) -> Result<(), Failure> {
    let used = ChargeUse {
        charge: charge.to_owned(),
        request_id: request.request_id,
    };
    Ok(store.note_charge(&used).await?)
}
