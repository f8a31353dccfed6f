//! A definition as it is written: read, but not yet checked as a whole.
//!
//! A part that could not be read has been reported, and stays here as a gap, so that the checks that
//! follow neither stop at it nor report what only follows from it.

use domain::form::{Field, Form};
use domain::id::OfferingPath;
use domain::task::{Confirm, EndStatus, START_STATE, StripeReason, Titled};

use crate::source::{At, Span};

/// One file under `definitions/`.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) path: OfferingPath,
    pub(crate) service: Titled,
    pub(crate) offering: Titled,
    /// Whether only somebody can use it who was invited by a mail of another offering.
    pub(crate) by_invitation: bool,
    pub(crate) fields: Fields,
    pub(crate) phases: Vec<Phase>,
    pub(crate) phases_at: Span,
    pub(crate) connections: Vec<Connection>,
    /// What to whom.
    pub(crate) responsibilities: Vec<(At<String>, At<String>)>,
    pub(crate) responsibilities_at: Span,
}

impl Definition {
    /// Which phase is the start; it is the only one of its name.
    pub(crate) fn start(&self) -> Option<usize> {
        self.index(START_STATE)
            .filter(|start| matches!(self.phases[*start].kind, Kind::Start | Kind::Invalid))
    }

    /// The offerings that its mails invite to, each where it is written.
    pub(crate) fn invitations(&self) -> Vec<At<OfferingPath>> {
        let mails = self.phases.iter().filter_map(|phase| match &phase.kind {
            Kind::Email(mail) => mail.invites.clone(),
            Kind::Start
            | Kind::Approval(_)
            | Kind::Choice(_)
            | Kind::Condition
            | Kind::Connector(_)
            | Kind::Wait(_)
            | Kind::End(_)
            | Kind::Invalid => None,
        });
        mails.collect()
    }

    /// Which phase has that name.
    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.phases
            .iter()
            .position(|phase| phase.name.value == name)
    }
}

/// The form's fields; `None` for one that could not be read.
#[derive(Debug, Default)]
pub(crate) struct Fields(pub(crate) Vec<(At<String>, Option<Field>)>);

impl Fields {
    /// The field of that name.
    pub(crate) fn find(&self, name: &str) -> Found<'_> {
        match self.0.iter().find(|(known, _)| known.value == name) {
            Some((_, Some(field))) => Found::Field(field),
            Some((_, None)) => Found::Invalid,
            None => Found::Unknown,
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.value.as_str())
    }

    /// The form that can be filled in.
    pub(crate) fn form(&self) -> Form {
        Form {
            fields: self.0.iter().filter_map(|(_, f)| f.clone()).collect(),
        }
    }
}

/// What a name means to the form.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Found<'f> {
    /// A field.
    Field(&'f Field),
    /// A field that could not be read. That has been reported.
    Invalid,
    /// Nothing.
    Unknown,
}

/// A step of the process.
#[derive(Debug)]
pub(crate) struct Phase {
    pub(crate) name: At<String>,
    pub(crate) kind: Kind,
}

/// What a phase does.
#[derive(Debug)]
pub(crate) enum Kind {
    Start,
    Approval(Approval),
    Choice(Choice),
    /// Its conditions are written as its connections.
    Condition,
    Connector(Box<Connector>),
    Email(Mail),
    /// For so many seconds.
    Wait(At<u32>),
    End(EndStatus),
    /// Reported, and taken to be right by the checks that follow.
    Invalid,
}

/// A person is asked.
#[derive(Debug)]
pub(crate) struct Approval {
    pub(crate) question: String,
    pub(crate) remind_seconds: At<u32>,
    pub(crate) escalate: Option<Escalate>,
    pub(crate) expire_seconds: At<u32>,
    pub(crate) expire_reason: String,
    /// Phases whose deciders cannot decide this one.
    pub(crate) separate_from: Vec<At<String>>,
    pub(crate) confirm: Confirm,
    /// How many people have to say yes.
    pub(crate) approvals: u32,
    /// What is looked up before.
    pub(crate) look_up: Option<LookUp>,
}

/// The customer chooses.
#[derive(Debug)]
pub(crate) struct Choice {
    /// What is written around the links.
    pub(crate) mail: Mail,
    pub(crate) question: String,
    /// The names of the ways out, and what the customer reads.
    pub(crate) options: Vec<(At<String>, At<String>)>,
    pub(crate) expire_seconds: At<u32>,
    pub(crate) confirm: Confirm,
}

/// When another team is asked too, and which.
#[derive(Debug)]
pub(crate) struct Escalate {
    pub(crate) after_seconds: At<u32>,
    pub(crate) to: At<String>,
}

/// What a connector does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deed {
    Refund,
    Credit,
}

/// Who asks: fields in braces.
#[derive(Debug)]
pub(crate) struct Requester {
    pub(crate) email: At<String>,
    pub(crate) stripe_customer: Option<At<String>>,
}

/// What Stripe is asked before a person is.
#[derive(Debug)]
pub(crate) struct LookUp {
    pub(crate) charge: At<String>,
    pub(crate) asker: Requester,
}

/// Stripe is asked to pay back, or to give a credit.
#[derive(Debug)]
pub(crate) struct Connector {
    pub(crate) deed: Deed,
    pub(crate) asker: Requester,
    pub(crate) charge: At<String>,
    pub(crate) amount: At<String>,
    pub(crate) reason: At<String>,
    pub(crate) stripe_reasons: Vec<(At<String>, StripeReason)>,
    pub(crate) output: At<String>,
    /// The mail to a team when Stripe refuses.
    pub(crate) on_error: Mail,
    /// The mail to the customer when Stripe takes a refund and does not pay it yet.
    pub(crate) while_pending: Option<Mail>,
}

/// A mail; `to` is a field in braces or a team.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) to: At<String>,
    pub(crate) subject: At<String>,
    pub(crate) body: At<String>,
    /// The offering that it invites to.
    pub(crate) invites: Option<At<OfferingPath>>,
}

/// How a phase is left.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) from: At<String>,
    pub(crate) ways: Vec<Way>,
}

/// The name of the only way out of a phase that has one: `Start: CSM Review`.
pub(crate) const NEXT: &str = "next";

/// A way out of a phase, and where it leads.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) name: At<String>,
    pub(crate) to: At<String>,
}
