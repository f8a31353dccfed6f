//! The mail to the team that looks after an approval that nobody may decide.

use domain::approval::{Approval, Approver, Ineligible, LinkKeys};
use domain::brand::Brand;
use domain::mail::Mail;
use domain::request::Request;
use serde::Serialize;

use super::reason::cannot_decide;
use super::template::{Files, Template, files};

#[derive(Debug, Serialize)]
pub(super) struct NobodyMayDecideContext<'a> {
    /// In one sentence, without its full stop.
    headline: String,
    summary: String,
    phase: &'a str,
    /// Everyone who is asked, and why they cannot decide.
    people: Vec<String>,
    is_unreachable: bool,
    decide_until: String,
    status_url: String,
    request_id: String,
}

impl Template for NobodyMayDecideContext<'_> {
    const FILES: Files = files!("nobody_may_decide");
}

impl<'a> NobodyMayDecideContext<'a> {
    pub(super) fn of(
        brand: &Brand,
        request: &Request,
        approval: &'a Approval,
        earlier: &[Approval],
        keys: &LinkKeys,
    ) -> Self {
        let people = approval.approvers.iter().map(|approver| {
            let ineligible = approval.ineligible(&approver.email, request, earlier);
            format!("{} {}", approver.email, why(approver, ineligible.as_ref()))
        });
        let responsible = approval.asked.responsible();
        let ability = approval.team_ability(request, earlier);
        Self {
            headline: cannot_decide(responsible, ability)
                .unwrap_or_else(|| format!("The {responsible} cannot decide this one")),
            summary: request.summary(),
            phase: approval.phase.as_str(),
            people: people.collect(),
            is_unreachable: approval.unreachable().next().is_some(),
            decide_until: brand.zone.when(approval.decide_until),
            status_url: request.status_url(keys),
            request_id: request.request_id.to_string(),
        }
    }
}

/// The mail that says why nobody may decide, and what helps. The approval is kept separate from `earlier` ones.
pub fn nobody_may_decide(
    brand: &Brand,
    request: &Request,
    approval: &Approval,
    earlier: &[Approval],
    keys: &LinkKeys,
    to: &str,
) -> Mail {
    NobodyMayDecideContext::of(brand, request, approval, earlier, keys)
        .mail(to, brand)
        .about(request.request_id)
}

fn why(approver: &Approver, ineligible: Option<&Ineligible>) -> String {
    match ineligible {
        Some(Ineligible::OwnRequest) => "is the customer of this request".to_owned(),
        Some(Ineligible::DecidedBefore(phase)) => format!("decided {phase} of this request"),
        None if approver.unreachable.is_some() => "gets no mail".to_owned(),
        None => "can decide, or has approved or handed it over".to_owned(),
    }
}
