//! The rules of refunds.

use serde::Deserialize;

use super::account::Account;
use super::error::StripeError;
use super::objects::{Charge, Reason, Refund, RefundStatus};
use super::params::Metadata;

/// `POST /v1/refunds`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RefundRequest {
    pub(crate) charge: Option<String>,
    pub(crate) payment_intent: Option<String>,
    /// None: all that is left.
    #[serde(rename = "amount")]
    pub(crate) amount_cents: Option<u64>,
    pub(crate) reason: Option<Reason>,
    #[serde(default)]
    pub(crate) metadata: Metadata,
}

impl Account {
    /// What was paid back of a charge. A pending refund is not in it, a failed one no longer.
    pub(crate) fn refunded_cents(&self, charge: &Charge, now: i64) -> u64 {
        self.sum_cents(charge, now, RefundStatus::Succeeded)
    }

    /// What can still be paid back: captured - refunded - pending.
    pub(crate) fn refundable_cents(&self, charge: &Charge, now: i64) -> u64 {
        charge
            .captured_cents
            .saturating_sub(self.refunded_cents(charge, now))
            .saturating_sub(self.sum_cents(charge, now, RefundStatus::Pending))
    }

    fn sum_cents(&self, charge: &Charge, now: i64, status: RefundStatus) -> u64 {
        let refunds = self.refunds.of(Some(&charge.id));
        let matching = refunds.filter(|refund| refund.status(charge.settlement, now) == status);
        matching.map(|refund| refund.amount_cents).sum()
    }

    /// The refund that a request leads to, or Stripe's refusal. Changes nothing.
    pub(crate) fn plan_refund(
        &self,
        request: RefundRequest,
        id: String,
        now: i64,
    ) -> Result<Refund, StripeError> {
        let charge = self.charge_to_refund(&request)?;
        let charge_id = &charge.id;
        if charge.disputed {
            let message =
                format!("Charge {charge_id} has been charged back; cannot issue a refund.");
            return Err(StripeError::refused(message).code("charge_disputed"));
        }
        if charge.needs_top_up && self.topped_up_cents == 0 {
            let message = "Insufficient funds in your Stripe balance to refund this amount.";
            return Err(StripeError::refused(message).code("balance_insufficient"));
        }
        // What was not captured yet can only be released as a whole.
        let is_captured = charge.captured_cents > 0;
        let left_cents = if is_captured {
            self.refundable_cents(charge, now)
        } else {
            let refunded_cents = self.refunded_cents(charge, now);
            charge.amount_cents.saturating_sub(refunded_cents)
        };
        if left_cents == 0 {
            let message = format!("Charge {charge_id} has already been refunded.");
            return Err(StripeError::refused(message).code("charge_already_refunded"));
        }
        let amount_cents = request.amount_cents.unwrap_or(left_cents);
        if amount_cents > left_cents {
            let message = format!(
                "Refund amount ({}) is greater than unrefunded amount on charge ({})",
                display(amount_cents, &charge.currency),
                display(left_cents, &charge.currency),
            );
            // Stripe gives this one no code.
            return Err(StripeError::refused(message).param("amount"));
        }
        if !is_captured && amount_cents != charge.amount_cents {
            let message = "You cannot partially refund an uncaptured charge. Instead, capture the charge for an \
                           amount less than the original amount";
            return Err(StripeError::refused(message).param("amount"));
        }
        Ok(Refund {
            id,
            charge: charge_id.clone(),
            payment_intent: charge.payment_intent.clone(),
            amount_cents,
            currency: charge.currency.clone(),
            reason: request.reason,
            metadata: request.metadata,
            created: now,
        })
    }

    fn charge_to_refund(&self, request: &RefundRequest) -> Result<&Charge, StripeError> {
        match (&request.charge, &request.payment_intent) {
            // Stripe names the parameter `id` here, although it was sent as `charge`.
            (Some(id), None) => self.charge(id, "id"),
            (None, Some(id)) => {
                let intent = self.payment_intents.find(id, "payment_intent")?;
                let latest = intent.latest_charge.as_deref();
                let charge = latest.and_then(|charge| self.charges.get(charge));
                charge.ok_or_else(|| {
                    StripeError::refused(format!(
                        "This PaymentIntent ({id}) does not have a successful charge to refund."
                    ))
                })
            }
            (Some(_), Some(_)) => Err(StripeError::invalid(
                "You may only specify one of these parameters: charge, payment_intent.",
            )
            .param("charge")),
            (None, None) => Err(StripeError::invalid(
                "One of the following params should be provided for this request: payment_intent or charge.",
            )),
        }
    }
}

/// An amount as Stripe's messages write it: `$60.00`, `€1,234.56`.
pub(crate) fn display(amount_cents: u64, currency: &str) -> String {
    let symbol = match currency {
        "usd" => "$",
        "eur" => "€",
        other => other,
    };
    let digits = (amount_cents / 100).to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{symbol}{grouped}.{:02}", amount_cents % 100)
}
