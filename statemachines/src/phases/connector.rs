//! `type: connector`: something is done outside, such as a refund.
//!
//! ```text
//! Process Refund -> Outcome -> done
//!                           -> error:     Error Email -> Error Notice -> where the definition leads
//!                           -> exhausted: the same, or Exhausted Email -> Exhausted Notice -> where it leads
//!                           -> pending:   Pending Email -> Pending -> Pending Outcome -> done, error, exhausted
//! ```

use domain::task::{EmailConfig, outcome, variable};

use crate::asl::task::{Function, Task, branch_on, outcome_choice};
use crate::check::mails::Whom;
use crate::connector::{self, Call, Connector};
use crate::connectors::TYPES;
use crate::definition::Mail;
use crate::names::Place;
use crate::phase::{
    Action, Exits, Facts, PhaseKind, PhaseType, Report, Scope, Section, Wait, Written,
};
use crate::process::{
    ERROR_EMAIL_SUFFIX, ERROR_NOTICE_SUFFIX, EXHAUSTED_EMAIL_SUFFIX, EXHAUSTED_NOTICE_SUFFIX, Exit,
    OUTCOME_SUFFIX, PENDING_EMAIL_SUFFIX, PENDING_SUFFIX, States,
};
use crate::read::mail::{customer_mail, mail};
use crate::read::section::{given, known};
use crate::source::Span;

pub(super) const TYPE: PhaseType = PhaseType {
    name: "connector",
    read,
};

#[derive(Debug)]
struct Connect {
    connector: Box<dyn Connector>,
    at: Span,
    on_error: OnError<Mail>,
}

/// The mails when it fails, or finds too little left of the charge.
#[derive(Debug)]
struct OnError<M> {
    team: M,
    /// Not sent where something else that pays is tried.
    customer: Option<M>,
}

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let written = section.text(report, "connector");
    let known = written.as_ref().and_then(|written| {
        let names = TYPES.each_ref().map(|it| it.name);
        let find = |name: &str| TYPES.iter().find(|it| it.name == name);
        known(report, written, "connector", &names, find)
    });
    let Some(known) = known else {
        // Where it is not known, neither is what else it may have.
        section.entries.clear();
        return None;
    };
    let connector = (known.read)(report, section);
    let on_error = section.section(report, "on error").and_then(|mut section| {
        let team = mail(report, &mut section, "tell");
        let customer = customer_mail(report, &mut section, "customer");
        section.close(report);
        Some(OnError {
            team: team?,
            customer: customer?,
        })
    });
    let (connector, on_error) = (connector?, on_error?);
    let at = written?.span;
    let facts = facts(connector.as_ref(), at);
    Some(Written::new(
        facts,
        Connect {
            connector,
            at,
            on_error,
        },
    ))
}

fn facts(connector: &dyn Connector, at: Span) -> Facts {
    let sets = connector.sets().into_iter();
    let exhausted = connector.pays().then_some(outcome::EXHAUSTED);
    let unpaid = [outcome::ERROR].into_iter().chain(exhausted);
    let why = unpaid.map(|outcome| (variable::STRIPE_ERROR.to_owned(), outcome));
    Facts {
        exits: Exits::Named([outcome::DONE, outcome::ERROR].map(str::to_owned).to_vec()),
        optional_exit: exhausted,
        sets: sets.map(|name| (name, outcome::DONE)).chain(why).collect(),
        pays: connector.pays(),
        customer_sees: Some("Being processed".to_owned()),
        wait: Some(Wait {
            what: "a connector",
            seconds: connector.longest_seconds(),
            at,
        }),
        ..Facts::default()
    }
}

impl PhaseKind for Connect {
    fn check(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        let place = connector::Place {
            scope,
            at: self.at,
            tell: scope.context.teams.named(&self.on_error.team.to.value),
        };
        let call = self.connector.check(report, &place);
        let on_error = self.on_error(report, scope);
        if self.connector.pays() {
            scope.check_unpaid(report, self.on_error.customer.is_some());
        }
        let (call, on_error) = (call?, on_error?);
        let (actor, usage) = (call.actor, call.usage.clone());
        let states = states(scope, call, &on_error);
        let action = Action::new(states, ("[[", actor, "]]"));
        Some(Action { usage, ..action })
    }
}

