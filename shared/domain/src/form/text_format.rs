//! Shapes of a line of text: Stripe's ids.

use serde::{Deserialize, Serialize};

use super::LINE_CHARS;

/// A shape of a line of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TextFormat {
    /// A Stripe charge `ch_...` or `py_...`, or a payment intent `pi_...`.
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

    /// The id that a text is, or what is wrong with it. A phone begins a line with a capital letter: the prefix is taken
    /// in any case.
    pub fn read(self, text: &str) -> Result<String, String> {
        let id = self.prefixes().iter().find_map(|prefix| {
            let start = text.get(..prefix.len())?;
            let rest = &text[prefix.len()..];
            let is_id =
                !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            (is_id && start.eq_ignore_ascii_case(prefix)).then(|| format!("{prefix}{rest}"))
        });
        let id = id.filter(|id| id.len() <= LINE_CHARS);
        id.ok_or_else(|| format!("must be {}", self.example()))
    }

    fn example(self) -> &'static str {
        match self {
            TextFormat::StripeCharge => {
                "a Stripe charge or payment, such as ch_1A2b3C or pi_1A2b3C"
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
        format!("^({})_[A-Za-z0-9_]+$", prefixes.join("|"))
    }
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
