//! The rules of what is given back without money moving: credit notes, and the balance of a customer that
//! the next invoice takes from.

use serde::Deserialize;

use super::account::Account;
use super::error::StripeError;
use super::objects::{BalanceTransaction, CreditNote};
use super::params::Metadata;
use super::refunds::display;

/// What all customers here are billed in.
pub(crate) const CURRENCY: &str = "usd";

/// `POST /v1/credit_notes`. Money back and lines are not implemented, so they are unknown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreditNoteRequest {
    invoice: String,
    #[serde(rename = "amount")]
    amount_cents: u64,
    /// How much of it goes to the customer's balance.
    #[serde(rename = "credit_amount")]
    credit_cents: Option<u64>,
    #[serde(default)]
    metadata: Metadata,
}

/// `POST /v1/customers/{id}/balance_transactions`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct BalanceRequest {
    #[serde(rename = "amount")]
    amount_cents: i64,
    currency: String,
    #[serde(default)]
    metadata: Metadata,
}

impl Account {
    /// What a customer owes; negative: what is theirs.
    pub(crate) fn balance_cents(&self, customer: &str) -> i64 {
        let last = self.balance_transactions.of(Some(customer)).next_back();
        last.map_or(0, |transaction| transaction.ending_balance_cents)
    }

    /// The credit note that a request leads to with what it puts on the balance, or Stripe's refusal. The
    /// rules are those of Stripe's documentation; no recording of these refusals is public, so their
    /// words are the documentation's.
    pub(crate) fn plan_credit_note(
        &self,
        request: CreditNoteRequest,
        id: String,
        transaction: String,
        now: i64,
    ) -> Result<(CreditNote, BalanceTransaction), StripeError> {
        let invoice = self.invoices.find(&request.invoice, "invoice")?;
        let notes = self.credit_notes.of(Some(&invoice.id));
        let number = notes.len() + 1;
        let credited_cents: u64 = notes.map(|note| note.amount_cents).sum();
        let left_cents = invoice.paid_cents.saturating_sub(credited_cents);
        let amount_cents = request.amount_cents;
        if amount_cents > left_cents {
            let message = format!(
                "The credit note amount ({}) is greater than what is left to credit on invoice {} ({}): the sum \
                 of all credit notes cannot exceed the invoice's total.",
                display(amount_cents, CURRENCY),
                invoice.id,
                display(left_cents, CURRENCY),
            );
            return Err(StripeError::refused(message).param("amount"));
        }
        let credit_cents = request.credit_cents.unwrap_or_default();
        if credit_cents != amount_cents {
            let message = format!(
                "The sum of `credit_amount`, `refund_amount` and `out_of_band_amount` ({}) must equal the credit \
                 note amount ({}) of a paid invoice.",
                display(credit_cents, CURRENCY),
                display(amount_cents, CURRENCY),
            );
            return Err(StripeError::refused(message).param("credit_amount"));
        }
        let note = CreditNote {
            id,
            number: format!("{}-CN-{number:02}", invoice.number),
            invoice: invoice.id.clone(),
            customer: invoice.customer.clone(),
            amount_cents,
            customer_balance_transaction: transaction.clone(),
            metadata: request.metadata,
            created: now,
        };
        let given_cents = 0_i64.saturating_sub_unsigned(amount_cents);
        let transaction = BalanceTransaction {
            credit_note: Some(note.id.clone()),
            invoice: Some(note.invoice.clone()),
            ..self.transaction(&note.customer, given_cents, transaction, now)
        };
        Ok((note, transaction))
    }

    /// The transaction that a request leads to, or Stripe's refusal.
    pub(crate) fn plan_balance_transaction(
        &self,
        customer: &str,
        request: BalanceRequest,
        id: String,
        now: i64,
    ) -> Result<BalanceTransaction, StripeError> {
        self.customers.find(customer, "customer")?;
        if !request.currency.eq_ignore_ascii_case(CURRENCY) {
            let message = format!(
                "You cannot combine currencies on a single customer. This customer has a balance or an invoice \
                 with currency {CURRENCY}."
            );
            return Err(StripeError::refused(message).param("currency"));
        }
        Ok(BalanceTransaction {
            metadata: request.metadata,
            ..self.transaction(customer, request.amount_cents, id, now)
        })
    }

    fn transaction(
        &self,
        customer: &str,
        amount_cents: i64,
        id: String,
        now: i64,
    ) -> BalanceTransaction {
        BalanceTransaction {
            id,
            customer: customer.to_owned(),
            amount_cents,
            ending_balance_cents: self.balance_cents(customer).saturating_add(amount_cents),
            credit_note: None,
            invoice: None,
            metadata: Metadata::new(),
            created: now,
        }
    }
}
