//! `type: connector`: something is done outside, such as a refund.
//!
//! ```text
//! Process Refund -> Outcome -> done
//!                           -> error:   Error Email -> where the definition leads
//!                           -> pending: Pending Email -> Pending -> Pending Outcome -> done, error
//! ```

use shared::task::{EmailConfig, outcome, variable};

use crate::asl::task::{Function, Task, branch_on, outcome_choice};
use crate::check::context::Scope;
use crate::connector::{self, Connector, Pending};
use crate::connectors::TYPES;
use crate::definition::{Exits, Facts, Mail, Wait};
use crate::diagnostic::{Report, suggestion};
use crate::names::Place;
use crate::phase::{PhaseKind, PhaseType, Written};
use crate::process::{
    Action, ERROR_EMAIL_SUFFIX, Exit, OUTCOME_SUFFIX, PENDING_EMAIL_SUFFIX, PENDING_SUFFIX, Shape,
    States,
};
use crate::read::mail::mail;
use crate::read::section::Section;
use crate::source::Span;

pub(super) const TYPE: PhaseType = PhaseType {
    name: "connector",
    read,
};

#[derive(Debug)]
struct Connect {
    connector: Box<dyn Connector>,
    at: Span,
    /// The mail to a team when it fails.
    on_error: Mail,
}

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let written = section.text(report, "connector");
    let known = written.as_ref().and_then(|written| {
        let known = TYPES.iter().find(|known| known.name == written.value);
        if known.is_none() {
            report.refuse(
                written.span,
                format!("there is no connector `{}`", written.value),
                suggestion(&written.value, TYPES.iter().map(|known| known.name)),
            );
        }
        known
    });
    let Some(known) = known else {
        // Where it is not known, neither is what else it may have.
        section.entries.clear();
        return None;
    };
    let connector = (known.read)(report, section);
    let on_error = section.section(report, "on error").and_then(|mut section| {
        let on_error = mail(report, &mut section, "tell");
        section.close(report);
        on_error
    });
    let (connector, on_error) = (connector?, on_error?);
    let at = written?.span;
    let sets = connector.sets().into_iter();
    let error = (variable::STRIPE_ERROR.to_owned(), outcome::ERROR);
    let facts = Facts {
        exits: Exits::Named([outcome::DONE, outcome::ERROR].map(str::to_owned).to_vec()),
        sets: sets
            .map(|name| (name, outcome::DONE))
            .chain([error])
            .collect(),
        pays: connector.pays(),
        wait: Some(Wait {
            what: "a connector",
            seconds: connector.longest_seconds(),
            at,
        }),
        ..Facts::default()
    };
    Written::new(
        facts,
        Connect {
            connector,
            at,
            on_error,
        },
    )
}

impl PhaseKind for Connect {
    fn check(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        let place = connector::Place {
            scope,
            at: self.at,
            tell: scope.context.teams.named(&self.on_error.to.value),
        };
        let call = self.connector.check(report, &place);
        let place = Place {
            phase: scope.index,
            way: Some(outcome::ERROR),
        };
        let on_error = scope.context.mail(report, &self.on_error, place);
        let (call, on_error) = (call?, on_error?);
        Some(Action {
            states: states(scope, call.task, call.pending, &on_error),
            shape: Shape::new("[[", call.actor, "]]"),
            usage: call.usage,
        })
    }
}

fn states(
    scope: &Scope<'_>,
    task: Task,
    pending: Option<Pending>,
    on_error: &EmailConfig,
) -> States {
    let name = scope.name();
    let choice = format!("{name}{OUTCOME_SUFFIX}");
    let mut states = States::from_iter([(name.to_owned(), task.next(&choice))]);
    let mut mail = |suffix: &str, mail: &EmailConfig, next: &str| {
        let email = format!("{name}{suffix}");
        let task = Task::new(Function::SendEmail, &email, mail).of_phase(name);
        states.insert(email.clone(), task.next(next));
        email
    };
    let mut exits = scope.exits.clone();
    for exit in exits.iter_mut().filter(|e| e.outcome == outcome::ERROR) {
        // The team is told before the request goes where the definition sends it.
        exit.state = mail(ERROR_EMAIL_SUFFIX, on_error, &exit.state);
    }
    if let Some(pending) = pending {
        let wait = format!("{name}{PENDING_SUFFIX}");
        let told = pending.mail.as_ref();
        let told = told.map(|told| mail(PENDING_EMAIL_SUFFIX, told, &wait));
        states.extend(branch_on(&wait, &exits, |next| (pending.wait)(&wait, next)));
        let to = exits.first().map(|exit| exit.to.clone());
        exits.extend(to.map(|to| Exit {
            outcome: outcome::PENDING.to_owned(),
            label: None,
            to,
            state: told.unwrap_or(wait),
        }));
    }
    states.insert(choice, outcome_choice(name, &exits));
    states
}
