//! Routing of requests. A path here is what follows `/v1/`, in segments.

use std::ops::Range;

use serde::Deserialize;
use serde::de::Error as _;
use serde_json::Value;
use uuid::Uuid;

use super::account::{Account, Change};
use super::collection::{Collection, Object};
use super::error::StripeError;
use super::params::{self, Nothing, Page, Pairs};
use super::{objects, wire};

/// `GET /v1/customers`. Exact and case-sensitive, as Stripe documents it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CustomerFilter {
    email: Option<String>,
}

/// `GET /v1/refunds`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RefundFilter {
    charge: Option<String>,
    payment_intent: Option<String>,
    #[serde(rename = "created[gte]")]
    created_from: Option<i64>,
    #[serde(rename = "created[lt]")]
    created_before: Option<i64>,
}

/// `GET /v1/charges` and `GET /v1/invoices`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfCustomer {
    customer: Option<String>,
}

/// `GET /v1/invoice_payments`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InvoicePaymentFilter {
    invoice: Option<String>,
    #[serde(rename = "payment[type]")]
    kind: Option<PaymentKind>,
    #[serde(rename = "payment[payment_intent]")]
    payment_intent: Option<String>,
    #[serde(rename = "status")]
    _status: Option<InvoicePaymentStatus>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum PaymentKind {
    PaymentIntent,
}

/// There are no others.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum InvoicePaymentStatus {
    Paid,
}

/// `GET /v1/credit_notes`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CreditNoteFilter {
    invoice: Option<String>,
    #[serde(rename = "created[gte]")]
    created_from: Option<i64>,
    #[serde(rename = "created[lt]")]
    created_before: Option<i64>,
}

/// The Unix seconds that a list is about.
fn seconds(from: Option<i64>, before: Option<i64>) -> Range<i64> {
    from.unwrap_or(i64::MIN)..before.unwrap_or(i64::MAX)
}

/// `POST /v1/topups`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopUp {
    #[serde(rename = "amount")]
    amount_cents: u64,
    #[serde(rename = "currency")]
    _currency: Currency,
}

/// The account's only one.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Currency {
    Usd,
}

/// Answers a `GET`. None: there is no such address.
pub(crate) fn get(
    account: &Account,
    path: &[&str],
    query: &Pairs,
    now: i64,
) -> Option<Result<Value, StripeError>> {
    let answer = match *path {
        ["refunds"] => list_refunds(account, query, now),
        ["refunds", id] => one(&account.refunds, id, "refund", query, |refund| {
            wire::refund(refund, account.status(refund, now))
        }),
        ["charges"] => list_charges(account, query, now),
        ["charges", id] => params::read::<Nothing>(query).and_then(|Nothing {}| {
            let charge = account.charge(id, "charge")?;
            Ok(wire::charge(account, charge, now))
        }),
        ["payment_intents", id] => {
            let intents = &account.payment_intents;
            one(intents, id, "intent", query, wire::payment_intent)
        }
        ["customers"] => list_customers(account, query),
        ["customers", id] => one(&account.customers, id, "id", query, |customer| {
            wire::customer(account, customer)
        }),
        ["customers", id, "balance_transactions"] => list_balance_transactions(account, id, query),
        ["invoices"] => list_invoices(account, query),
        ["invoice_payments"] => list_invoice_payments(account, query),
        ["credit_notes"] => list_credit_notes(account, query),
        ["credit_notes", id] => one(&account.credit_notes, id, "id", query, wire::credit_note),
        _ => return None,
    };
    Some(answer)
}

/// What a `POST` changes, and what it is answered with. None: there is no such address.
pub(crate) fn post(
    account: &Account,
    path: &[&str],
    form: &Pairs,
    now: i64,
) -> Option<Result<(Change, Value), StripeError>> {
    let answer = match *path {
        ["refunds"] => params::read(form).and_then(|request| {
            let refund = account.plan_refund(request, new_id("re"), now)?;
            let body = wire::refund(&refund, account.status(&refund, now));
            Ok((Change::RefundCreated(refund), body))
        }),
        ["credit_notes"] => params::read(form).and_then(|request| {
            let (note, transaction) =
                account.plan_credit_note(request, new_id("cn"), new_id("cbtxn"), now)?;
            let body = wire::credit_note(&note);
            Ok((Change::CreditNoteCreated { note, transaction }, body))
        }),
        ["customers", customer, "balance_transactions"] => params::read(form).and_then(|request| {
            let id = new_id("cbtxn");
            let transaction = account.plan_balance_transaction(customer, request, id, now)?;
            let body = wire::balance_transaction(&transaction);
            Ok((Change::BalanceChanged(transaction), body))
        }),
        ["topups"] => params::read::<TopUp>(form).map(|top_up| {
            let cents = top_up.amount_cents;
            let body = wire::top_up(&new_id("tu"), cents, now);
            (Change::ToppedUp { cents }, body)
        }),
        _ => return None,
    };
    Some(answer)
}

fn one<T: Object>(
    collection: &Collection<T>,
    id: &str,
    param: &str,
    query: &Pairs,
    render: impl Fn(&T) -> Value,
) -> Result<Value, StripeError> {
    params::read::<Nothing>(query)?;
    collection.find(id, param).map(render)
}

