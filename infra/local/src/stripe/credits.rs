//! The rules of what is given back without money moving: credit notes, and the balance of a customer that
//! the next invoice takes from. They are those of Stripe's documentation; no recording of the refusals of
//! credit notes is public, so their words are the documentation's.

use super::account::Account;
use super::error::StripeError;
use super::objects::{BalanceTransaction, CreditNote, Metadata, find, new_id};
use super::params::{Params, invalid_integer, required};
use super::refunds::display;

/// What all customers here are billed in.
pub(crate) const CURRENCY: &str = "usd";

impl Account {
    /// What a customer owes; negative: what is theirs.
    pub(crate) fn balance_cents(&self, customer: &str) -> i64 {
        let mut transactions = self.balance_transactions.iter();
        let last = transactions.rfind(|it| it.customer == customer);
        last.map_or(0, |transaction| transaction.ending_balance_cents)
    }

    /// `POST /v1/credit_notes`: the credit note that a request leads to with what it puts on the balance, or Stripe's
    /// refusal. Money back and lines are not implemented, so they are unknown.
    pub(crate) fn plan_credit_note(
        &self,
        mut params: Params<'_>,
        now: i64,
    ) -> Result<(CreditNote, BalanceTransaction), StripeError> {
        let invoice = required("invoice", params.text("invoice"))?;
        let amount_cents = required("amount", params.positive("amount")?)?;
        // How much of it goes to the customer's balance.
        let credit_cents = params.positive("credit_amount")?.unwrap_or_default();
        let metadata = params.metadata()?;
        params.end()?;
        let invoice = find(&self.invoices, invoice, "invoice")?;
        let notes = self.credit_notes.iter();
        let notes: Vec<_> = notes.filter(|it| it.invoice == invoice.id).collect();
        let credited_cents: u64 = notes.iter().map(|note| note.amount_cents).sum();
        let left_cents = invoice.paid_cents.saturating_sub(credited_cents);
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
        if credit_cents != amount_cents {
            let message = format!(
                "The sum of `credit_amount`, `refund_amount` and `out_of_band_amount` ({}) must equal the credit \
                 note amount ({}) of a paid invoice.",
                display(credit_cents, CURRENCY),
                display(amount_cents, CURRENCY),
            );
            return Err(StripeError::refused(message).param("credit_amount"));
        }
        let id = new_id("cn");
        let given_cents = 0_i64.saturating_sub_unsigned(amount_cents);
        let transaction = BalanceTransaction {
            credit_note: Some(id.clone()),
            invoice: Some(invoice.id.clone()),
            ..self.transaction(&invoice.customer, given_cents, Metadata::new(), now)
        };
        let note = CreditNote {
            id,
            number: format!("{}-CN-{:02}", invoice.number, notes.len() + 1),
            invoice: invoice.id.clone(),
            customer: invoice.customer.clone(),
            amount_cents,
            customer_balance_transaction: transaction.id.clone(),
            metadata,
            created: now,
        };
        Ok((note, transaction))
    }

    /// `POST /v1/customers/{id}/balance_transactions`: the transaction that a request leads to, or Stripe's refusal.
    pub(crate) fn plan_balance_transaction(
        &self,
        customer: &str,
        mut params: Params<'_>,
        now: i64,
    ) -> Result<BalanceTransaction, StripeError> {
        let amount_cents = required("amount", params.integer("amount")?)?;
        if amount_cents == 0 {
            return Err(invalid_integer("amount", "This value must not be 0."));
        }
        let currency = required("currency", params.text("currency"))?;
        let metadata = params.metadata()?;
        params.end()?;
        find(&self.customers, customer, "customer")?;
        if !currency.eq_ignore_ascii_case(CURRENCY) {
            let message = format!(
                "You cannot combine currencies on a single customer. This customer has a balance or an invoice \
                 with currency {CURRENCY}."
            );
            return Err(StripeError::refused(message).param("currency"));
        }
        Ok(self.transaction(customer, amount_cents, metadata, now))
    }

    fn transaction(
        &self,
        customer: &str,
        amount_cents: i64,
        metadata: Metadata,
        now: i64,
    ) -> BalanceTransaction {
        BalanceTransaction {
            id: new_id("cbtxn"),
            customer: customer.to_owned(),
            amount_cents,
            ending_balance_cents: self.balance_cents(customer).saturating_add(amount_cents),
            credit_note: None,
            invoice: None,
            metadata,
            created: now,
        }
    }
}
