//! Who is asked: by amount, reason, and what Stripe knows, as the definition says.

use local::states::EventType;

use super::Case;
use crate::customers::Wish;
use crate::process::{OFFER, Process};

impl Case<'_> {
    /// The reviewers that the reason calls for, Finance where it is needed, and an offer where one can be
    /// made; and nobody else.
    pub(super) fn check_routing(&self, problems: &mut Vec<String>) {
        let Some(wish) = self.world.wish(self.request.request_id) else {
            return;
        };
        let routed = self.world.functions.process == Process::Routed;
        let reviewer = reviewer(wish, routed);
        let cents = self.request.amount().map_or(0, domain::money::Usd::cents);
        let finance = cents >= 50_000 || (routed && wish.reason == "Goodwill");
        let offer = routed && cents < 5_000 && !wish.guest;
        // Without a lookup it is not known what the charge gives back in all.
        let unknown = routed && !self.looked_up(reviewer);
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
