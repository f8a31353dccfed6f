//! Points in time as people read them, on pages and in mails.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use crate::stored_as_text::NotA;

/// The time zone that people are told times in, by its name in the IANA database: `Europe/Berlin`.
///
/// The database is part of the program: see `jiff` in the workspace's manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

const WHAT: &str = "time zone: it must be a name of the IANA database, such as Europe/Berlin";

impl Zone {
    /// Coordinated universal time.
    pub const UTC: Zone = Zone(TimeZone::UTC);

    /// A point in time, to the minute: `4 March 2026, 06:06 CET`.
    pub fn when(&self, at: Timestamp) -> String {
        let local = at.to_zoned_datetime(self.0.clone());
        let zone = local.strftime("%Z").to_string();
        // Where nobody uses an abbreviation, the database has the offset alone: `-03`.
        let zone = if zone.starts_with(['+', '-']) {
            local.strftime("UTC%:z").to_string()
        } else {
            zone
        };
        format!("{}, {} {zone}", self.day(at), local.strftime("%H:%M"))
    }

    /// The day of a point in time: `4 March 2026`.
    pub fn day(&self, at: Timestamp) -> String {
        let local = at.to_zoned_datetime(self.0.clone());
        local.strftime("%-d %B %Y").to_string()
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self::UTC
    }
}

impl FromStr for Zone {
    type Err = NotA;

    fn from_str(name: &str) -> Result<Self, NotA> {
        let zone = TimeZone::get(name).map_err(|_| NotA::new(name, WHAT))?;
        Ok(Self(zone))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

stored_as_text!(Zone, NotA);

/// How long it is until a deadline: `in 3 days`, to the nearest day, below two days hour, and below two hours minute.
/// `None` once it has passed.
pub fn until(deadline: Timestamp, now: Timestamp) -> Option<String> {
    const MINUTE: SignedDuration = SignedDuration::from_mins(1);
    const HOUR: SignedDuration = SignedDuration::from_hours(1);
    const DAY: SignedDuration = SignedDuration::from_hours(24);
    let left = deadline.duration_since(now);
    if !left.is_positive() {
        return None;
    }
    let (unit, name) = match left {
        left if left >= DAY * 2 => (DAY, "day"),
        left if left >= HOUR * 2 => (HOUR, "hour"),
        _ => (MINUTE, "minute"),
    };
    let count = (left + unit / 2).as_secs() / unit.as_secs();
    Some(match count {
        0 => "in less than a minute".to_owned(),
        1 => format!("in 1 {name}"),
        count => format!("in {count} {name}s"),
    })
}

/// The day of a point in time, in UTC, to count and sort by.
pub fn utc_date(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// The day after. There is none after the year 9999.
pub fn next_day(date: Date) -> Date {
    date.saturating_add(1.day())
}

/// When a day begins in UTC.
pub fn midnight(date: Date) -> Timestamp {
    let midnight = Offset::UTC.to_timestamp(date.at(0, 0, 0, 0));
    midnight.unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn people_read_the_day_the_month_and_the_time_with_the_name_of_its_zone() {
        for (zone, time, read) in [
            ("UTC", "2026-03-04T05:06:59Z", "4 March 2026, 05:06 UTC"),
            (
                "Europe/Berlin",
                "2026-03-04T23:06:59Z",
                "5 March 2026, 00:06 CET",
            ),
            (
                "Europe/Berlin",
                "2026-07-04T05:06:00Z",
                "4 July 2026, 07:06 CEST",
            ),
            (
                "America/New_York",
                "2027-01-01T03:00:00Z",
                "31 December 2026, 22:00 EST",
            ),
            (
                "America/Sao_Paulo",
                "2026-03-04T05:06:00Z",
                "4 March 2026, 02:06 UTC-03:00",
            ),
            (
                "Asia/Kathmandu",
                "2026-03-04T20:00:00Z",
                "5 March 2026, 01:45 UTC+05:45",
            ),
            // The hour that an autumn night has twice.
            (
                "Europe/Berlin",
                "2026-10-25T00:30:00Z",
                "25 October 2026, 02:30 CEST",
            ),
            (
                "Europe/Berlin",
                "2026-10-25T01:30:00Z",
                "25 October 2026, 02:30 CET",
            ),
        ] {
            let zone: Zone = zone.parse().unwrap();
            assert_eq!(zone.when(at(time)), read);
            assert!(read.starts_with(&zone.day(at(time))));
        }
    }

    #[test]
    fn a_zone_is_known_by_its_name_alone() {
        for name in [
            "",
            "Berlin",
            "Europe/Atlantis",
            "CET-1CEST",
            "+02:00",
            "../Europe/Berlin",
            "utc ",
        ] {
            assert!(name.parse::<Zone>().is_err(), "{name}");
        }
        let zone: Zone = serde_json::from_str("\"Europe/Berlin\"").unwrap();
        assert_eq!(serde_json::to_string(&zone).unwrap(), "\"Europe/Berlin\"");
        assert_eq!("UTC".parse(), Ok(Zone::UTC));
        assert_eq!(Zone::UTC.to_string(), "UTC");
    }

    #[test]
    fn how_long_it_is_until_a_deadline_is_said_in_one_unit() {
        let now = at("2026-03-04T05:06:59Z");
        for (minutes, said) in [
            (-1, None),
            (0, None),
            (1, Some("in 1 minute")),
            (119, Some("in 119 minutes")),
            (120, Some("in 2 hours")),
            (47 * 60 + 40, Some("in 48 hours")),
            (48 * 60, Some("in 2 days")),
            (3 * 24 * 60 - 1, Some("in 3 days")),
            (14 * 24 * 60, Some("in 14 days")),
        ] {
            let deadline = now + SignedDuration::from_mins(minutes);
            assert_eq!(until(deadline, now).as_deref(), said, "{minutes}");
        }
        let soon = now + SignedDuration::from_secs(29);
        assert_eq!(until(soon, now).as_deref(), Some("in less than a minute"));
    }
}
