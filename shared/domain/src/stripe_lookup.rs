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
    note_charge(store, request, charge).await?;
    let email = request.customer_email().unwrap_or_default();
    let mut charges = vec![charge.to_owned()];
    let payment = match stripe.payment(charge).await {
        Err(error) if error.is_missing() => None,
        payment => {
            let statement = ChargeStatement::read(stripe, payment?).await?;
            let names = statement.payment.names().filter(|name| *name != charge);
            charges.extend(names.map(ToOwned::to_owned));
            Some(FoundPayment::new(&statement, email))
        }
    };
    for other in &charges[1..] {
        note_charge(store, request, other).await?;
    }
    let customers = stripe.customers(email).await?;
    let lookup = ChargeLookup {
        request_id: request.request_id,
        looked_up_at: at,
        charges,
        payment,
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