fn page<T: Object>(
    collection: &Collection<T>,
    (group, is_wanted): (Option<&str>, impl Fn(&T) -> bool),
    page: &Page,
    url: &str,
    render: impl Fn(&T) -> Value,
) -> Result<Value, StripeError> {
    let (objects, has_more) = collection.page(group, page, is_wanted)?;
    let data: Vec<Value> = objects.into_iter().map(render).collect();
    Ok(wire::list(url, &data, has_more))
}

fn list_refunds(account: &Account, query: &Pairs, now: i64) -> Result<Value, StripeError> {
    let (filter, wanted): (RefundFilter, _) = params::read_list(query)?;
    let group = match (&filter.charge, &filter.payment_intent) {
        (Some(charge), _) => Some(account.charges.find(charge, "charge")?.id.as_str()),
        (None, Some(intent)) => {
            let intent = account.payment_intents.find(intent, "payment_intent")?;
            // Nothing belongs to an intent that was not paid.
            Some(intent.latest_charge.as_deref().unwrap_or_default())
        }
        (None, None) => None,
    };
    let render = |refund: &objects::Refund| wire::refund(refund, account.status(refund, now));
    let span = seconds(filter.created_from, filter.created_before);
    let of = (group, |it: &objects::Refund| span.contains(&it.created));
    page(&account.refunds, of, &wanted, "/v1/refunds", render)
}

fn list_charges(account: &Account, query: &Pairs, now: i64) -> Result<Value, StripeError> {
    let (filter, wanted): (OfCustomer, _) = params::read_list(query)?;
    if let Some(customer) = &filter.customer {
        account.customers.find(customer, "customer")?;
    }
    let is_wanted =
        |it: &objects::Charge| filter.customer.is_none() || it.customer == filter.customer;
    let render = |charge: &objects::Charge| wire::charge(account, charge, now);
    page(
        &account.charges,
        (None, is_wanted),
        &wanted,
        "/v1/charges",
        render,
    )
}

fn list_invoices(account: &Account, query: &Pairs) -> Result<Value, StripeError> {
    let (filter, wanted): (OfCustomer, _) = params::read_list(query)?;
    let group = filter.customer.as_deref();
    if let Some(customer) = group {
        account.customers.find(customer, "customer")?;
    }
    let of = (group, |_: &_| true);
    page(
        &account.invoices,
        of,
        &wanted,
        "/v1/invoices",
        wire::invoice,
    )
}

fn list_customers(account: &Account, query: &Pairs) -> Result<Value, StripeError> {
    let (filter, wanted): (CustomerFilter, _) = params::read_list(query)?;
    let group = filter.email.as_deref();
    let render = |customer: &objects::Customer| wire::customer(account, customer);
    let (customers, of) = (&account.customers, (group, |_: &_| true));
    page(customers, of, &wanted, "/v1/customers", render)
}

fn list_balance_transactions(
    account: &Account,
    customer: &str,
    query: &Pairs,
) -> Result<Value, StripeError> {
    let (Nothing {}, wanted) = params::read_list(query)?;
    account.customers.find(customer, "customer")?;
    let url = format!("/v1/customers/{customer}/balance_transactions");
    let transactions = &account.balance_transactions;
    let render = wire::balance_transaction;
    let of = (Some(customer), |_: &_| true);
    page(transactions, of, &wanted, &url, render)
}

fn list_invoice_payments(account: &Account, query: &Pairs) -> Result<Value, StripeError> {
    let (filter, wanted): (InvoicePaymentFilter, _) = params::read_list(query)?;
    let group = filter.payment_intent.as_deref();
    match (&filter.kind, group) {
        (None, Some(_)) => return Err(StripeError::missing_field("payment[type]")),
        (Some(PaymentKind::PaymentIntent), None) => {
            return Err(StripeError::missing_field("payment[payment_intent]"));
        }
        (Some(PaymentKind::PaymentIntent), Some(_)) | (None, None) => {}
    }
    if let Some(intent) = group {
        let intents = &account.payment_intents;
        intents.find(intent, "payment[payment_intent]")?;
    }
    if let Some(invoice) = &filter.invoice {
        account.invoices.find(invoice, "invoice")?;
    }
    let (payments, url) = (&account.invoice_payments, "/v1/invoice_payments");
    let of_invoice = filter.invoice.as_ref();
    let is_wanted = |it: &objects::InvoicePayment| of_invoice.is_none_or(|id| it.invoice == *id);
    page(
        payments,
        (group, is_wanted),
        &wanted,
        url,
        wire::invoice_payment,
    )
}

fn list_credit_notes(account: &Account, query: &Pairs) -> Result<Value, StripeError> {
    let (filter, wanted): (CreditNoteFilter, _) = params::read_list(query)?;
    let group = filter.invoice.as_deref();
    if let Some(invoice) = group {
        account.invoices.find(invoice, "invoice")?;
    }
    let (notes, url) = (&account.credit_notes, "/v1/credit_notes");
    let span = seconds(filter.created_from, filter.created_before);
    let of = (group, |it: &objects::CreditNote| span.contains(&it.created));
    page(notes, of, &wanted, url, wire::credit_note)
}

/// `re_` and 24 characters, as Stripe's ids look.
pub(crate) fn new_id(prefix: &str) -> String {
    let mut random = Uuid::new_v4().simple().to_string();
    random.truncate(24);
    format!("{prefix}_{random}")
}
