//! Who is asked: by amount, reason, and what Stripe knows, as the definition says.

use domain::audit::Action;
use domain::charge_lookup::ChargeLookup;
use domain::id::RequestId;
use local::states::EventType;

use super::{Case, audit_log};
use crate::customers::Wish;
use crate::ports::by_hand::charge_of;
use crate::process::{OFFER, Process};

impl Case<'_> {
    /// The reviewers that the reason calls for, Finance where it is needed, and an offer where one can be
    /// made; and nobody else.
    pub(super) fn check_routing(&self, problems: &mut Vec<String>) {
        let Some(wish) = self.world.wish(self.request.request_id) else {
            return;
        };
        let routed = Process::Routed.is_of(self.request);
        let reviewer = reviewer(wish, routed);
        let cents = self.request.amount().map_or(0, domain::money::Usd::cents);
        let finance = self.needs_finance(wish);
        let offer = routed && cents < 5_000 && !wish.guest;
        // What others ask of the charge counts too, and without a lookup that is not known.
        let unknown = routed && (wish.charge.is_some() || !self.looked_up(reviewer));
        let wanted = |phase: &str| match phase {
            "Finance Approval" => finance || unknown,
            OFFER => offer,
            _ => phase == reviewer,
        };
        let asked = &self.model.asked;
        if let Some(wrong) = asked.iter().find(|phase| !wanted(phase.as_str())) {
            problems.push(format!("{wish:?} was asked about in {wrong}"));
        }
        if self.model.refunded.is_empty() {
            return;
        }
        // A lookup that failed has found no customer, and then there is no offer.
        let offer = offer && self.looked_up(reviewer);
        let needed = [
            (reviewer, true),
            ("Finance Approval", finance),
            (OFFER, offer),
        ];
        for (phase, is_needed) in needed {
            if is_needed && !self.model.asked(phase) {
                problems.push(format!("{wish:?} was paid without {phase}"));
            }
        }
    }

    /// The phases whose approval its payment needs.
    pub(super) fn approving_phases(&self) -> Vec<&'static str> {
        let Some(wish) = self.world.wish(self.request.request_id) else {
            return Vec::new();
        };
        let routed = Process::Routed.is_of(self.request);
        let mut phases = vec![reviewer(wish, routed)];
        phases.extend(self.needs_finance(wish).then_some("Finance Approval"));
        phases
    }

    fn needs_finance(&self, wish: Wish) -> bool {
        let routed = Process::Routed.is_of(self.request);
        self.reviewed_cents(wish) >= 50_000 || (routed && wish.reason == "Goodwill")
    }

    /// What was asked for, or less where the reviewer approved less.
    fn reviewed_cents(&self, wish: Wish) -> u64 {
        let reviewer = reviewer(wish, Process::Routed.is_of(self.request));
        let mut records = self.audit_log.iter();
        let approved = records
            .find(|it| it.action == Action::Approved && it.phase.as_str() == reviewer)
            .and_then(|it| it.amount);
        approved.map_or(wish.cents(), domain::money::Usd::cents)
    }

    /// A routed request is not paid without Finance where it and what others of its charge had got until it was
    /// checked come to 500 dollars.
    pub(super) fn check_charge_total(&self, problems: &mut Vec<String>) {
        let mut own = self.audit_log.iter();
        let checked = own.find(|it| {
            it.action == Action::ConditionEvaluated && it.phase.as_str() == "Finance Check"
        });
        let (Some(checked), Some(charge)) = (checked, self.request.charge()) else {
            return;
        };
        let charge = charge_of(charge);
        // What came back counts no more, whenever that was.
        let got_before = |id: &RequestId| {
            let key = ChargeLookup::key_of(*id);
            let is_noted = self.items.iter().any(|item| item.key == key);
            let wish = self.world.wish(*id)?;
            let is_of_charge = wish.charge.is_some_and(|of| charge_of(of) == charge);
            let records = audit_log(self.items, *id);
            let paid = records.iter().find(|record| {
                let is_paid = matches!(record.action, Action::Refunded | Action::Credited);
                is_paid && record.at < checked.at
            });
            let mut actions = records.iter().map(|record| record.action);
            let counts = is_noted && is_of_charge && actions.all(|it| it != Action::RefundReversed);
            counts.then_some(paid?.amount?.cents())
        };
        let others = self.world.requests.iter();
        let others = others.filter(|id| **id != self.request.request_id);
        let before: u64 = others.filter_map(got_before).sum();
        let wish = self.world.wish(self.request.request_id);
        let total = before + wish.map_or(0, |wish| self.reviewed_cents(wish));
        let is_paid = !self.model.refunded.is_empty();
        if is_paid && total >= 50_000 && !self.model.asked("Finance Approval") {
            problems.push(format!(
                "its charge gave {total} cents in all without Finance"
            ));
        }
    }

    fn looked_up(&self, reviewer: &str) -> bool {
        let lookup = format!("{reviewer} Lookup");
        self.execution.history.iter().any(|event| {
            event.event_type == EventType::TaskSucceeded
                && event.state.as_deref() == Some(lookup.as_str())
        })
    }
}

fn reviewer(wish: Wish, routed: bool) -> &'static str {
    if routed && wish.reason == "Service issue" {
        "Manager Review"
    } else {
        "CSM Review"
    }
}
