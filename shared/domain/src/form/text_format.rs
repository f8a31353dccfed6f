//! Shapes of a line of text: Stripe's ids, and the numbers that it prints.

use serde::{Deserialize, Serialize};

use super::LINE_CHARS;
use crate::characters::{is_dash, is_invisible};

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

/// What a client secret begins with, before its id.
const CLIENT_SECRETS: [&str; 6] = ["pi", "seti", "src", "vs", "cs_test", "cs_live"];
/// What a key begins with.
const KEYS: [&str; 5] = ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"];

/// The number of a card in groups, as a regular expression: see [`is_card_number`].
const CARD_NUMBER: &str = "(([0-9]{4}-){3}[0-9]{1,4}|[0-9]{4}-[0-9]{6}-[0-9]{5})";

/// Stripe's secrets in a text, as a regular expression.
pub(super) fn secret_pattern() -> String {
    let any_case = |word: &&str| word.chars().map(in_any_case).collect::<String>();
    let kinds: Vec<_> = CLIENT_SECRETS.iter().map(any_case).collect();
    let keys: Vec<_> = KEYS.iter().map(any_case).collect();
    let (client, secret) = (any_case(&"client_"), any_case(&"secret_"));
    format!(
        "({})_[A-Za-z0-9]+_({client})?{secret}|({})[A-Za-z0-9]",
        kinds.join("|"),
        keys.join("|")
    )
}

fn in_any_case(c: char) -> String {
    if c.is_ascii_alphabetic() {
        format!("[{}{c}]", c.to_ascii_uppercase())
    } else {
        c.to_string()
    }
}

/// Whether a text has one of Stripe's secrets in it, in any case: who knows a client secret can pay, or set up payments, in
/// the customer's name, and who knows a key can do what its owner can.
pub fn has_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let is_client_secret = |(at, _): (usize, &str)| {
        let before = &text[..at];
        let is_of_a_source = before.strip_suffix("client_").is_some_and(ends_in_an_id);
        is_of_a_source || ends_in_an_id(before)
    };
    let is_key = |key: &&str| {
        let mut after = text
            .match_indices(key)
            .map(|(at, _)| &text[at + key.len()..]);
        after.any(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
    };
    text.match_indices("secret_").any(is_client_secret) || KEYS.iter().any(is_key)
}

/// Whether a text ends in the id of something that has a client secret, and the mark after it.
fn ends_in_an_id(text: &str) -> bool {
    let Some(text) = text.strip_suffix('_') else {
        return false;
    };
    let kind = text.trim_end_matches(|c: char| c.is_ascii_alphanumeric());
    let is_kind = |it: &&str| {
        kind.strip_suffix('_')
            .is_some_and(|kind| kind.ends_with(it))
    };
    kind.len() < text.len() && CLIENT_SECRETS.iter().any(is_kind)
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
            characters.map(in_any_case).collect::<String>()
        });
        let prefixes: Vec<_> = prefixes.collect();
        let id = format!("({})_[A-Za-z0-9_]+", prefixes.join("|"));
        match self {
            TextFormat::StripeCharge => {
                format!("^(?!{CARD_NUMBER}$)({id}|([A-Za-z0-9]+-)+[0-9]+)$")
            }
            TextFormat::StripeCustomer => format!("^{id}$"),
        }
    }

    /// A text of this shape as it was copied from a page or a mail, without what came along.
    pub(super) fn copied(self, text: &str) -> String {
        // What nobody sees, and what a sentence has around it.
        let around = |c: char| is_invisible(c) || "\"'“”‘’()[]<>.,;:".contains(c);
        let text = text.trim_matches(around);
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
            && !is_card_number(text)
    })
}

/// Whether it is grouped like the number of a card, which nobody else may know: four digits three times and the rest, or
/// American Express's four, six and five.
fn is_card_number(text: &str) -> bool {
    let is_digits = text.bytes().all(|it| it.is_ascii_digit() || it == b'-');
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    is_digits && matches!(groups[..], [4, 4, 4, 1..=4] | [4, 6, 5])
}

/// A number as it was copied: `Receipt #1234-5678`, `Invoice number: ABCD1234–0001`, `1234 - 5678`.
fn copied_number(text: &str) -> Option<String> {
    const WORDS: [&str; 5] = ["receipt", "invoice", "inv", "number", "no"];
    let hyphen = |c: char| if is_dash(c) { '-' } else { c };
    let text: String = text.chars().map(hyphen).collect();
    let groups: Vec<&str> = text.split('-').map(str::trim).collect();
    let text = groups.join("-");
    let mut words = text.split(|c: char| c.is_whitespace() || "#:.".contains(c));
    let number = words.next_back().filter(|number| is_number(number))?;
    let is_word = |word: &str| word.is_empty() || WORDS.contains(&&*word.to_lowercase());
    words.all(is_word).then(|| number.to_owned())
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
            "1234",
            "-1234",
            "1234-",
            "12--34",
            "1234-56a",
            "a b-1",
            "a_b-1",
            "#1-2",
            "é-1",
            "4242-4242-4242-4242",
            "3782-822463-10005",
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
            ("(1234-5678).", "1234-5678"),
            ("\"ch_1\"", "ch_1"),
            ("“1234-5678”,", "1234-5678"),
            ("No.1234-5678", "1234-5678"),
            ("Inv. ABCD1234-0001", "ABCD1234-0001"),
            ("1234-5678 1234-5679", "1234-5678 1234-5679"),
            ("", ""),
        ] {
            assert_eq!(TextFormat::StripeCharge.copied(text), number);
        }
    }

    #[test]
    fn a_secret_is_found_in_any_text() {
        for secret in [
            "pi_1A_secret_2B",
            "seti_1_secret_2",
            "It is\npi_1A_secret_2B, I think",
            "pi_1_secret_",
            "Pi_1Abc_Secret_2",
            "SETI_1_SECRET_2",
            "cs_test_a1_secret_b",
            "vs_1_secret_2",
            "src_1_client_secret_2",
            "pi_client_secret_",
            "sk_live_1",
            "My key is RK_TEST_1",
            "(whsec_1)",
        ] {
            assert!(has_secret(secret), "{secret}");
        }
        for harmless in [
            "pi_1A",
            "top_secret_",
            "a secret",
            "pi__secret_1",
            "my_secret_key",
            "sk_live_",
            "sk_1",
            "whsec_",
            "client_secret_",
            "src__client_secret_",
            "ch_1_secret_2",
        ] {
            assert!(!has_secret(harmless), "{harmless}");
        }
    }
}
