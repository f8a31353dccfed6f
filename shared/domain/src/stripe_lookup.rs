//! Asking Stripe about the charge of a request, for the eyes of approvers. It decides nothing and changes nothing at
//! Stripe.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::charge_lookup::{ChargeLookup, ChargeUse, FoundPayment};
use crate::charge_statement::{ChargeStatement, none_if_missing};
use crate::failure::Failure;
use crate::request::Request;
use crate::request_store::RequestStore;
use crate::stripe::{Customer, Payment, Stripe};
use crate::table::Table;

/// Looks the charge of a request up and stores what is found, also that there is no such charge. The request is noted
/// under each name of the charge, so that others about the same charge find it.
pub async fn look_up<T: Table>(
    store: &RequestStore<T>,
    stripe: &impl Stripe,
    request: &Request,
    at: Timestamp,
) -> Result<ChargeLookup, Failure> {
    match read(stripe, request).await {
        Ok((statements, customers)) => note(store, request, &statements, customers, at).await,
        Err(failure) => {
            // Also where Stripe does not answer, others about the same charge find this request.
            note_charges(store, request, &names(request, &[])).await?;
            Err(failure)
        }
    }
}

/// Stores what a statement that was read already says of the charge of a request.
pub async fn note_statement<T: Table>(
    store: &RequestStore<T>,
    stripe: &impl Stripe,
    request: &Request,
    statement: ChargeStatement,
    at: Timestamp,
) -> Result<(), Failure> {
    let customers = customers(stripe, request).await?;
    note(store, request, &[statement], customers, at).await?;
    Ok(())
}

/// The statements of the charges that a request may be about, and the customers with the address of the one who asks.
async fn read(
    stripe: &impl Stripe,
    request: &Request,
) -> Result<(Vec<ChargeStatement>, Vec<Customer>), Failure> {
    let customers = customers(stripe, request).await?;
    let payments = match (request.charge(), request.charge_number()) {
        (Some(charge), _) => {
            let payment = stripe.payment(charge).await.map(|payment| vec![payment]);
            none_if_missing(payment)?
        }
        (None, Some(number)) => numbered(stripe, request, &customers, number).await?,
        (None, None) => Vec::new(),
    };
    let mut statements = Vec::new();
    for payment in payments {
        statements.push(ChargeStatement::read(stripe, payment).await?);
    }
    Ok((statements, customers))
}

async fn customers(stripe: &impl Stripe, request: &Request) -> Result<Vec<Customer>, Failure> {
    let email = request.customer_email().unwrap_or_default();
    Ok(stripe.customers(email).await?)
}

/// The payments with the number of a receipt or an invoice. Whoever guesses one finds nothing of others by it: it is looked
/// for only among the payments of the customers with the address of the one who asks, and of the customer who is said to be
/// the one.
async fn numbered(
    stripe: &impl Stripe,
    request: &Request,
    customers: &[Customer],
    number: &str,
) -> Result<Vec<Payment>, Failure> {
    let known = customers.iter().map(|customer| customer.id.as_str());
    let customers: BTreeSet<&str> = known.chain(request.stripe_customer()).collect();
    let mut payments = Vec::new();
    for customer in customers {
        payments.extend(none_if_missing(stripe.numbered(customer, number).await)?);
    }
    Ok(payments)
}

async fn note<T: Table>(
    store: &RequestStore<T>,
    request: &Request,
    statements: &[ChargeStatement],
    customers: Vec<Customer>,
    at: Timestamp,
) -> Result<ChargeLookup, Failure> {
    let email = request.customer_email().unwrap_or_default();
    let charges = names(request, statements);
    note_charges(store, request, &charges).await?;
    let lookup = ChargeLookup {
        request_id: request.request_id,
        looked_up_at: at,
        charges,
        payments: statements
            .iter()
            .map(|it| FoundPayment::new(it, email))
            .collect(),
        customers: customers.into_iter().map(|customer| customer.id).collect(),
    };
    store.save_charge_lookup(lookup.clone()).await?;
    Ok(lookup)
}

/// The charges that a request is about, or may be, by all their names: as named, and as found.
fn names(request: &Request, statements: &[ChargeStatement]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let found = statements.iter().flat_map(|it| it.payment.names());
    for name in request.charge().into_iter().chain(found) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

async fn note_charges<T: Table>(
    store: &RequestStore<T>,
    request: &Request,
    names: &[String],
) -> Result<(), Failure> {
    for name in names {
        let used = ChargeUse {
            charge: name.clone(),
            request_id: request.request_id,
        };
        store.note_charge(&used).await?;
    }
    Ok(())
}
