//! An amount of US dollars as people type it.

use std::borrow::Cow;

use super::AmountError;
use crate::characters::is_invisible;

/// The decimal text that somebody means: `$1,000.00`, `1.000,00`, `1 000 USD`, `19,99` and `.5` can mean one amount only.
///
/// What is no amount stays as it was typed, for [`Usd`](super::Usd) to refuse. A comma or a point before three digits can group
/// thousands or begin decimals, so `1,000` and `1.000` are refused with both readings. `1,005` is not: there is no tenth of a cent.
pub fn typed(text: &str) -> Result<Cow<'_, str>, AmountError> {
    let number = without_currency(text.trim_matches(is_invisible));
    let parts: Vec<&str> = number.split(['.', ',']).collect();
    let separators: Vec<char> = number.chars().filter(|c| ".,".contains(*c)).collect();
    let amount = match (separators.as_slice(), parts.as_slice()) {
        ([], [whole]) => ungrouped(whole),
        ([separator], [whole, fraction]) => {
            return one_separator(text, *separator, whole, fraction);
        }
        // The last of two kinds begins the decimals, as it stands once.
        ([grouping @ .., point], [groups @ .., fraction])
            if !grouping.contains(point) && all_same(grouping) =>
        {
            grouped(groups).map(|whole| format!("{whole}.{fraction}"))
        }
        (grouping, groups) if all_same(grouping) => grouped(groups),
        _ => None,
    };
    Ok(amount.map_or(Cow::Borrowed(text), Cow::Owned))
}

fn one_separator<'a>(
    text: &'a str,
    separator: char,
    whole: &str,
    fraction: &str,
) -> Result<Cow<'a, str>, AmountError> {
    let Some(whole) = ungrouped(whole).or_else(|| whole.is_empty().then(String::new)) else {
        return Ok(Cow::Borrowed(text));
    };
    let could_group = (1..=3).contains(&whole.len()) && whole.bytes().any(|digit| digit != b'0');
    match fraction.len() {
        0 if separator == '.' && !whole.is_empty() => Ok(Cow::Owned(whole)),
        1 | 2 if is_digits(fraction) => {
            let whole = if whole.is_empty() { "0" } else { &whole };
            Ok(Cow::Owned(format!("{whole}.{fraction}")))
        }
        3 if is_digits(fraction)
            && could_group
            && (fraction.ends_with('0') || separator == ',') =>
        {
            let Some(decimal) = fraction.strip_suffix('0') else {
                return Ok(Cow::Owned(format!("{whole}{fraction}")));
            };
            Err(AmountError::Ambiguous(
                format!("{whole}{fraction}.00"),
                format!("{whole}.{decimal}"),
            ))
        }
        _ if separator == ',' && is_digits(fraction) => {
            // Decimals beyond the cent, which have their own refusal.
            Ok(Cow::Owned(format!("{whole}.{fraction}")))
        }
        _ => Ok(Cow::Borrowed(text)),
    }
}

/// Without a mark of US dollars before or after it.
fn without_currency(text: &str) -> &str {
    const MARKS: [&str; 5] = ["us$", "usd", "dollars", "dollar", "$"];
    // In which each character has the place that it had.
    let lower = text.to_ascii_lowercase();
    let length = |mark: Option<&&str>| mark.map_or(0, |mark| mark.len());
    let before = length(MARKS.iter().find(|mark| lower.starts_with(**mark)));
    let after = length(MARKS.iter().find(|mark| lower[before..].ends_with(**mark)));
    text[before..text.len() - after].trim_matches(is_invisible)
}

/// Digits, or groups of three with blanks or apostrophes between them.
fn ungrouped(text: &str) -> Option<String> {
    let groups: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || "'’".contains(c))
        .collect();
    match groups.as_slice() {
        [digits] if is_digits(digits) => Some((*digits).to_owned()),
        [_] => None,
        groups => grouped(groups),
    }
}

