//! Points in time as people read them, on pages and in mails.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};

/// A point in time, to the minute.
pub fn when(at: Timestamp) -> String {
    format!("{}, {} UTC", day(at), at.strftime("%H:%M"))
}

/// The day of a point in time, in UTC.
pub fn day(at: Timestamp) -> String {
    at.strftime("%-d %B %Y").to_string()
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

    #[test]
    fn people_read_the_day_the_month_and_the_time_zone() {
        let at = "2026-03-04T05:06:59Z".parse().unwrap();
        assert_eq!(when(at), "4 March 2026, 05:06 UTC");
        assert_eq!(day(at), "4 March 2026");
    }
}
