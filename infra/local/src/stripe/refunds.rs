//! The rules of refunds.

use super::account::Account;
use super::error::StripeError;
use super::objects::{Charge, Refund, RefundStatus, find, new_id};
use super::params::Params;

/// Those that a caller may give.
const REASONS: [&str; 3] = ["duplicate", "fraudulent", "requested_by_customer"];

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
        let refunds = self.refunds.iter().filter(|it| it.charge == charge.id);
        let matching = refunds.filter(|refund| self.status(refund, now) == status);
        matching.map(|refund| refund.amount_cents).sum()
    }

    /// `POST /v1/refunds`: the refund that a request leads to, or Stripe's refusal. Changes nothing.
    pub(crate) fn plan_refund(
        &self,
        mut params: Params<'_>,
        now: i64,
    ) -> Result<Refund, StripeError> {
        let (charge, intent) = (params.text("charge"), params.text("payment_intent"));
        let amount_cents = params.positive("amount")?;
        let reason = params.one_of("reason", &REASONS)?;
        let metadata = params.metadata()?;
        params.end()?;
        let charge = self.charge_to_refund(charge, intent)?;
        let charge_id = &charge.id;
        if charge.disputed {
            let message =
                format!("Charge {charge_id} has been charged back; cannot issue a refund.");
            return Err(StripeError::refused(message).code("charge_disputed"));
        }
        if charge.needs_top_up && !self.is_topped_up {
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
        let amount_cents = amount_cents.unwrap_or(left_cents);
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
            id: new_id("re"),
            charge: charge_id.clone(),
            payment_intent: charge.payment_intent.clone(),
            amount_cents,
            currency: charge.currency.clone(),
            reason: reason.map(ToOwned::to_owned),
            metadata,
            created: now,
        })
    }

    fn charge_to_refund(
        &self,
        charge: Option<&str>,
        intent: Option<&str>,
    ) -> Result<&Charge, StripeError> {
        match (charge, intent) {
            // Stripe names the parameter `id` here, although it was sent as `charge`.
            (Some(id), None) => self.charge(id, "id"),
            (None, Some(id)) => {
                let intent = find(&self.payment_intents, id, "payment_intent")?;
                let latest = intent.latest_charge.as_deref().unwrap_or_default();
                self.charge(latest, "charge").map_err(|_| {
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
