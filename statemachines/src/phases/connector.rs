//! `type: connector`: something is done outside, such as a refund.
//!
//! ```text
//! Process Refund -> Outcome -> done
//!                           -> error:   Error Email -> where the definition leads
//! ```
//!
//! A connector may add outcomes and states of its own.

use shared::task::{EmailConfig, outcome, variable};

use crate::asl::task::{Function, Task, outcome_choice};
use crate::check::context::Context;
use crate::connector::{self, Connector, ConnectorAction};
use crate::connectors::TYPES;
use crate::definition::{Exits, Facts, Mail, Wait};
use crate::diagnostic::{Report, suggestion};
use crate::names::Place;
use crate::phase::{PhaseKind, PhaseType, Written};
use crate::process::{Action, ERROR_EMAIL_SUFFIX, OUTCOME_SUFFIX, Shape, States, Step};
use crate::read::mail::mail;
use crate::read::section::Section;
use crate::source::Span;
use crate::usage::Usage;

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
    fn check(
        &self,
        report: &mut Report<'_>,
        context: &Context<'_>,
        index: usize,
    ) -> Option<Box<dyn Action>> {
        let place = connector::Place {
            context,
            phase: index,
            at: self.at,
            tell: context.teams.named(&self.on_error.to.value),
        };
        let connector = self.connector.check(report, &place);
        let place = Place {
            phase: index,
            way: Some(outcome::ERROR),
        };
        let on_error = context.mail(report, &self.on_error, place);
        Some(Box::new(Act {
            connector: connector?,
            on_error: on_error?,
        }))
    }
}

#[derive(Debug)]
struct Act {
    connector: Box<dyn ConnectorAction>,
    /// To a team, when it fails.
    on_error: EmailConfig,
}

impl Action for Act {
    fn add_states(&self, states: &mut States, step: &Step) {
        let name = step.name.as_str();
        let choice = format!("{name}{OUTCOME_SUFFIX}");
        states.insert(name.to_owned(), self.connector.task(name).next(&choice));
        let mut exits = step.exits.clone();
        for exit in exits.iter_mut().filter(|e| e.outcome == outcome::ERROR) {
            // The team is told before the request goes where the definition sends it.
            let email = format!("{name}{ERROR_EMAIL_SUFFIX}");
            let task = Task::new(Function::SendEmail, &email, &self.on_error).of_phase(name);
            states.insert(email.clone(), task.next(&exit.state));
            exit.state = email;
        }
        exits.extend(self.connector.own_exits(states, step, &exits));
        states.insert(choice, outcome_choice(name, &exits));
    }

    fn shape(&self) -> Shape {
        Shape::by("[[", "]]", self.connector.actor())
    }

    fn usage(&self) -> Usage {
        self.connector.usage()
    }
}
