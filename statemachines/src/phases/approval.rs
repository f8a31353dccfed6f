//! `type: approval`: people of a team decide.

use domain::id::PhaseName;
use domain::task::{ApprovalConfig, AskConfig, Confirm, Escalation, outcome, variable};

use crate::asl::task::{ask, branch_on};
use crate::check::teams;
use crate::connectors::look_up::{self, LookUp};
use crate::definition::Phase;
use crate::diagnostic::suggestion;
use crate::phase::{
    Action, Exits, Facts, PhaseKind, PhaseType, Report, Scope, Section, Wait, Written,
};
use crate::process::LOOKUP_SUFFIX;
use crate::read::section::{confirm, given, text_of};
use crate::source::At;
use crate::yaml::{Entry, Node};

pub(super) const TYPE: PhaseType = PhaseType {
    name: "approval",
    read,
};

/// How often people are reminded where a definition does not say it.
const REMIND_SECONDS: u32 = 24 * 60 * 60;
/// How many people may have to say yes. More of them is a committee and no email.
const MOST_APPROVALS: u32 = 9;
/// How often an approval may be asked for: each asking is a mail, and some events of an execution's
/// 25,000.
const MAX_ASKINGS: u32 = 100;
/// People who are asked, for the cost.
const APPROVERS: u64 = 2;
/// The page of a decision and the decision.
const CALLS: u64 = 2;

#[derive(Debug)]
struct Approval {
    question: String,
    remind_seconds: At<u32>,
    escalate: Option<Escalate>,
    expire_seconds: At<u32>,
    expire_reason: String,
    /// Phases whose deciders cannot decide this one.
    separate_from: Vec<At<String>>,
    confirm: Confirm,
    /// How many people have to say yes.
    approvals: u32,
    /// What is looked up before.
    look_up: Option<LookUp>,
}

/// When another team is asked too, and which.
#[derive(Debug)]
struct Escalate {
    after_seconds: At<u32>,
    to: At<String>,
}

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let question = section.plain(report, "question");
    let default = At {
        value: REMIND_SECONDS,
        span: section.at,
    };
    let remind = match section.optional("remind") {
        Some(_) => section.seconds(report, "remind", "every", "every 24 hours"),
        None => Some(default),
    };
    let expire = section.seconds(report, "expire", "after", "after 14 days");
    let expire_reason = section.plain(report, "reason when expired");
    let escalate = section.given(report, "escalate", escalation);
    let separate_from = section.given(report, "separate from", phases);
    let confirm = confirm(report, section);
    let approvals = section.given(report, "approvals", count);
    let look_up = look_up::read(report, section);
    let approval = Approval {
        look_up,
        question: question?,
        remind_seconds: remind?,
        escalate: escalate?,
        expire_seconds: expire?,
        expire_reason: expire_reason?,
        separate_from: separate_from?.unwrap_or_default(),
        confirm: confirm?,
        approvals: approvals?.unwrap_or(1),
    };
    Some(Written::new(facts(&approval), approval))
}

fn facts(approval: &Approval) -> Facts {
    let transitions = [outcome::APPROVE, outcome::REJECT, outcome::EXPIRE];
    let refused = [outcome::REJECT, outcome::EXPIRE];
    let looks_up = approval.look_up.is_some();
    Facts {
        exits: Exits::Named(transitions.map(str::to_owned).to_vec()),
        sets: refused
            .map(|outcome| (variable::REJECTION_REASON.to_owned(), outcome))
            .to_vec(),
        has_team: true,
        looks_up,
        entrance: if looks_up { LOOKUP_SUFFIX } else { "" },
        wait: Some(Wait::new("an approval", &approval.expire_seconds)),
        escalates_to: approval.escalate.as_ref().map(|it| it.to.clone()),
        customer_sees: Some("Under review".to_owned()),
        ..Facts::default()
    }
}

fn escalation(report: &mut Report<'_>, (key, node): &Entry) -> Option<Escalate> {
    let mut section = Section::open(report, "`escalate`", key.span, node)?;
    let after = section.seconds(report, "after", "", "72 hours");
    let to = section.text(report, "to");
    section.close(report);
    Some(Escalate {
        after_seconds: after?,
        to: to?,
    })
}

