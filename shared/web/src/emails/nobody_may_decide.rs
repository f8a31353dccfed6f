//! The mail to the team that looks after an approval that nobody may decide.

use domain::approval::Approval;
use domain::dates::when;
use domain::mail::Mail;
use domain::request::Request;
use serde::Serialize;

use super::template::{Files, Template, files};

#[derive(Debug, Serialize)]
pub(super) struct NobodyMayDecideContext<'a> {
    responsible: &'a str,
    phase: &'a str,
    /// The addresses that no mail reaches.
    unreachable: String,
    decide_until: String,
    request_id: String,
}

impl Template for NobodyMayDecideContext<'_> {
    const FILES: Files = files!("nobody_may_decide");
}

impl<'a> NobodyMayDecideContext<'a> {
    pub(super) fn of(request: &Request, approval: &'a Approval) -> Self {
        let unreachable = approval.unreachable().map(|it| it.email.as_str());
        Self {
            responsible: approval.asked.responsible(),
            phase: approval.phase.as_str(),
            unreachable: unreachable.collect::<Vec<_>>().join(", "),
            decide_until: when(approval.decide_until),
            request_id: request.request_id.to_string(),
        }
    }
}

/// The mail that says why nobody may decide, and what helps.
pub fn nobody_may_decide(request: &Request, approval: &Approval, to: &str) -> Mail {
    NobodyMayDecideContext::of(request, approval)
        .mail(to)
        .about(request.request_id)
}