/// A number of one to three digits, and groups of three.
fn grouped(groups: &[&str]) -> Option<String> {
    let [first, others @ ..] = groups else {
        return None;
    };
    let is_group = |it: &&str| it.len() == 3 && is_digits(it);
    let fits = is_digits(first) && first.len() <= 3 && others.iter().all(is_group);
    fits.then(|| groups.concat())
}

fn all_same(separators: &[char]) -> bool {
    separators.windows(2).all(|two| two[0] == two[1])
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::Usd;

    fn cents(text: &str) -> Option<u64> {
        typed(text).ok()?.parse().ok().map(Usd::cents)
    }

    #[test]
    fn what_can_mean_one_amount_only_is_taken_for_it() {
        for (text, expected) in [
            ("19.99", 1999),
            ("$19.99", 1999),
            ("$ 19.99", 1999),
            ("19.99 $", 1999),
            ("20 USD", 2000),
            ("usd 20", 2000),
            ("US$20", 2000),
            ("20 dollars", 2000),
            (".5", 50),
            ("0.5", 50),
            (",5", 50),
            ("5.", 500),
            ("19,99", 1999),
            ("19,9", 1990),
            ("1,000.00", 100_000),
            ("1.000,00", 100_000),
            ("$1,234.5", 123_450),
            ("1,000,000", 0),
            ("123,456.78", 12_345_678),
            ("1 000", 100_000),
            ("1\u{a0}000,50", 100_050),
            ("1'000.00", 100_000),
            ("1’000", 100_000),
            ("\u{200b}20\u{200b}", 2000),
            (" 20 ", 2000),
            ("999,999.99", 99_999_999),
            ("0007", 700),
            ("12,345", 1_234_500),
            ("$1,999", 199_900),
        ] {
            let expected = (expected > 0).then_some(expected);
            assert_eq!(cents(text), expected, "{text}");
        }
    }

    #[test]
    fn what_can_mean_two_is_refused_with_both() {
        for (text, one, other) in [
            ("1,000", "1000.00", "1.00"),
            ("1.000", "1000.00", "1.00"),
            ("$1,500", "1500.00", "1.50"),
            ("19,990", "19990.00", "19.99"),
            ("19.990", "19990.00", "19.99"),
        ] {
            let said = typed(text).unwrap_err().to_string();
            assert!(said.contains(one) && said.contains(other), "{text}: {said}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_as_before() {
        for text in [
            "",
            "abc",
            "-5",
            "+5",
            "1e3",
            "0x10",
            "€20",
            "20 EUR",
            "1.2.3",
            "1,2,3",
            "10,00,000",
            "1,000.000.00",
            "1.000,000,00",
            "١٩",
            "NaN",
            "five",
            "$",
            "USD",
            "$$5",
            "1 0",
            "1,",
            ",",
            ".",
            "20%",
            "1,000.",
            "1.5,000",
            "٫5",
        ] {
            assert_eq!(cents(text), None, "{text}");
        }
        for text in ["0,001", "12.345", "19,9999"] {
            let fraction = typed(text).unwrap().parse::<Usd>();
            assert_eq!(fraction, Err(AmountError::FractionOfACent), "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_is_read_as_it_is_printed(cents in 1..=99_999_999u64) {
            let amount = Usd::from_cents(cents).unwrap();
            prop_assert_eq!(super::typed(&amount.to_string()).unwrap().parse::<Usd>(), Ok(amount));
            prop_assert_eq!(super::typed(&amount.to_decimal()).unwrap().parse::<Usd>(), Ok(amount));
            let european = amount.to_decimal().replace('.', ",");
            prop_assert_eq!(super::typed(&european).unwrap().parse::<Usd>(), Ok(amount));
        }

        #[test]
        fn what_is_decimal_text_already_means_what_it_meant(text in "[0-9]{0,4}[.,]?[0-9]{0,4}") {
            if let (Ok(before), Ok(typed)) = (text.parse::<Usd>(), super::typed(&text)) {
                prop_assert_eq!(typed.parse::<Usd>(), Ok(before));
            }
        }

        #[test]
        fn no_text_panics(text in ".*") {
            let _ = super::typed(&text);
        }
    }
}
