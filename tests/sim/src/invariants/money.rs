//! What went out through Stripe: once at most, of the amount that was approved, and as was chosen.

use domain::approval::Approval;
use domain::audit::Action;
use domain::charge_statement::CHARGE;
use domain::money::Usd;
use domain::refund::RefundEntry;
use domain::request::Status;
use domain::stripe::{Customer, Payer, REQUEST_ID};

use super::Case;
use crate::customers::EMAIL;
use crate::ports::by_hand::charge_of;
use crate::process::OFFER;

/// A refund or a credit at Stripe.
#[derive(Debug)]
struct Given {
    is_credit: bool,
    cents: u64,
    /// The customer has it.
    arrived: bool,
    /// Somebody else made it.
    by_hand: bool,
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
        self.check_adopted(problems);
        let is_told = !self.model.refunded.is_empty();
        let fits = match self.request.status {
            Status::Refunded => arrived == 1 && is_told,
            Status::Denied => arrived == 0 && !is_told,
            Status::NeedsAttention if self.model.reversed => arrived == 0 && is_told,
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
        if is_told || !given.is_empty() {
            self.check_approved(problems);
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
            (refund.id, refund.metadata, false, refund.amount, arrived)
        });
        let credits = stripe.credited().into_iter();
        let credits = credits.map(|it| (it.id, it.metadata, true, it.amount.unsigned_abs(), true));
        let adopted = self.adopted();
        let mine = refunds.chain(credits).filter(|(stripe_id, metadata, ..)| {
            metadata.get(REQUEST_ID) == Some(&id)
                && (!stripe.is_by_hand(stripe_id) || adopted.as_ref() == Some(stripe_id))
        });
        let mine = mine.map(|(stripe_id, _, is_credit, cents, arrived)| Given {
            by_hand: stripe.is_by_hand(&stripe_id),
            is_credit,
            cents,
            arrived,
        });
        mine.collect()
    }

    /// Stripe's id of what the request takes for its own.
    fn adopted(&self) -> Option<String> {
        let key = RefundEntry::key_of(self.request.request_id);
        let mut entries = self.items.iter().filter(|item| item.key == key);
        entries.next()?.body["stripeId"]
            .as_str()
            .map(ToOwned::to_owned)
    }

    /// What a request takes for its own is of its charge, with its amount, in its currency.
    fn check_adopted(&self, problems: &mut Vec<String>) {
        let Some(id) = self.adopted() else {
            return;
        };
        let stripe = &self.world.functions.stripe;
        let charge = charge_of(self.request.charge().unwrap_or_default());
        let amount = self.request.amount().expect("it has one");
        let own = Some(self.request.request_id);
        let mut refunds = stripe.paid().into_iter().filter(|it| it.id == id);
        let mut credits = stripe.credited().into_iter().filter(|it| it.id == id);
        let fits = refunds.any(|it| it.request_id() == own && it.fits(&charge, amount))
            || credits.any(|it| {
                let of = it.metadata.get(CHARGE).map(|of| charge_of(of));
                it.request_id() == own
                    && it.amount.unsigned_abs() == amount.cents()
                    && of.as_ref() == Some(&charge)
            });
        if !fits {
            problems.push(format!("it took {id} for its own, which does not fit"));
        }
    }

    /// Whoever the path asks has approved, and that is stored: the approvals, and what the audit log says of them.
    fn check_approved(&self, problems: &mut Vec<String>) {
        let id = self.request.request_id;
        for phase in self.approving_phases() {
            let key = Approval::key_of(id, &phase.parse().expect("it is a phase"));
            let stored = self.items.iter().find(|item| item.key == key);
            let stored = stored.is_some_and(|it| it.body["decision"]["outcome"] == "approve");
            let decided = self.model.decision(phase);
            if !stored || decided.is_none_or(|it| it.outcome != "approve") {
                problems.push(format!("it was paid with no stored approval in {phase}"));
            }
        }
        let refused = self.model.decisions.iter().find(|(phase, decided)| {
            phase.as_str() != OFFER && decided.iter().any(|it| it.outcome != "approve")
        });
        if let Some((phase, _)) = refused {
            problems.push(format!("it was paid and refused in {phase}"));
        }
    }

    /// What is paid is never more than any approver has approved, by the audit log and by what they were told.
    pub(super) fn check_approved_amounts(&self, problems: &mut Vec<String>) {
        let given = self.given();
        let Some(most) = given.iter().map(|given| given.cents).max() else {
            return;
        };
        let records = self.audit_log.iter();
        let approved = records.filter(|record| record.action == Action::Approved);
        let approved = approved.filter_map(|record| record.amount);
        let told = self.replies.iter();
        let told = told.filter(|(link, _)| link.request_id == self.request.request_id);
        let told = told.filter_map(|(_, body)| body["amount"].as_str()?.parse::<Usd>().ok());
        if let Some(less) = approved.chain(told).find(|amount| amount.cents() < most) {
            problems.push(format!("{most} cents are paid, and {less} was approved"));
        }
    }

    /// Where it is not the charge of the one who asks by what Stripe knows, an approver has confirmed that it is, and that
    /// is stored.
    pub(super) fn check_ownership(&self, problems: &mut Vec<String>) {
        let payer = self.world.functions.stripe.payer();
        let Some(Payer::Customer(Customer { email: address, .. }, _) | Payer::Guest(address)) =
            payer
        else {
            return;
        };
        let charge = charge_of(self.request.charge().unwrap_or_default());
        let confirmation = self.request.ownership_confirmation.as_ref();
        let is_theirs = address.as_deref() == Some(EMAIL)
            || confirmation.is_some_and(|given| given.of.charge == charge);
        if !is_theirs && self.given().iter().any(|given| !given.by_hand) {
            problems.push(format!(
                "{charge} is {address:?}'s, and nobody confirmed it"
            ));
        }
    }
}
