//! A definition as it is written: read, but not yet checked as a whole.
//!
//! A part that could not be read has been reported, and stays here as a gap, so that the checks that
//! follow neither stop at it nor report what only follows from it.

use domain::brand::BrandOverrides;
use domain::form::{DesignatedFields, Field, Form};
use domain::id::{FieldName, OfferingPath};
use domain::payment_control::Limits;
use domain::task::{START_STATE, Titled, outcome};

use crate::roles::{AMOUNT, CHARGE, CUSTOMER_EMAIL, Designated, Role, STRIPE_CUSTOMER};
use crate::source::{At, Span};

/// One file under `definitions/`.
#[derive(Debug)]
pub(crate) struct Definition {
    pub(crate) path: OfferingPath,
    pub(crate) service: Titled,
    pub(crate) offering: Titled,
    /// What customers call the offering, where that is not its name.
    pub(crate) title: Option<String>,
    /// How long a request usually takes.
    pub(crate) usually_takes: Option<String>,
    /// Whether only somebody can use it who was invited by a mail of another offering.
    pub(crate) by_invitation: bool,
    /// Whether it takes no new requests, as it is to be removed once nothing is open.
    pub(crate) retired: bool,
    pub(crate) fields: Fields,
    pub(crate) phases: Vec<Phase>,
    pub(crate) phases_at: Span,
    pub(crate) connections: Vec<Connection>,
    /// What to whom.
    pub(crate) responsibilities: Vec<(At<String>, At<String>)>,
    pub(crate) responsibilities_at: Span,
    /// Of what is paid.
    pub(crate) limits: Option<At<Limits>>,
    /// In place of the deployment's brand.
    pub(crate) brand: BrandOverrides,
}

impl Definition {
    /// Which phase is the start; it is the only one of its name.
    pub(crate) fn start(&self) -> Option<usize> {
        let starts = |phase: &Phase| phase.facts.as_ref().is_none_or(|facts| facts.starts);
        self.index(START_STATE)
            .filter(|start| starts(&self.phases[*start]))
    }

    /// The offerings that its mails invite to, each where it is written.
    pub(crate) fn invitations(&self) -> Vec<At<OfferingPath>> {
        let facts = self.phases.iter().filter_map(|phase| phase.facts.as_ref());
        facts.filter_map(|facts| facts.invites.clone()).collect()
    }

    /// The teams that it names, each where it is written. What mails and connectors name is a team with a responsibility.
    pub(crate) fn teams(&self) -> Vec<At<String>> {
        let responsible = self.responsibilities.iter().map(|(_, who)| who);
        let facts = self.phases.iter().filter_map(|phase| phase.facts.as_ref());
        let escalations = facts.filter_map(|facts| facts.escalates_to.as_ref());
        responsible.chain(escalations).cloned().collect()
    }

    /// Which phase has that name.
    pub(crate) fn index(&self, name: &str) -> Option<usize> {
        self.phases
            .iter()
            .position(|phase| phase.name.value == name)
    }
}

/// The form's fields, and which of them has which role.
#[derive(Debug)]
pub(crate) struct Fields {
    /// `None` for one that could not be read.
    pub(crate) all: Vec<(At<String>, Option<Field>)>,
    /// By the key of the role.
    pub(crate) roles: Vec<(&'static str, Designated)>,
}

impl Fields {
    /// The field of that name.
    pub(crate) fn find(&self, name: &str) -> Found<'_> {
        match self.all.iter().find(|(known, _)| known.value == name) {
            Some((_, Some(field))) => Found::Field(field),
            Some((_, None)) => Found::Invalid,
            None => Found::Unknown,
        }
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.all.iter().map(|(name, _)| name.value.as_str())
    }

    /// Which field has a role.
    pub(crate) fn designated(&self, role: &Role) -> &Designated {
        let mut roles = self.roles.iter();
        let found = roles.find(|(key, _)| *key == role.key);
        found.map_or(&Designated::Nothing, |(_, designated)| designated)
    }

    /// The name of the field that has a role.
    pub(crate) fn name_of(&self, role: &Role) -> Option<FieldName> {
        match self.designated(role) {
            Designated::Field(name) => Some(name.value.clone()),
            Designated::Nothing | Designated::Refused => None,
        }
    }

    /// The form that can be filled in.
    pub(crate) fn form(&self) -> Form {
        Form {
            fields: self.all.iter().filter_map(|(_, f)| f.clone()).collect(),
            designated: DesignatedFields {
                amount_field: self.name_of(&AMOUNT),
                email_field: self.name_of(&CUSTOMER_EMAIL),
                charge_field: self.name_of(&CHARGE),
                customer_field: self.name_of(&STRIPE_CUSTOMER),
            },
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
    /// `None` for one that could not be read. That has been reported, and it is taken to be right.
    pub(crate) facts: Option<Facts>,
}

/// What the checks of the whole definition look at in a phase, whatever its kind.
#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(crate) struct Facts {
    /// Whether a request begins here.
    pub(crate) starts: bool,
    pub(crate) exits: Exits,
    /// A way out besides them that the connections may leave out.
    pub(crate) optional_exit: Option<&'static str>,
    /// The names that texts can use after it was left by a way out.
    pub(crate) sets: Vec<(String, &'static str)>,
    /// Whether a team has to do something.
    pub(crate) has_team: bool,
    /// The team that is asked too when nobody decides.
    pub(crate) escalates_to: Option<At<String>>,
    /// Whether it gives the customer money: see [`Facts::has_paid`].
    pub(crate) pays: bool,
    /// Whether it is a mail to the customer.
    pub(crate) mails_customer: bool,
    /// Whether it finds out what Stripe knows.
    pub(crate) looks_up: bool,
    /// What is added to its name for the state that it begins with, where that is another one.
    pub(crate) entrance: &'static str,
    pub(crate) wait: Option<Wait>,
    /// What customers read while a request is in it. `None`: they see none in it.
    pub(crate) customer_sees: Option<String>,
    /// The offering that its mail invites to.
    pub(crate) invites: Option<At<OfferingPath>>,
}

impl Facts {
    /// Whether the customer has been given money when the phase was left by that way out.
    pub(crate) fn has_paid(&self, outcome: &str) -> bool {
        self.pays && outcome != outcome::ERROR && outcome != outcome::EXHAUSTED
    }
}

/// The ways out of a phase.
#[derive(Debug, Default)]
pub(crate) enum Exits {
    /// A single one.
    #[default]
    Next,
    /// One for each outcome.
    Named(Vec<String>),
    /// One for each condition that its connections name, and `otherwise`.
    Conditions,
    /// None: the request ends.
    End,
}

/// How long a phase can wait at most.
#[derive(Debug)]
pub(crate) struct Wait {
    /// Who waits, for a message: `an approval`.
    pub(crate) what: &'static str,
    pub(crate) seconds: u64,
    /// Where it is written.
    pub(crate) at: Span,
}

impl Wait {
    pub(crate) fn new(what: &'static str, seconds: &At<u32>) -> Self {
        Self {
            what,
            seconds: seconds.value.into(),
            at: seconds.span,
        }
    }
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
    pub(crate) transitions: Vec<Transition>,
}

/// The name of the only way out of a phase that has one: `Start: CSM Review`.
pub(crate) const NEXT: &str = "next";

/// A way out of a phase, and where it leads.
#[derive(Debug)]
pub(crate) struct Transition {
    pub(crate) name: At<String>,
    pub(crate) to: At<String>,
}
