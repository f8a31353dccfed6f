//! What may be said about credits.

use super::{Page, Pairs, Params, integer};
use crate::stripe::billing::{BalanceRequest, CreditNoteRequest, CreditReason};
use crate::stripe::error::StripeError;

/// Stripe's limits for texts.
const MEMO_CHARS: usize = 5000;
const DESCRIPTION_CHARS: usize = 350;
/// The most that Stripe takes in one amount.
const MOST_CENTS: u64 = 99_999_999;

/// `GET /v1/invoice_payments`.
pub(crate) struct InvoicePaymentList {
    pub(crate) invoice: Option<String>,
    pub(crate) payment_intent: Option<String>,
    /// Whether those that were paid are wanted; here there are no others.
    pub(crate) paid: bool,
    pub(crate) page: Page,
}

/// `GET /v1/credit_notes`.
pub(crate) struct CreditNoteList {
    pub(crate) invoice: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) page: Page,
}

/// The query of `GET /v1/invoice_payments`.
pub(crate) fn invoice_payment_list(pairs: &Pairs) -> Result<InvoicePaymentList, StripeError> {
    const TYPE: &str = "payment[type]";
    const INTENT: &str = "payment[payment_intent]";
    let names = ["invoice", "limit", TYPE, INTENT, "starting_after", "status"];
    let mut params = Params::accepting(pairs, &names, false)?;
    let kind = params.take(TYPE)?;
    let payment_intent = params.take(INTENT)?;
    match (kind.as_deref(), &payment_intent) {
        (None, Some(_)) => return Err(missing(TYPE)),
        (Some("payment_intent"), None) => return Err(missing(INTENT)),
        (Some("payment_intent"), Some(_)) | (None, None) => {}
        (Some(_), _) => return Err(one_of(TYPE, &["payment_intent"])),
    }
    let paid = match params.take("status")?.as_deref() {
        None | Some("paid") => true,
        Some("open" | "canceled") => false,
        Some(_) => return Err(one_of("status", &["canceled", "open", "paid"])),
    };
    Ok(InvoicePaymentList {
        invoice: params.take("invoice")?,
        payment_intent,
        paid,
        page: params.page()?,
    })
}

/// The query of `GET /v1/credit_notes`.
pub(crate) fn credit_note_list(pairs: &Pairs) -> Result<CreditNoteList, StripeError> {
    let names = ["customer", "invoice", "limit", "starting_after"];
    let mut params = Params::accepting(pairs, &names, false)?;
    Ok(CreditNoteList {
        invoice: params.take("invoice")?,
        customer: params.take("customer")?,
        page: params.page()?,
    })
}

/// The query of `GET /v1/customers/{id}/balance_transactions`.
pub(crate) fn balance_list(pairs: &Pairs) -> Result<Page, StripeError> {
    Params::accepting(pairs, &["limit", "starting_after"], false)?.page()
}

/// `POST /v1/credit_notes`. Money back and lines are not implemented, so they are unknown.
pub(crate) fn credit_note_request(pairs: &Pairs) -> Result<CreditNoteRequest, StripeError> {
    let names = ["amount", "credit_amount", "invoice", "memo", "reason"];
    let mut params = Params::accepting(pairs, &names, true)?;
    let invoice = params.take("invoice")?.ok_or_else(|| missing("invoice"))?;
    let amount = params.take("amount")?.ok_or_else(|| missing("amount"))?;
    let credit = params.take("credit_amount")?;
    let reason = params.take("reason")?;
    Ok(CreditNoteRequest {
        invoice,
        amount_cents: integer("amount", &amount, MOST_CENTS)?,
        credit_cents: match credit {
            Some(text) => integer("credit_amount", &text, MOST_CENTS)?,
            None => 0,
        },
        reason: reason.as_deref().map(credit_reason).transpose()?,
        memo: params.text("memo", MEMO_CHARS)?,
        metadata: params.kept_metadata(),
    })
}

/// `POST /v1/customers/{id}/balance_transactions`.
pub(crate) fn balance_request(pairs: &Pairs) -> Result<BalanceRequest, StripeError> {
    let mut params = Params::accepting(pairs, &["amount", "currency", "description"], true)?;
    let amount = params.take("amount")?.ok_or_else(|| missing("amount"))?;
    let currency = params.take("currency")?;
    Ok(BalanceRequest {
        amount_cents: signed("amount", &amount)?,
        currency: currency.ok_or_else(|| missing("currency"))?.to_lowercase(),
        description: params.text("description", DESCRIPTION_CHARS)?,
        metadata: params.kept_metadata(),
    })
}

impl Params {
    fn text(&mut self, name: &str, most_chars: usize) -> Result<Option<String>, StripeError> {
        let text = self.take(name)?;
        match &text {
            Some(long) if long.chars().count() > most_chars => {
                let message =
                    format!("Invalid string: {name} must be at most {most_chars} characters");
                Err(StripeError::invalid(message)
                    .code("parameter_invalid_string_length")
                    .param(name))
            }
            Some(_) | None => Ok(text),
        }
    }
}

/// A whole number with an optional minus, and not 0.
fn signed(param: &str, text: &str) -> Result<i64, StripeError> {
    let (digits, sign) = match text.strip_prefix('-') {
        // `--5` is no number.
        Some(digits) if !digits.starts_with('-') => (digits, -1),
        Some(_) | None => (text, 1),
    };
    let cents = integer(param, digits, MOST_CENTS)?;
    Ok(sign * i64::try_from(cents).expect("what Stripe takes in one amount fits an i64"))
}

fn credit_reason(text: &str) -> Result<CreditReason, StripeError> {
    let known = CreditReason::ALL;
    let found = known.into_iter().find(|reason| reason.as_str() == text);
    found.ok_or_else(|| one_of("reason", &known.map(CreditReason::as_str)))
}

fn one_of(param: &str, known: &[&str]) -> StripeError {
    let message = format!("Invalid {param}: must be one of {}", known.join(", "));
    StripeError::invalid(message).param(param)
}

fn missing(param: &str) -> StripeError {
    StripeError::invalid(format!("Missing required param: {param}."))
        .code("parameter_missing")
        .param(param)
}
