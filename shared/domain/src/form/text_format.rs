//! Shapes of a line of text: Stripe's ids, and the numbers that it prints.

use serde::{Deserialize, Serialize};

use super::LINE_CHARS;
use crate::characters::is_invisible;

/// A shape of a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextFormat {
    /// A Stripe charge `ch_...` or `py_...`, or a payment intent `pi_...`; or what a customer holds of it: the number of
    /// its receipt, such as `1234-5678`, or of its invoice, such as `ABCD1234-0001`.
    StripeCharge,
    /// A Stripe customer `cus_...`.
    StripeCustomer,
}

/// What stands between the id of an intent and what must stay secret of it.
const SECRET: &str = "_secret_";
/// Client secrets in a text, as a regular expression.
pub(super) const CLIENT_SECRET: &str = "(pi|seti)_[A-Za-z0-9]+_secret_";

/// Whether a text has a client secret in it: who knows one can pay, or set up payments, in the customer's name.
pub fn has_client_secret(text: &str) -> bool {
    text.match_indices(SECRET).any(|(at, _)| {
        let before = &text[..at];
        let id = before.rfind(|c: char| !c.is_ascii_alphanumeric());
        id.is_some_and(|mark| {
            let (kind, id) = before.split_at(mark);
            let is_intent = kind.ends_with("pi") || kind.ends_with("seti");
            is_intent && id.starts_with('_') && id.len() > 1
        })
    })
}

impl TextFormat {
    fn prefixes(self) -> &'static [&'static str] {
        match self {
            // Payments other than by card are `py_`.
            TextFormat::StripeCharge => &["ch_", "py_", "pi_"],
            TextFormat::StripeCustomer => &["cus_"],
        }
    }

    /// The id or number that a text is, or what is wrong with it. A phone begins a line with a capital letter: the prefix of
    /// an id is taken in any case, and so is a number, which becomes upper case.
    pub fn read(self, text: &str) -> Result<String, String> {
        let id = self.prefixes().iter().find_map(|prefix| {
            let start = text.get(..prefix.len())?;
            let rest = &text[prefix.len()..];
            let is_id =
                !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            (is_id && start.eq_ignore_ascii_case(prefix)).then(|| format!("{prefix}{rest}"))
        });
        let is_numbered = self == TextFormat::StripeCharge && is_number(text);
        let id = id.or_else(|| is_numbered.then(|| text.to_ascii_uppercase()));
        let id = id.filter(|id| id.len() <= LINE_CHARS);
        id.ok_or_else(|| format!("must be {}", self.example()))
    }

    fn example(self) -> &'static str {
        match self {
            TextFormat::StripeCharge => {
                "the number of a receipt or an invoice, such as 1234-5678 or ABCD1234-0001, or a Stripe charge, such as ch_1A2b3C or pi_1A2b3C"
            }
            TextFormat::StripeCustomer => "a Stripe customer, such as cus_1A2b3C",
        }
    }

    pub(super) fn pattern(self) -> String {
        let prefixes = self.prefixes().iter().map(|prefix| {
            let characters = prefix.trim_end_matches('_').chars();
            let either = |c: char| format!("[{}{c}]", c.to_ascii_uppercase());
            characters.map(either).collect::<String>()
        });
        let prefixes: Vec<_> = prefixes.collect();
        let id = format!("({})_[A-Za-z0-9_]+", prefixes.join("|"));
        match self {
            TextFormat::StripeCharge => format!("^({id}|([A-Za-z0-9]+-)+[0-9]+)$"),
            TextFormat::StripeCustomer => format!("^{id}$"),
        }
    }

    /// A text of this shape as it was copied from a page or a mail, without what came along.
    pub(super) fn copied(self, text: &str) -> String {
        // What nobody sees.
        let text = text.trim_matches(is_invisible);
        match self {
            TextFormat::StripeCharge => copied_number(text).unwrap_or_else(|| text.to_owned()),
            TextFormat::StripeCustomer => text.to_owned(),
        }
    }
}

