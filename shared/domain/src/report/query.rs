//! The query language of the audit report: terms `field:value` with blanks between. Terms of one field mean either of
//! them, terms of different fields all of them.
//!
//! `from:` and `to:` say the time; each stands once. Without `to:` it ends now, without `from:` it begins [`DEFAULT_DAYS`]
//! days before its end, so that nobody reads seven years by mistake.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::civil::{Date, DateTime};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Deserialize;

use super::closed_set::{check, names};
use super::mistake::Mistake;
use super::term::Term;
use crate::audit::{Action, ActorKind, AuditRecord};
use crate::dates::{midnight, utc_date};
use crate::id::{OfferingPath, RequestId, is_slug};
use crate::money;
use crate::refund::SettlementMethod;
use crate::status::Status;
use crate::suggestion::suggestion;

/// How many days a query without `from:` looks back.
pub const DEFAULT_DAYS: i64 = 31;

/// Which records are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    /// The first time that belongs to it.
    pub from: Timestamp,
    /// The first time that is too late. Never after the day on which it is asked, as nothing is there.
    pub to: Timestamp,
    conditions: BTreeMap<Field, Vec<Condition>>,
}

/// What a term is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Field {
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

#[derive(Debug, Clone, PartialEq, Eq)]
enum Condition {
    /// The record has this.
    Text(String),
    /// The record's amount is within, in cents.
    Cents(Range<u64>),
}

impl Query {
    /// Reads a query that somebody makes `now`, or says all that is wrong with it.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut conditions: BTreeMap<_, Vec<_>> = BTreeMap::new();
        let mut times: BTreeMap<Field, (Term<'_>, Timestamp)> = BTreeMap::new();
        for term in Term::all(text) {
            match read(term) {
                Ok((field, Read::Condition(it))) => conditions.entry(field).or_default().push(it),
                Ok((field, Read::Time(at))) => {
                    if times.insert(field, (term, at)).is_some() {
                        mistakes.push(term.refused("it stands once at most".to_owned()));
                    }
                }
                Err(problem) => mistakes.push(term.refused(problem)),
            }
        }
        let [from, to] = [Field::From, Field::To].map(|field| times.get(&field));
        if let (Some((_, from)), Some((term, to))) = (from, to)
            && to <= from
        {
            let problem = "`to` is the first time that is too late, so it must be after `from`";
            mistakes.push(term.refused(problem.to_owned()));
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        let to = to.map_or(Timestamp::MAX, |(_, to)| *to);
        let look_back = SignedDuration::from_hours(24 * DEFAULT_DAYS);
        let from = from.map_or_else(
            || to.min(now).saturating_sub(look_back).unwrap_or(now),
            |(_, from)| *from,
        );
        let mut query = Self::within(from, to, now, &[]);
        query.conditions = conditions;
        Ok(query)
    }

    /// From one time on and before another, as asked `now`: records with one of these actions, or all where none is named.
    pub(super) fn within(
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
        actions: &[Action],
    ) -> Self {
        let tomorrow = utc_date(now).checked_add(1.day());
        let actions = actions.iter().map(|it| Condition::Text(it.to_string()));
        let actions: Vec<_> = actions.collect();
        Self {
            from,
            to: to.min(tomorrow.map_or(Timestamp::MAX, midnight)),
            conditions: (!actions.is_empty())
                .then_some((Field::Action, actions))
                .into_iter()
                .collect(),
        }
    }

    /// Whether it asks for this record.
    pub fn finds(&self, record: &AuditRecord) -> bool {
        let is_within = self.from <= record.at && record.at < self.to;
        let mut conditions = self.conditions.iter();
        is_within
            && conditions.all(|(field, either)| either.iter().any(|it| it.holds(*field, record)))
    }
}

impl Condition {
    fn holds(&self, field: Field, record: &AuditRecord) -> bool {
        match self {
            Self::Cents(range) => record
                .amount
                .is_some_and(|amount| range.contains(&amount.cents())),
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
        check(value, &known)
    }
}

/// What a term comes to.
enum Read {
    Condition(Condition),
    Time(Timestamp),
}

fn read(term: Term<'_>) -> Result<(Field, Read), String> {
    let (name, value) = term.parts()?;
    let known = names::<Field>();
    let name_of = serde::de::value::StrDeserializer::<serde::de::value::Error>::new(name);
    let field = Field::deserialize(name_of).map_err(|_| {
        if name.len() == 2 && name.bytes().all(|byte| byte.is_ascii_digit()) {
            // `2026-11-01T00:00:00+02:00` in a URL.
            return "this looks like the end of a time whose + became a blank: in a URL, write + as %2B".to_owned();
        }
        let help = suggestion(name, known.iter().copied());
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

fn time(value: &str) -> Result<Timestamp, String> {
    let at: Option<Timestamp> = value.parse().ok();
    let day: Option<Date> = value
        .parse()
        .ok()
        .filter(|_| value.len() == 10 && value.matches('-').count() == 2);
    let is_without_zone = value.len() > 10 && value.parse::<DateTime>().is_ok();
    at.or(day.map(midnight)).ok_or_else(|| {
        let expected = if is_without_zone {
            "its zone is missing: end it with Z, or with an offset such as +02:00, whose + is written %2B in a URL"
        } else {
            "must be a day such as 2026-11-01, which begins at midnight UTC, or a time with a zone such as 2026-11-01T09:30:00Z"
        };
        expected.to_owned()
    })
}

/// `500`, `>=500`, `>500`, `<=500`, `<500` or `100..500` dollars.
fn cents(value: &str) -> Result<Range<u64>, String> {
    let read = |text: &str| {
        let expected = "after >=, >, <= or <, or between two with .. between";
        let cents = money::cents(text);
        cents.map_err(|error| format!("{error}; it may stand {expected}"))
    };
    let after = |cents: u64| cents.saturating_add(1);
    if let Some((least, most)) = value.split_once("..") {
        let range = read(least)?..after(read(most)?);
        let is_backwards = "the smaller amount stands first";
        return (!range.is_empty())
            .then_some(range)
            .ok_or_else(|| is_backwards.to_owned());
    }
    let operators = [">=", ">", "<=", "<"];
    let found = operators
        .into_iter()
        .find_map(|operator| Some((operator, value.strip_prefix(operator)?)));
    Ok(match found {
        Some((">=", text)) => read(text)?..u64::MAX,
        Some((">", text)) => after(read(text)?)..u64::MAX,
        Some(("<=", text)) => 0..after(read(text)?),
        Some((_, text)) => 0..read(text)?,
        None => {
            let cents = read(value)?;
            cents..after(cents)
        }
    })
}
