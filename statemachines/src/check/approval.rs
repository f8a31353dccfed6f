//! Who is asked, when others are asked, and who must not be the same person.

use domain::id::PhaseName;
use domain::task::{ApprovalConfig, Escalation};

use super::Context;
use crate::definition::{Approval, Escalate, Kind, Phase};
use crate::diagnostic::{Report, suggestion};

/// How often an approval may be asked for: each asking is a mail, and some events of an execution's
/// 25,000.
const MAX_ASKINGS: u32 = 100;

impl Context<'_> {
    /// The configuration of an approval, and how long until people are reminded.
    pub(super) fn approval(
        &self,
        report: &mut Report<'_>,
        phase: &Phase,
        approval: &Approval,
    ) -> Option<ApprovalConfig> {
        check_times(report, approval);
        let separate_from = self.separate_from(report, phase, approval);
        let escalate = approval.escalate.as_ref();
        let escalate = escalate.map(|escalate| self.escalation(report, phase, approval, escalate));
        let team = self.teams.responsible(report, phase)?;
        Some(ApprovalConfig {
            team: team.id,
            responsible: team.name,
            question: approval.question.clone(),
            approvals: approval.approvals,
            separate_from,
            confirm: approval.confirm,
            escalate: match escalate {
                Some(escalation) => Some(escalation?),
                None => None,
            },
            remind_seconds: approval.remind_seconds.value,
            expire_seconds: approval.expire_seconds.value,
            expire_reason: approval.expire_reason.clone(),
            attention: self.teams.attention()?.id,
        })
    }

    fn escalation(
        &self,
        report: &mut Report<'_>,
        phase: &Phase,
        approval: &Approval,
        escalate: &Escalate,
    ) -> Option<Escalation> {
        let after = &escalate.after_seconds;
        let expires_first = after.value >= approval.expire_seconds.value;
        if !after.value.is_multiple_of(approval.remind_seconds.value) || expires_first {
            report.refuse(
                after.span,
                "it escalates when a reminder is due, and before it expires",
                "With `remind: every 24 hours` it can escalate after 24, 48 or 72 hours, and so on.",
            );
        }
        let team = super::teams::team(report, &escalate.to)?;
        if self.teams.responsible_of(phase) == Some(&team.id) {
            report.refuse(
                escalate.to.span,
                format!("the {} is asked already", team.name),
                "Escalate to another team.",
            );
        }
        Some(Escalation {
            after_seconds: after.value,
            team: team.id,
            responsible: team.name,
        })
    }

    fn separate_from(
        &self,
        report: &mut Report<'_>,
        phase: &Phase,
        approval: &Approval,
    ) -> Vec<PhaseName> {
        let mut separate = Vec::new();
        for other in &approval.separate_from {
            let phases = self.definition.phases.iter();
            let others = phases.filter(|known| known.name.value != phase.name.value);
            let approvals = others.filter(|known| matches!(known.kind, Kind::Approval(_)));
            let mut names = approvals.map(|known| known.name.value.as_str());
            if names.clone().any(|name| name == other.value) {
                separate.extend(other.value.parse::<PhaseName>().ok());
            } else {
                report.refuse(
                    other.span,
                    format!("there is no other approval called `{}`", other.value),
                    suggestion(&other.value, names.by_ref()),
                );
            }
        }
        separate
    }
}

fn check_times(report: &mut Report<'_>, approval: &Approval) {
    let (remind, expire) = (&approval.remind_seconds, &approval.expire_seconds);
    if expire.value % remind.value != 0 {
        report.refuse(
            expire.span,
            "the time until it expires is no multiple of the time between reminders",
            "It expires when a reminder would be due: `remind: every 24 hours` goes with `expire: after 14 days`.",
        );
    } else if expire.value / remind.value > MAX_ASKINGS {
        report.refuse(
            remind.span,
            format!("this would remind more than {MAX_ASKINGS} times"),
            "Remind less often, or let it expire sooner.",
        );
    }
}