/// Whether it is like a number that Stripe prints: groups of letters and digits with hyphens between, the last of digits.
fn is_number(text: &str) -> bool {
    let is_group =
        |group: &str| !group.is_empty() && group.bytes().all(|it| it.is_ascii_alphanumeric());
    text.rsplit_once('-').is_some_and(|(groups, last)| {
        groups.split('-').all(is_group)
            && is_group(last)
            && last.bytes().all(|it| it.is_ascii_digit())
    })
}

/// A number as it was copied: `Receipt #1234-5678`, `Invoice number: ABCD1234–0001`, `1234 - 5678`.
fn copied_number(text: &str) -> Option<String> {
    const WORDS: [&str; 5] = ["receipt", "invoice", "number", "no.", "no"];
    let hyphen = |c: char| if is_dash(c) { '-' } else { c };
    let text: String = text.chars().map(hyphen).collect();
    let groups: Vec<&str> = text.split('-').map(str::trim).collect();
    let text = groups.join("-");
    let mut words = text.split(|c: char| c.is_whitespace() || c == '#' || c == ':');
    let number = words.next_back().filter(|number| is_number(number))?;
    let is_word = |word: &str| word.is_empty() || WORDS.contains(&&*word.to_lowercase());
    words.all(is_word).then(|| number.to_owned())
}

/// What is printed or typed for a hyphen: hyphens, dashes and the minus sign of Unicode.
fn is_dash(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}'
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_taken_whatever_the_case_of_its_prefix() {
        for (text, id) in [
            ("ch_1", "ch_1"),
            ("Ch_1aB", "ch_1aB"),
            ("CH_1", "ch_1"),
            ("py_1", "py_1"),
            ("Pi_1_2", "pi_1_2"),
        ] {
            assert_eq!(TextFormat::StripeCharge.read(text).as_deref(), Ok(id));
        }
        assert_eq!(
            TextFormat::StripeCustomer.read("Cus_1").as_deref(),
            Ok("cus_1")
        );
        for bad in [
            "ch_",
            "ch_1/../x",
            "xx_1",
            "ch_1?y",
            "cus_1",
            "ch",
            "é_1",
            "ch_ 1",
        ] {
            assert!(TextFormat::StripeCharge.read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_of_a_receipt_or_an_invoice_names_a_charge_too() {
        for (text, number) in [
            ("1234-5678", "1234-5678"),
            ("ABCD1234-0001", "ABCD1234-0001"),
            ("abcd1234-0001", "ABCD1234-0001"),
            ("Inv-2026-0012", "INV-2026-0012"),
        ] {
            assert_eq!(TextFormat::StripeCharge.read(text).as_deref(), Ok(number));
            assert!(TextFormat::StripeCustomer.read(text).is_err(), "{text}");
        }
        for bad in [
            "1234", "-1234", "1234-", "12--34", "1234-56a", "a b-1", "a_b-1", "#1-2", "é-1",
        ] {
            assert!(TextFormat::StripeCharge.read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_number_is_taken_as_it_is_copied() {
        for (text, number) in [
            ("#1234-5678", "1234-5678"),
            ("Receipt #1234-5678", "1234-5678"),
            ("Receipt number: 1234\u{2011}5678", "1234-5678"),
            ("invoice ABCD1234 \u{2013} 0001", "ABCD1234-0001"),
            ("\u{feff}INVOICE-0001\u{200b}", "INVOICE-0001"),
            ("Ch_1", "Ch_1"),
            ("my 1234-5678", "my 1234-5678"),
            ("1234-5678 1234-5679", "1234-5678 1234-5679"),
            ("", ""),
        ] {
            assert_eq!(TextFormat::StripeCharge.copied(text), number);
        }
    }

    #[test]
    fn a_client_secret_is_found_in_any_text() {
        for secret in [
            "pi_1A_secret_2B",
            "seti_1_secret_2",
            "It is\npi_1A_secret_2B, I think",
            "pi_1_secret_",
        ] {
            assert!(has_client_secret(secret), "{secret}");
        }
        for harmless in [
            "pi_1A",
            "top_secret_",
            "a secret",
            "pi__secret_1",
            "my_secret_key",
            "ch_1_secret_2",
        ] {
            assert!(!has_client_secret(harmless), "{harmless}");
        }
    }
}
