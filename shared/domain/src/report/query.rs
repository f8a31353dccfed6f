//! The query language of the audit report: terms `field:value` with blanks between. Terms of one field mean either of
//! them, terms of different fields all of them.
//!
//! `from:` and `to:` say the time; each stands once. Without `to:` it ends now, without `from:` it begins [`DEFAULT_DAYS`]
//! days before its end, so that nobody reads seven years by mistake.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::condition::{Condition, Field, Read, read};
use super::term::{Mistake, Term};
use crate::audit::{Action, AuditRecord};
use crate::dates::{midnight, next_day, utc_date};

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
        let actions = actions.iter().map(|it| Condition::Text(it.to_string()));
        let actions: Vec<_> = actions.collect();
        Self {
            from,
            to: to.min(midnight(next_day(utc_date(now)))),
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