impl Connect {
    fn on_error(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<OnError<EmailConfig>> {
        let place = Place {
            phase: scope.index,
            outcome: Some(outcome::ERROR),
        };
        let mut check = |mail, whom| scope.context.mail(report, mail, place, whom);
        let team = check(&self.on_error.team, Whom::Team);
        let customer = self.on_error.customer.as_ref();
        let customer = customer.map(|customer| check(customer, Whom::Customer));
        Some(OnError {
            team: team?,
            customer: given(customer)?,
        })
    }
}

fn states(scope: &Scope<'_>, call: Call, on_error: &OnError<EmailConfig>) -> States {
    let name = scope.name();
    let choice = format!("{name}{OUTCOME_SUFFIX}");
    let mut states = States::from_iter([(name.to_owned(), call.task.next(&choice))]);
    let mut mail = |suffix: &str, mail: &EmailConfig, next: &str| {
        let email = format!("{name}{suffix}");
        let task = Task::new(Function::SendEmail, &email, mail).of_phase(name);
        states.insert(email.clone(), task.next(next));
        email
    };
    let mut exits = scope.exits.clone();
    for exit in &mut exits {
        let (email, notice) = match exit.outcome.as_str() {
            outcome::ERROR => (ERROR_EMAIL_SUFFIX, ERROR_NOTICE_SUFFIX),
            outcome::EXHAUSTED => (EXHAUSTED_EMAIL_SUFFIX, EXHAUSTED_NOTICE_SUFFIX),
            _ => continue,
        };
        // Both are told before the request goes where the definition sends it.
        let notified = !scope.may_pay_after(&exit.outcome);
        if let Some(customer) = on_error.customer.as_ref().filter(|_| notified) {
            exit.state = mail(notice, customer, &exit.state);
        }
        exit.state = mail(email, &on_error.team, &exit.state);
    }
    exits.extend(exhausted_as_error(scope, &exits));
    if let Some(pending) = call.pending {
        let wait = format!("{name}{PENDING_SUFFIX}");
        let told = pending.mail.as_ref();
        let told = told.map(|told| mail(PENDING_EMAIL_SUFFIX, told, &wait));
        states.extend(branch_on(&wait, &exits, |next| {
            pending.task.wait(&wait, pending.poll_seconds, next)
        }));
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

/// Where the connections do not say what follows when too little is left of the charge, it is what follows an error.
fn exhausted_as_error(scope: &Scope<'_>, exits: &[Exit]) -> Option<Exit> {
    let outcome = scope.phase().facts.as_ref()?.optional_exit?;
    let exit = |outcome: &str| exits.iter().find(|exit| exit.outcome == outcome);
    match exit(outcome) {
        Some(_) => None,
        None => Some(Exit {
            outcome: outcome.to_owned(),
            ..exit(outcome::ERROR)?.clone()
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connector::{Call, Place};
    use crate::{check, read, yaml};

    const VALID: &str = include_str!("../../tests/fixtures/shop/refund.yaml");

    /// What only finds something out.
    #[derive(Debug)]
    struct Question;

    impl Connector for Question {
        fn pays(&self) -> bool {
            false
        }

        fn sets(&self) -> Vec<String> {
            vec!["refund.id".to_owned()]
        }

        fn check(&self, _: &mut Report<'_>, _: &Place<'_>) -> Option<Call> {
            unreachable!("the phase's own connector is checked")
        }
    }

    #[test]
    fn a_path_ends_as_refunded_only_by_a_connector_that_pays() {
        let problems = |asks: bool| {
            let mut report = Report::new(VALID);
            let tree = yaml::parse(&mut report).unwrap();
            let path = "shop/refund".parse().unwrap();
            let (mut definition, kinds) = read::read(&mut report, path, &tree).unwrap();
            let pay = definition.index("Pay").unwrap();
            if asks {
                definition.phases[pay].facts = Some(facts(&Question, Span::default()));
            }
            check::check(&mut report, &definition, &kinds);
            report.finish("shop/refund.yaml")
        };
        assert_eq!(problems(false), None);
        let refused = problems(true).unwrap().to_string();
        let path = "nothing is paid on the path Start, Review (approve), Check (otherwise), Pay (done), Thanks, Paid";
        assert!(refused.contains(path), "{refused}");
    }
}
