//! Routing of requests. A path here is what follows `/v1/`, in segments.

use serde_json::Value;

use super::account::{Account, Change};
use super::error::StripeError;
use super::objects::{find, new_id};
use super::params::{Pairs, Params, required};
use super::wire::{self, Wire};

/// A call that changes nothing.
struct Query<'a> {
    account: &'a Account,
    url: String,
    params: Params<'a>,
    now: i64,
}

/// Answers a `GET`. None: there is no such address.
pub(crate) fn get(
    account: &Account,
    path: &[&str],
    query: &Pairs,
    now: i64,
) -> Result<Option<Value>, StripeError> {
    let mut query = Query {
        account,
        url: format!("/v1/{}", path.join("/")),
        params: Params::new(query)?,
        now,
    };
    let params = &mut query.params;
    let answer = match *path {
        ["refunds"] => {
            let charge = params.id_of("charge", &account.charges)?;
            let intent = params.id_of("payment_intent", &account.payment_intents)?;
            let created = params.created()?;
            query.list(&account.refunds, |it| {
                charge.is_none_or(|id| it.charge == id)
                    && (intent.is_none() || it.payment_intent.as_deref() == intent)
                    && created.contains(&it.created)
            })
        }
        ["refunds", id] => query.one(find(&account.refunds, id, "refund")),
        ["charges"] => {
            let customer = params.id_of("customer", &account.customers)?;
            query.list(&account.charges, |it| {
                customer.is_none() || it.customer.as_deref() == customer
            })
        }
        ["charges", id] => query.one(account.charge(id, "charge")),
        ["payment_intents", id] => query.one(find(&account.payment_intents, id, "intent")),
        ["customers"] => {
            // Exact and case-sensitive, as Stripe documents it.
            let email = params.text("email");
            query.list(&account.customers, |it| {
                email.is_none() || it.email.as_deref() == email
            })
        }
        ["customers", id] => query.one(find(&account.customers, id, "id")),
        ["customers", id, "balance_transactions"] => {
            find(&account.customers, id, "customer")?;
            query.list(&account.balance_transactions, |it| it.customer == id)
        }
        ["invoices"] => {
            let customer = params.id_of("customer", &account.customers)?;
            query.list(&account.invoices, |it| {
                customer.is_none_or(|id| it.customer == id)
            })
        }
        ["invoice_payments"] => query.invoice_payments(),
        ["credit_notes"] => {
            let invoice = params.id_of("invoice", &account.invoices)?;
            let created = params.created()?;
            query.list(&account.credit_notes, |it| {
                invoice.is_none_or(|id| it.invoice == id) && created.contains(&it.created)
            })
        }
        ["credit_notes", id] => query.one(find(&account.credit_notes, id, "id")),
        _ => return Ok(None),
    };
    answer.map(Some)
}

impl Query<'_> {
    fn one<T: Wire>(self, found: Result<&T, StripeError>) -> Result<Value, StripeError> {
        self.params.end()?;
        Ok(wire::object(found?, self.account, self.now))
    }

    /// A page of those that are wanted, newest first.
    fn list<T: Wire>(
        mut self,
        all: &[T],
        is_wanted: impl Fn(&T) -> bool,
    ) -> Result<Value, StripeError> {
        let limit = self.params.limit()?;
        let last = self.params.id_of("starting_after", all)?;
        self.params.end()?;
        let end = all.iter().position(|it| Some(it.id()) == last);
        let older = &all[..end.unwrap_or(all.len())];
        let mut wanted = older.iter().rev().filter(|it| is_wanted(it));
        let page = wanted.by_ref().take(limit);
        let page = page.map(|it| wire::object(it, self.account, self.now));
        let page: Vec<Value> = page.collect();
        Ok(wire::list(&self.url, &page, wanted.next().is_some()))
    }

    fn invoice_payments(mut self) -> Result<Value, StripeError> {
        let account = self.account;
        let kind = self.params.one_of("payment[type]", &["payment_intent"])?;
        let intent = self.params.text("payment[payment_intent]");
        if intent.is_some() {
            required("payment[type]", kind)?;
        }
        if kind.is_some() {
            let intent = required("payment[payment_intent]", intent)?;
            find(&account.payment_intents, intent, "payment[payment_intent]")?;
        }
        let invoice = self.params.id_of("invoice", &account.invoices)?;
        // There are no others.
        self.params.one_of("status", &["paid"])?;
        self.list(&account.invoice_payments, |it| {
            intent.is_none_or(|id| it.payment_intent == id)
                && invoice.is_none_or(|id| it.invoice == id)
        })
    }
}

/// What a `POST` changes, and what it is answered with. None: there is no such address.
pub(crate) fn post(
    account: &Account,
    path: &[&str],
    form: &Pairs,
    now: i64,
) -> Result<Option<(Change, Value)>, StripeError> {
    let mut params = Params::new(form)?;
    Ok(Some(match *path {
        ["refunds"] => {
            let refund = account.plan_refund(params, now)?;
            let body = wire::object(&refund, account, now);
            (Change::RefundCreated(refund), body)
        }
        ["credit_notes"] => {
            let (note, transaction) = account.plan_credit_note(params, now)?;
            let body = wire::object(&note, account, now);
            (Change::CreditNoteCreated { note, transaction }, body)
        }
        ["customers", customer, "balance_transactions"] => {
            let transaction = account.plan_balance_transaction(customer, params, now)?;
            let body = wire::object(&transaction, account, now);
            (Change::BalanceChanged(transaction), body)
        }
        ["topups"] => {
            let amount_cents = required("amount", params.positive("amount")?)?;
            required("currency", params.one_of("currency", &["usd"])?)?;
            params.end()?;
            let body = wire::top_up(&new_id("tu"), amount_cents, now);
            (Change::ToppedUp, body)
        }
        _ => return Ok(None),
    }))
}
