//! What a term of a query asks of a record.

use std::ops::Range;

use jiff::Timestamp;
use serde::Deserialize;

use super::term::Term;
use super::value::{cents, time};
use crate::audit::{Action, ActorKind, AuditRecord};
use crate::closed_set::{named, names};
use crate::id::{OfferingPath, RequestId, is_slug};
use crate::refund::SettlementMethod;
use crate::status::Status;
use crate::suggestion::suggestion;

/// What a term is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Field {
    Service,
    Offering,
    Request,
    Actor,
    Kind,
    Action,
    Outcome,
    Phase,
    Status,
    Amount,
    #[serde(rename = "means")]
    Method,
    Charge,
    Stripe,
    From,
    To,
}

/// What a record has to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Condition {
    /// The record has this.
    Text(String),
    /// The record's amount is within, in cents.
    Cents(Range<u64>),
}

impl Condition {
    /// Whether it is so of a record, by this field.
    pub(super) fn holds(&self, field: Field, record: &AuditRecord) -> bool {
        match self {
            Self::Cents(range) => record.amount.is_some_and(|it| range.contains(&it.cents())),
            // Addresses and names of phases are no less the same in other capitals.
            Self::Text(text) if matches!(field, Field::Actor | Field::Phase) => {
                let mut names = field.names(record).into_iter();
                names.any(|name| name.eq_ignore_ascii_case(text))
            }
            Self::Text(text) => field.names(record).contains(text),
        }
    }
}

impl Field {
    /// What a record is called by this field.
    fn names(self, record: &AuditRecord) -> Vec<String> {
        let path = record.offering.as_str();
        let (service, offering) = path.split_once('/').unwrap_or_default();
        let text = |text: &str| text.to_owned();
        let status = text(record.status.as_str());
        match self {
            Self::Service => [service, offering, path].map(text).into(),
            Self::Offering => [offering, path].map(text).into(),
            Self::Request => vec![record.request_id.to_string()],
            Self::Actor => vec![record.actor.to_string()],
            Self::Kind => vec![record.actor_kind.to_string()],
            Self::Action => vec![record.action.to_string()],
            Self::Outcome => vec![record.action.to_string(), status],
            Self::Phase => vec![text(record.phase.as_str())],
            Self::Status => vec![status],
            Self::Method => record.means.map(|it| text(it.noun())).into_iter().collect(),
            Self::Charge => record.charge.clone().into_iter().collect(),
            Self::Stripe => record.stripe_id.clone().into_iter().collect(),
            Self::Amount | Self::From | Self::To => Vec::new(),
        }
    }

    /// Refuses a text that this field never has.
    fn check(self, value: &str) -> Result<(), String> {
        let known = match self {
            Self::Kind => names::<ActorKind>().to_vec(),
            Self::Action => names::<Action>().to_vec(),
            Self::Status => names::<Status>().to_vec(),
            Self::Method => names::<SettlementMethod>().to_vec(),
            Self::Outcome => [names::<Action>(), names::<Status>()].concat(),
            Self::Service | Self::Offering => {
                let fits = is_slug(value) || value.parse::<OfferingPath>().is_ok();
                let expected =
                    "must be an id such as refund-request, or customer-success/refund-request";
                return fits.then_some(()).ok_or_else(|| expected.to_owned());
            }
            Self::Request => {
                let id = value.parse::<RequestId>().map(drop);
                return id.map_err(|_| "must be a request's id, in lower case".to_owned());
            }
            Self::Actor
            | Self::Phase
            | Self::Amount
            | Self::Charge
            | Self::Stripe
            | Self::From
            | Self::To => return Ok(()),
        };
        if known.contains(&value) {
            return Ok(());
        }
        let help = suggestion(value, known);
        Err(format!("there is no `{value}` here. {help}"))
    }
}

/// What a term comes to.
pub(super) enum Read {
    Condition(Condition),
    Time(Timestamp),
}

/// Reads a term, or says what is wrong with it.
pub(super) fn read(term: Term<'_>) -> Result<(Field, Read), String> {
    let (name, value) = term.parts()?;
    let field = named(name).ok_or_else(|| {
        if name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_digit()) {
            // `2026-11-01T00:00:00+02:00` in a URL.
            return "this looks like the end of a time whose + became a blank: in a URL, write + as %2B".to_owned();
        }
        let help = suggestion(name, names::<Field>().iter().copied());
        format!("there is no field `{name}`. {help}")
    })?;
    let read = if matches!(field, Field::From | Field::To) {
        Read::Time(time(value)?)
    } else if field == Field::Amount {
        Read::Condition(Condition::Cents(cents(value)?))
    } else {
        field.check(value)?;
        Read::Condition(Condition::Text(value.to_owned()))
    };
    Ok((field, read))
}
