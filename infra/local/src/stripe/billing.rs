//! Invoices that were paid and what is given back on them without money moving: credit notes, and the
//! balance of a customer that the next invoice takes from. Pure, like the refund rules beside it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::StripeError;
use super::model::{Customer, World};
use super::wording::display;

/// What all customers here are billed in.
pub(crate) const CURRENCY: &str = "usd";

/// An invoice. All of them are finalized and paid; what else an invoice can be is not needed here.
#[derive(Clone, Debug)]
pub(crate) struct Invoice {
    pub(crate) id: String,
    /// As it is printed on it; that of a credit note continues it.
    pub(crate) number: String,
    pub(crate) customer: String,
    /// The id of the payment that paid it, and what was paid with.
    pub(crate) payment: String,
    pub(crate) payment_intent: String,
    pub(crate) total_cents: u64,
    pub(crate) paid: i64,
}

/// A paper that takes back a part of an invoice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CreditNote {
    pub(crate) id: String,
    pub(crate) number: String,
    pub(crate) invoice: String,
    pub(crate) customer: String,
    pub(crate) amount_cents: u64,
    pub(crate) reason: Option<CreditReason>,
    pub(crate) memo: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) created: i64,
}

/// The reasons that a caller may give for a credit note: not those of a refund.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum CreditReason {
    Duplicate,
    Fraudulent,
    OrderChange,
    ProductUnsatisfactory,
}

impl CreditReason {
    pub(crate) const ALL: [Self; 4] = [
        Self::Duplicate,
        Self::Fraudulent,
        Self::OrderChange,
        Self::ProductUnsatisfactory,
    ];

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::Fraudulent => "fraudulent",
            Self::OrderChange => "order_change",
            Self::ProductUnsatisfactory => "product_unsatisfactory",
        }
    }
}

/// A change of what a customer owes: what is given to them is negative.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct BalanceTransaction {
    pub(crate) id: String,
    pub(crate) customer: String,
    pub(crate) amount_cents: i64,
    pub(crate) ending_balance_cents: i64,
    /// The credit note that it comes from, with its invoice; None: it was made by itself.
    pub(crate) credit_note: Option<(String, String)>,
    pub(crate) description: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) created: i64,
}

/// A well-formed wish for a credit note.
#[derive(Clone, Debug)]
pub(crate) struct CreditNoteRequest {
    pub(crate) invoice: String,
    pub(crate) amount_cents: u64,
    /// How much of it goes to the customer's balance.
    pub(crate) credit_cents: u64,
    pub(crate) reason: Option<CreditReason>,
    pub(crate) memo: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// A well-formed wish to change a balance.
#[derive(Clone, Debug)]
pub(crate) struct BalanceRequest {
    pub(crate) amount_cents: i64,
    pub(crate) currency: String,
    pub(crate) description: Option<String>,
    pub(crate) metadata: BTreeMap<String, String>,
}

/// The ids of what comes into being.
#[derive(Clone, Debug)]
pub(crate) struct NewIds {
    pub(crate) note: String,
    pub(crate) transaction: String,
}

impl World {
    pub(crate) fn invoice(&self, id: &str) -> Option<&Invoice> {
        self.invoices.iter().find(|invoice| invoice.id == id)
    }

    /// What a customer owes; negative: what is theirs.
    pub(crate) fn balance_cents(&self, customer: &str) -> i64 {
        let of_customer = self.balance_transactions.iter();
        let of_customer = of_customer.filter(|transaction| transaction.customer == customer);
        of_customer
            .map(|transaction| transaction.amount_cents)
            .sum()
    }

    /// What of an invoice no credit note has taken back yet.
    pub(crate) fn creditable_cents(&self, invoice: &Invoice) -> u64 {
        let notes = self.notes_of(invoice);
        let credited_cents: u64 = notes.map(|note| note.amount_cents).sum();
        invoice.total_cents.saturating_sub(credited_cents)
    }

    /// The transaction that a credit note put on the balance.
    pub(crate) fn transaction_of(&self, note: &str) -> Option<&str> {
        let mut all = self.balance_transactions.iter();
        let found = all.find(|t| t.credit_note.as_ref().is_some_and(|(id, _)| id == note));
        found.map(|transaction| transaction.id.as_str())
    }

    fn notes_of<'a>(&'a self, invoice: &'a Invoice) -> impl Iterator<Item = &'a CreditNote> {
        let notes = self.credit_notes.iter();
        notes.filter(|note| note.invoice == invoice.id)
    }

    /// The credit note that a request leads to with what it puts on the balance, or Stripe's refusal. The
    /// rules are those of Stripe's documentation; no recording of these refusals is public, so their
    /// words are the documentation's.
    pub(crate) fn plan_credit_note(
        &self,
        request: CreditNoteRequest,
        ids: NewIds,
        now: i64,
    ) -> Result<(CreditNote, BalanceTransaction), StripeError> {
        let invoice = self
            .invoice(&request.invoice)
            .ok_or_else(|| StripeError::missing("invoice", &request.invoice, "invoice"))?;
        let left_cents = self.creditable_cents(invoice);
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
        if request.credit_cents != amount_cents {
            let message = format!(
                "The sum of `credit_amount`, `refund_amount` and `out_of_band_amount` ({}) must equal the credit \
                 note amount ({}) of a paid invoice.",
                display(request.credit_cents, CURRENCY),
                display(amount_cents, CURRENCY),
            );
            return Err(StripeError::refused(message).param("credit_amount"));
        }
        let note = CreditNote {
            id: ids.note,
            number: format!(
                "{}-CN-{:02}",
                invoice.number,
                self.notes_of(invoice).count() + 1
            ),
            invoice: invoice.id.clone(),
            customer: invoice.customer.clone(),
            amount_cents,
            reason: request.reason,
            memo: request.memo,
            metadata: request.metadata,
            created: now,
        };
        let given_cents = i64::try_from(amount_cents)
            .unwrap_or(i64::MAX)
            .saturating_neg();
        let transaction = BalanceTransaction {
            id: ids.transaction,
            customer: note.customer.clone(),
            amount_cents: given_cents,
            ending_balance_cents: self
                .balance_cents(&note.customer)
                .saturating_add(given_cents),
            credit_note: Some((note.id.clone(), note.invoice.clone())),
            description: None,
            metadata: BTreeMap::new(),
            created: now,
        };
        Ok((note, transaction))
    }

    /// The transaction that a request leads to, or Stripe's refusal.
    pub(crate) fn plan_balance(
        &self,
        customer: &Customer,
        request: BalanceRequest,
        id: String,
        now: i64,
    ) -> Result<BalanceTransaction, StripeError> {
        if request.currency != CURRENCY {
            let message = format!(
                "You cannot combine currencies on a single customer. This customer has a balance or an invoice \
                 with currency {CURRENCY}."
            );
            return Err(StripeError::refused(message).param("currency"));
        }
        let before_cents = self.balance_cents(&customer.id);
        Ok(BalanceTransaction {
            id,
            customer: customer.id.clone(),
            amount_cents: request.amount_cents,
            ending_balance_cents: before_cents.saturating_add(request.amount_cents),
            credit_note: None,
            description: request.description,
            metadata: request.metadata,
            created: now,
        })
    }
}
