//! `/v1/invoice_payments`, `/v1/credit_notes` and `/v1/customers/{id}/balance_transactions`.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::{Account, answer, change, find, no_cursor};
use crate::stripe::billing::{BalanceTransaction, CreditNote, Invoice, NewIds};
use crate::stripe::door::RequestId;
use crate::stripe::model::Change;
use crate::stripe::params::credits as params;
use crate::stripe::render::{self, credits as show};
use crate::stripe::stand_in::new_id;

pub(super) async fn list_invoice_payments(
    State(stand_in): Account,
    RawQuery(query): RawQuery,
) -> Response {
    answer(&stand_in, query, |pairs, world, _now| {
        let wanted = params::invoice_payment_list(pairs)?;
        if let Some(invoice) = &wanted.invoice {
            find(world.invoice(invoice), "invoice", invoice, "invoice")?;
        }
        if let Some(intent) = &wanted.payment_intent {
            let param = "payment[payment_intent]";
            find(world.intent(intent), "payment_intent", intent, param)?;
        }
        let matches = |invoice: &&Invoice| {
            let by_id = wanted.invoice.as_ref().is_none_or(|id| *id == invoice.id);
            let intent = wanted.payment_intent.as_ref();
            wanted.paid && by_id && intent.is_none_or(|id| *id == invoice.payment_intent)
        };
        let newest_first: Vec<&Invoice> = world.invoices.iter().rev().filter(matches).collect();
        render::list(
            "/v1/invoice_payments",
            &newest_first,
            &wanted.page,
            |invoice| &invoice.payment,
            show::invoice_payment,
        )
        .ok_or_else(|| no_cursor("invoice_payment", wanted.page.starting_after.as_deref()))
    })
}

pub(super) async fn create_credit_note(
    State(stand_in): Account,
    Extension(id): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = "/v1/credit_notes";
    change(stand_in, id, path, &headers, &body, |pairs, world, now| {
        let request = params::credit_note_request(pairs)?;
        let ids = NewIds {
            note: new_id("cn"),
            transaction: new_id("cbtxn"),
        };
        let (note, given) = world.plan_credit_note(request, ids, now)?;
        Ok(Change::CreditNoteCreated { note, given })
    })
    .await
}

pub(super) async fn list_credit_notes(
    State(stand_in): Account,
    RawQuery(query): RawQuery,
) -> Response {
    answer(&stand_in, query, |pairs, world, _now| {
        let wanted = params::credit_note_list(pairs)?;
        if let Some(invoice) = &wanted.invoice {
            find(world.invoice(invoice), "invoice", invoice, "invoice")?;
        }
        if let Some(customer) = &wanted.customer {
            find(world.customer(customer), "customer", customer, "customer")?;
        }
        let matches = |note: &&CreditNote| {
            let invoice = wanted.invoice.as_ref();
            let customer = wanted.customer.as_ref();
            invoice.is_none_or(|id| *id == note.invoice)
                && customer.is_none_or(|id| *id == note.customer)
        };
        let newest_first: Vec<&CreditNote> =
            world.credit_notes.iter().rev().filter(matches).collect();
        render::list(
            "/v1/credit_notes",
            &newest_first,
            &wanted.page,
            |note| &note.id,
            |note| show::credit_note(note, world.transaction_of(&note.id)),
        )
        .ok_or_else(|| no_cursor("credit_note", wanted.page.starting_after.as_deref()))
    })
}

pub(super) async fn create_balance_transaction(
    State(stand_in): Account,
    Extension(id): Extension<RequestId>,
    Path(customer): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let path = address(&customer);
    change(
        stand_in,
        id,
        &path,
        &headers,
        &body,
        move |pairs, world, now| {
            let request = params::balance_request(pairs)?;
            let customer = find(world.customer(&customer), "customer", &customer, "customer")?;
            let transaction = world.plan_balance(customer, request, new_id("cbtxn"), now)?;
            Ok(Change::BalanceChanged(transaction))
        },
    )
    .await
}

pub(super) async fn list_balance_transactions(
    State(stand_in): Account,
    Path(customer): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answer(&stand_in, query, |pairs, world, _now| {
        let page = params::balance_list(pairs)?;
        find(world.customer(&customer), "customer", &customer, "customer")?;
        let of_customer = world.balance_transactions.iter().rev();
        let newest_first: Vec<&BalanceTransaction> = of_customer
            .filter(|transaction| transaction.customer == customer)
            .collect();
        render::list(
            &address(&customer),
            &newest_first,
            &page,
            |transaction| &transaction.id,
            show::balance_transaction,
        )
        .ok_or_else(|| {
            no_cursor(
                "customer_balance_transaction",
                page.starting_after.as_deref(),
            )
        })
    })
}

fn address(customer: &str) -> String {
    format!("/v1/customers/{customer}/balance_transactions")
}