/// A list of phases; a single one may stand for itself.
fn phases(report: &mut Report<'_>, (key, node): &Entry) -> Option<Vec<At<String>>> {
    let items = match &node.value {
        Node::List(items) => items.as_slice(),
        Node::Text(_) | Node::Map(_) | Node::Empty | Node::Flag(_) | Node::Number => {
            std::slice::from_ref(node)
        }
    };
    let names = items.iter().map(|item| text_of(report, &key.value, item));
    names.collect()
}

fn count(report: &mut Report<'_>, (key, node): &Entry) -> Option<u32> {
    let written = report.source.get(node.span.start..node.span.end);
    let count = written
        .and_then(|text| text.trim().parse::<u32>().ok())
        .filter(|count| (1..=MOST_APPROVALS).contains(count));
    let problem = format!(
        "`{}` must be a number from 1 to {MOST_APPROVALS}",
        key.value
    );
    let help = "Write how many different people have to approve: `approvals: 2`.";
    report.expect(count, node.span, problem, help)
}

impl PhaseKind for Approval {
    fn check(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        self.check_times(report);
        let separate_from = self.separate_from(report, scope);
        let escalate = self.escalate.as_ref();
        let escalate = escalate.map(|escalate| self.escalation(report, scope, escalate));
        let team = scope.context.teams.responsible(report, scope.phase());
        if let Some(look_up) = &self.look_up {
            look_up.check(report, scope.context);
        }
        let team = team?;
        let config = AskConfig::Approval(ApprovalConfig {
            team: team.id,
            responsible: team.name.clone(),
            question: self.question.clone(),
            approvals: self.approvals,
            separate_from,
            confirm: self.confirm,
            escalate: given(escalate)?,
            remind_seconds: self.remind_seconds.value,
            expire_seconds: self.expire_seconds.value,
            expire_reason: self.expire_reason.clone(),
            attention: scope.context.teams.attention()?.id,
        });
        let name = scope.name();
        let mut states = branch_on(name, &scope.exits, |next| {
            ask(name, &config, self.remind_seconds.value, next)
        });
        if self.look_up.is_some() {
            states.extend(look_up::state(name));
        }
        let mut action = Action::new(states, ("[/", &team.name, "/]"));
        action.usage.mails = APPROVERS;
        action.usage.api_requests = CALLS;
        action.usage.secret_calls = u64::from(self.look_up.is_some());
        Some(action)
    }
}

impl Approval {
    fn check_times(&self, report: &mut Report<'_>) {
        let (remind, expire) = (&self.remind_seconds, &self.expire_seconds);
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

    fn escalation(
        &self,
        report: &mut Report<'_>,
        scope: &Scope<'_>,
        escalate: &Escalate,
    ) -> Option<Escalation> {
        let after = &escalate.after_seconds;
        let expires_first = after.value >= self.expire_seconds.value;
        if !after.value.is_multiple_of(self.remind_seconds.value) || expires_first {
            report.refuse(
                after.span,
                "it escalates when a reminder is due, and before it expires",
                "With `remind: every 24 hours` it can escalate after 24, 48 or 72 hours, and so on.",
            );
        }
        let team = teams::team(report, &escalate.to)?;
        let responsible = scope.context.teams.find(scope.name());
        if responsible.is_some_and(|it| it.id == team.id) {
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

    fn separate_from(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Vec<PhaseName> {
        let has_team = |phase: &&Phase| phase.facts.as_ref().is_some_and(|facts| facts.has_team);
        let phases = scope.context.definition.phases.iter();
        let others = phases.filter(|known| known.name.value != scope.name());
        let approvals = others.filter(has_team);
        let approvals: Vec<&str> = approvals.map(|known| known.name.value.as_str()).collect();
        let mut separate = Vec::new();
        for other in &self.separate_from {
            if approvals.contains(&other.value.as_str()) {
                separate.extend(other.value.parse::<PhaseName>().ok());
            } else {
                report.refuse(
                    other.span,
                    format!("there is no other approval called `{}`", other.value),
                    suggestion(&other.value, approvals.iter().copied()),
                );
            }
        }
        separate
    }
}
