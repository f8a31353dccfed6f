//! By when a customer has the money that was refunded.

use jiff::civil::Weekday;
use jiff::{SignedDuration, Timestamp};

use crate::dates::utc_date;

/// How long a refund takes to a customer's statement at most, in business days, once Stripe has made it: Stripe says 5
/// to 10.
const BUSINESS_DAYS: u32 = 10;

/// The last of the business days that a refund takes which Stripe made then. Saturdays and Sundays do not count;
/// holidays do, as each country and bank has its own.
pub fn arrives_by(refunded_at: Timestamp) -> Timestamp {
    let mut day = refunded_at;
    let mut left = BUSINESS_DAYS;
    while left > 0 {
        let Ok(next) = day.checked_add(SignedDuration::from_hours(24)) else {
            break;
        };
        day = next;
        let weekend = [Weekday::Saturday, Weekday::Sunday];
        left -= u32::from(!weekend.contains(&utc_date(day).weekday()));
    }
    day
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refund_arrives_within_ten_business_days() {
        for (refunded, by) in [
            // A Wednesday, a Friday, a Saturday and a Sunday.
            ("2026-11-25", "2026-12-09"),
            ("2026-11-27", "2026-12-11"),
            ("2026-11-28", "2026-12-11"),
            ("2026-11-29", "2026-12-11"),
        ] {
            let at: Timestamp = format!("{refunded}T23:59:59Z").parse().unwrap();
            assert_eq!(utc_date(arrives_by(at)).to_string(), by, "{refunded}");
        }
        assert_eq!(arrives_by(Timestamp::MAX), Timestamp::MAX);
    }
}
