//! What went out through Stripe: once at most, of the amount that was approved, and as was chosen.

use domain::money::Usd;
use domain::request::Status;
use domain::stripe::REQUEST_ID;

use super::Case;
use crate::process::OFFER;

/// A refund or a credit at Stripe.
#[derive(Debug)]
struct Given {
    is_credit: bool,
    cents: u64,
    /// The customer has it.
    arrived: bool,
}

impl Case<'_> {
    /// At most one refund or credit was ever made, and the customer is told of one exactly when it was
    /// paid.
    pub(super) fn check_money(&self, problems: &mut Vec<String>) {
        let given = self.given();
        if given.len() > 1 {
            problems.push(format!("it was paid {} times", given.len()));
        }
        let amount = self.request.amount().map(Usd::cents);
        if given.iter().any(|given| Some(given.cents) != amount) {
            problems.push(format!("{given:?} is not {amount:?}"));
        }
        let arrived = given.iter().filter(|given| given.arrived).count();
        let is_told = !self.model.refunded.is_empty();
        let fits = match self.request.status {
            Status::Refunded => arrived == 1 && is_told,
            Status::Denied => arrived == 0 && !is_told,
            Status::InReview | Status::Processing | Status::Completed | Status::NeedsAttention => {
                !is_told || arrived == 1
            }
        };
        if !fits || self.model.refunded.len() > 1 {
            problems.push(format!(
                "it is {:?} and was told of {:?}; Stripe has {given:?}",
                self.request.status, self.model.refunded
            ));
        }
        if (is_told || !given.is_empty()) && !self.was_approved() {
            problems.push("it was paid and not approved".to_owned());
        }
        self.check_means(&given, problems);
    }

    /// A credit is what the customer chose; all else is cash, and so is a credit that Stripe refuses.
    fn check_means(&self, given: &[Given], problems: &mut Vec<String>) {
        let chosen = self.model.decision(OFFER).map(|it| it.outcome.as_str());
        let credit = chosen == Some("credit") && !self.model.credit_refused;
        if given.iter().any(|given| given.is_credit != credit) {
            problems.push(format!("{chosen:?} was chosen, and is {given:?}"));
        }
    }

    fn given(&self) -> Vec<Given> {
        let id = self.request.request_id.to_string();
        let stripe = &self.world.functions.stripe;
        let refunds = stripe.paid().into_iter().map(|refund| {
            let arrived = refund.status.as_deref() == Some("succeeded");
            (refund.metadata, false, refund.amount, arrived)
        });
        let credits = stripe.credited().into_iter();
        let credits = credits.map(|it| (it.metadata, true, it.amount.unsigned_abs(), true));
        let mine = refunds
            .chain(credits)
            .filter_map(|(metadata, is_credit, cents, arrived)| {
                (metadata.get(REQUEST_ID) == Some(&id)).then_some(Given {
                    is_credit,
                    cents,
                    arrived,
                })
            });
        mine.collect()
    }

    /// Everybody who was asked said yes. A customer who is offered something cannot say no.
    fn was_approved(&self) -> bool {
        let mut decisions = self.model.decisions.iter();
        self.model.decisions.len() == self.model.asked.len()
            && decisions.all(|(phase, decided)| {
                phase.as_str() == OFFER || decided.iter().all(|d| d.outcome == "approve")
            })
    }
}
