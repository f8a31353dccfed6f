//! A month in UTC.

use std::str::FromStr;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};

use crate::dates::midnight;

/// A month in UTC, such as `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Month(Date);

impl Month {
    /// When it begins.
    pub fn first(self) -> Timestamp {
        midnight(self.0)
    }

    /// When the next begins.
    pub fn end(self) -> Timestamp {
        let next = self.0.checked_add(1.month());
        next.map_or(Timestamp::MAX, midnight)
    }
}

impl FromStr for Month {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_written_so = text.len() == 7 && text.as_bytes()[4] == b'-';
        let first = format!("{text}-01").parse();
        match first {
            Ok(first) if is_written_so => Ok(Self(first)),
            _ => Err("must be a month such as 2026-11"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_and_ends_at_midnight_utc() {
        for (text, first, end) in [
            ("2026-11", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"),
            ("2026-12", "2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z"),
            ("2028-02", "2028-02-01T00:00:00Z", "2028-03-01T00:00:00Z"),
        ] {
            let month: Month = text.parse().unwrap();
            assert_eq!(month.first(), first.parse().unwrap());
            assert_eq!(month.end(), end.parse().unwrap());
        }
    }

    #[test]
    fn nothing_else_is_a_month() {
        for text in [
            "",
            "2026",
            "2026-13",
            "2026-00",
            "2026-1",
            "26-11",
            "202611",
            "2026-11-01",
            "é2026-1",
            "2026/11",
            "2026-é",
        ] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
    }
}
