//! `type: choice`: the customer chooses, with a link for each option.

use domain::id::slug;
use domain::task::{AskConfig, ChoiceConfig, ChoiceOption, Confirm, Recipient, outcome, variable};

use crate::asl::task::{ask, branch_on};
use crate::check::mails::{Audience, Whom};
use crate::definition::{Mail, NEXT};
use crate::names::Place;
use crate::phase::{
    Action, Exits, Facts, PhaseKind, PhaseType, Report, Scope, Section, Wait, Written,
};
use crate::read::mail::mail;
use crate::read::reserved_syntax;
use crate::read::section::{confirm, text_of};
use crate::source::At;
use crate::yaml::Entry;

pub(super) const TYPE: PhaseType = PhaseType {
    name: "choice",
    read,
};

/// Words that mean something else where an outcome is read.
const TAKEN: [&str; 10] = [
    outcome::DONE,
    outcome::ERROR,
    outcome::EXHAUSTED,
    outcome::APPROVE,
    outcome::REJECT,
    outcome::EXPIRE,
    outcome::PENDING,
    outcome::OTHERWISE,
    outcome::RESUME,
    NEXT,
];
/// A choice between one thing is none.
const FEWEST_OPTIONS: usize = 2;
/// An option is part of a link.
const OPTION_CHARS: usize = 40;
/// The page of a choice and the choice.
const CALLS: u64 = 2;

#[derive(Debug)]
struct Choice {
    /// What is written around the links.
    mail: Mail,
    question: String,
    /// The names of the ways out, and what the customer reads.
    options: Vec<(At<String>, At<String>)>,
    expire_seconds: At<u32>,
    confirm: Confirm,
}

fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<Written> {
    let mail = mail(report, section, "to");
    let question = section.plain(report, "question");
    let before = report.count();
    let options = section.section(report, "options");
    // One that is written twice has been reported.
    let all_read = report.count() == before;
    let options: Option<Vec<_>> = options.and_then(|section| {
        if all_read {
            check_count(report, &section);
        }
        let entries = section.entries.iter();
        entries.map(|entry| option(report, entry)).collect()
    });
    let expire = section.seconds(report, "expire", "after", "after 3 days");
    let confirm = confirm(report, section);
    let choice = Choice {
        mail: mail?,
        question: question?,
        options: options?,
        expire_seconds: expire?,
        confirm: confirm?,
    };
    let names = choice.options.iter().map(|(name, _)| name.value.clone());
    let facts = Facts {
        exits: Exits::Named(names.chain([outcome::EXPIRE.to_owned()]).collect()),
        wait: Some(Wait::new("a choice", &choice.expire_seconds)),
        customer_sees: Some("Waiting for your choice".to_owned()),
        ..Facts::default()
    };
    Some(Written::new(facts, choice))
}

fn check_count(report: &mut Report<'_>, section: &Section<'_>) {
    if section.entries.len() < FEWEST_OPTIONS {
        report.refuse(
            section.at,
            "a choice needs at least two options",
            "Add a line for each: its name and what the customer reads, such as `credit: A credit toward my next invoice`.",
        );
    }
}

fn option(report: &mut Report<'_>, (name, node): &Entry) -> Option<(At<String>, At<String>)> {
    let written = name.value.as_str();
    let is_slug = slug(written).as_deref() == Some(written);
    if !is_slug || written.len() > OPTION_CHARS {
        report.refuse(
            name.span,
            format!("`{written}` cannot be the name of an option"),
            "Use lower-case words joined by hyphens, such as `credit` or `next-invoice`. What the customer reads comes after the colon.",
        );
    } else if TAKEN.contains(&written) {
        report.refuse(
            name.span,
            format!("`{written}` already means something else"),
            "Call the option something else. What the customer reads comes after the colon.",
        );
    }
    let label = text_of(report, written, node)?;
    reserved_syntax::check_line(report, written, &label);
    Some((name.clone(), label))
}

impl PhaseKind for Choice {
    fn check(&self, report: &mut Report<'_>, scope: &Scope<'_>) -> Option<Action> {
        let (context, place) = (scope.context, Place::of(scope.index));
        let mail = context.mail(report, &self.mail, place, Whom::Anybody);
        for (_, label) in &self.options {
            let names = context.names_in(report, label, place, Audience::Customer);
            let links = [variable::STATUS_URL, variable::FORM_URL];
            for name in names.iter().filter(|it| links.contains(&it.value.as_str())) {
                report.refuse(
                    name.span,
                    "an option's text is kept with the request, where no link may stand",
                    "Name the status page in the body.",
                );
            }
        }
        let mail = mail?;
        let Recipient::Field(to) = mail.to else {
            let written = &self.mail.to;
            report.refuse(
                written.span,
                format!("`{}` is a team, and a choice is the customer's", written.value),
                "Name an email field of the form in quotes and braces, or let the team decide in an approval.",
            );
            return None;
        };
        let options = self.options.iter();
        let config = AskConfig::Choice(ChoiceConfig {
            to,
            question: self.question.clone(),
            options: options
                .map(|(name, label)| ChoiceOption {
                    outcome: name.value.clone(),
                    label: label.value.trim().to_owned(),
                })
                .collect(),
            subject: mail.subject,
            body: mail.body,
            confirm: self.confirm,
            expire_seconds: self.expire_seconds.value,
        });
        let name = scope.name();
        let states = branch_on(name, &scope.exits, |next| {
            ask(name, &config, self.expire_seconds.value, next)
        });
        let mut action = Action::new(states, ("[/", "Customer", "/]"));
        action.usage.mails = 1;
        action.usage.api_requests = CALLS;
        Some(action)
    }
}
