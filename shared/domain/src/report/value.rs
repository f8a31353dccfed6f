//! Times and amounts of a query.

use std::ops::Range;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};

use crate::dates::midnight;
use crate::money;

/// A day, which begins at midnight UTC, or a time with its zone.
pub(super) fn time(value: &str) -> Result<Timestamp, String> {
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
pub(super) fn cents(value: &str) -> Result<Range<u64>, String> {
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
