//! Exact money. An amount is read from decimal text into whole cents and never touches a float.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

mod typed;

pub use typed::typed;

/// An amount of US dollars in whole cents, from 0.01 to 999,999.99 USD.
///
/// The upper bound is Stripe's: an amount has at most eight digits in the smallest unit. Zero is
/// not an amount, so "a refund of nothing" cannot be written down.
///
/// As JSON it is the integer number of cents; a value out of bounds does not deserialize.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u64", into = "u64")]
pub struct Usd(u64);

/// Why a text is not an amount. The message is meant for the person who typed it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not digits with an optional decimal point.
    #[error("must be an amount in dollars, digits only, such as 19.99")]
    NotAnAmount,
    /// More than two digits after the point: there is no such coin.
    #[error("must have at most two digits after the point, such as 19.99")]
    FractionOfACent,
    /// What a person typed has two meanings, which are these.
    #[error("can mean {0} or {1}: please write the one that you mean")]
    Ambiguous(String, String),
    /// Zero.
    #[error("must be more than 0")]
    Zero,
    /// Beyond what Stripe can refund at once.
    #[error("must be at most 999999.99")]
    TooLarge,
}

impl Usd {
    /// The largest amount, 999,999.99 USD.
    pub const MAX: Usd = Usd(99_999_999);

    /// An amount of so many cents.
    pub fn from_cents(cents: u64) -> Result<Self, AmountError> {
        match cents {
            0 => Err(AmountError::Zero),
            cents if cents > Self::MAX.0 => Err(AmountError::TooLarge),
            cents => Ok(Usd(cents)),
        }
    }

    /// The amount in cents, as Stripe takes it.
    pub fn cents(self) -> u64 {
        self.0
    }

    /// The amount as a person types it: `19.99`.
    pub fn to_decimal(self) -> String {
        format!("{}.{:02}", self.0 / 100, self.0 % 100)
    }
}

/// Reads decimal text: `50`, `50.5`, `19.99`. No sign, exponent, separator or currency mark.
impl FromStr for Usd {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        cents(text).and_then(Usd::from_cents)
    }
}

/// Reads decimal text as cents, which may be none or more than an amount.
pub fn cents(text: &str) -> Result<u64, AmountError> {
    let (dollars, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(AmountError::NotAnAmount),
        Some(parts) => parts,
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if dollars.is_empty() || !digits(dollars) || !digits(fraction) {
        return Err(AmountError::NotAnAmount);
    }
    if fraction.len() > 2 {
        return Err(AmountError::FractionOfACent);
    }
    let parse = |part: &str| part.parse::<u64>().map_err(|_| AmountError::TooLarge);
    let cents = parse(&format!("{fraction:0<2}"))?;
    let dollars = parse(dollars)?;
    let total = dollars.checked_mul(100).and_then(|d| d.checked_add(cents));
    total.ok_or(AmountError::TooLarge)
}

/// The amount as a person reads it: `$1,500.00`.
impl fmt::Display for Usd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dollars = (self.0 / 100).to_string();
        f.write_str("$")?;
        for (position, digit) in dollars.chars().enumerate() {
            if position > 0 && (dollars.len() - position).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        write!(f, ".{:02}", self.0 % 100)
    }
}

impl TryFrom<u64> for Usd {
    type Error = AmountError;

    fn try_from(cents: u64) -> Result<Self, AmountError> {
        Usd::from_cents(cents)
    }
}

impl From<Usd> for u64 {
    fn from(amount: Usd) -> u64 {
        amount.0
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_decimal_text_exactly() {
        let cents = |text: &str| text.parse::<Usd>().map(Usd::cents);
        assert_eq!(cents("50"), Ok(5000));
        assert_eq!(cents("50.5"), Ok(5050));
        assert_eq!(cents("19.99"), Ok(1999));
        assert_eq!(cents("499.99"), Ok(49_999));
        assert_eq!(cents("0.01"), Ok(1));
        assert_eq!(cents("999999.99"), Ok(99_999_999));
    }

    #[test]
    fn refuses_everything_else_with_the_reason() {
        use AmountError::{FractionOfACent, NotAnAmount, TooLarge, Zero};
        for (text, why) in [
            ("", NotAnAmount),
            ("abc", NotAnAmount),
            ("-5", NotAnAmount),
            ("+5", NotAnAmount),
            ("1e3", NotAnAmount),
            ("1,000", NotAnAmount),
            ("$5", NotAnAmount),
            ("5.", NotAnAmount),
            (".5", NotAnAmount),
            ("1.2.3", NotAnAmount),
            ("١", NotAnAmount),
            ("NaN", NotAnAmount),
            ("10.505", FractionOfACent),
            ("0", Zero),
            ("0.00", Zero),
            ("1000000", TooLarge),
            ("99999999999999999999999", TooLarge),
            ("18446744073709551615", TooLarge),
        ] {
            assert_eq!(text.parse::<Usd>(), Err(why), "{text:?}");
        }
    }

    #[test]
    fn prints_as_people_read_it() {
        for (cents, text) in [
            (1, "$0.01"),
            (5000, "$50.00"),
            (150_000, "$1,500.00"),
            (99_999_999, "$999,999.99"),
        ] {
            assert_eq!(Usd::from_cents(cents).unwrap().to_string(), text);
        }
    }

    #[test]
    fn json_is_bounded_cents() {
        assert_eq!(serde_json::from_str::<Usd>("1999").unwrap().cents(), 1999);
        for json in ["0", "-1", "19.99", "\"19.99\"", "100000000"] {
            assert!(serde_json::from_str::<Usd>(json).is_err(), "{json}");
        }
    }

    proptest! {
        #[test]
        fn decimal_text_round_trips(cents in 1..=99_999_999u64) {
            let amount = Usd::from_cents(cents).unwrap();
            prop_assert_eq!(amount.to_decimal().parse::<Usd>(), Ok(amount));
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = text.parse::<Usd>();
        }
    }
}
