//! Typed identifiers. Each is checked where it enters, also when deserialized, and none is empty.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text is not a valid identifier of this kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct InvalidId(pub &'static str);

/// Declares a newtype over `String` whose every value has passed `$check`.
macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $what:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                let check: fn(&str) -> bool = $check;
                if check(text) { Ok(Self(text.to_owned())) } else { Err(InvalidId($what)) }
            }
        }

        stored_as_text!($name, InvalidId);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text_id! {
    /// A form field or an output variable, as conditions and texts name it: `refundAmount`.
    FieldName, "name", |s| {
        s.len() <= 64
            && s.starts_with(|c: char| c.is_ascii_alphabetic())
            && s.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    }
}

text_id! {
    /// A phase's name as the definition writes it: `CSM Review`.
    ///
    /// It is also the name of a state, so it keeps Step Functions' bound of 80 characters less room
    /// for the generated suffixes.
    PhaseName, "phase name", |s| {
        !s.is_empty() && s.len() <= 60 && s.trim() == s && !s.chars().any(|c| c.is_control() || "<>{}[]?*\"#%\\^|~`$&,;:/".contains(c))
    }
}

text_id! {
    /// A team, as the `TEAMS` configuration keys it: `csm-team`.
    TeamId, "team id", is_slug
}

text_id! {
    /// Where an offering lives: `customer-success/refund-request`.
    OfferingPath, "offering path", |s| {
        s.split_once('/').is_some_and(|(service, offering)| is_slug(service) && is_slug(offering))
    }
}

text_id! {
    /// What Step Functions hands out for a waiting task. Opaque, and never shown outside the backend.
    TaskToken, "task token", |s| !s.is_empty() && s.len() <= 2048
}

/// Lower-case words of letters and digits, joined by single hyphens.
pub(crate) fn is_slug(text: &str) -> bool {
    text.len() <= 60
        && text.split('-').all(|word| {
            !word.is_empty()
                && word
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
}

/// Turns a name that people read into a slug: `CSM Team` becomes `csm-team`.
///
/// `None` when nothing of the name survives.
pub fn slug(name: &str) -> Option<String> {
    let words: Vec<String> = name
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    (!words.is_empty()).then(|| words.join("-"))
}

/// One customer's request, and the name of its Step Functions execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(uuid::Uuid);

impl RequestId {
    /// A new random id.
    pub fn random() -> Self {
        Self(uuid::Uuid::new_v4())
    }

    /// Its bits; the first 48 are random.
    pub(crate) fn as_u128(self) -> u128 {
        self.0.as_u128()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

stored_as_text!(RequestId, InvalidId);

impl FromStr for RequestId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        // Only the canonical spelling: one request must not have two names.
        let id = uuid::Uuid::try_parse(text).map_err(|_| InvalidId("request id"))?;
        if id.hyphenated().to_string() == text {
            Ok(Self(id))
        } else {
            Err(InvalidId("request id"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_id_accepts_the_empty_string() {
        assert!("".parse::<FieldName>().is_err());
        assert!("".parse::<PhaseName>().is_err());
        assert!("".parse::<TeamId>().is_err());
        assert!("".parse::<OfferingPath>().is_err());
        assert!("".parse::<TaskToken>().is_err());
        assert!("".parse::<RequestId>().is_err());
        assert!(serde_json::from_str::<TeamId>("\"\"").is_err());
    }

    #[test]
    fn slugs() {
        assert_eq!(slug("CSM Team").as_deref(), Some("csm-team"));
        assert_eq!(
            slug("  Customer  Success ").as_deref(),
            Some("customer-success")
        );
        assert_eq!(slug("!!"), None);
        assert!("csm-team".parse::<TeamId>().is_ok());
        for bad in ["CSM", "a--b", "-a", "a_b"] {
            assert!(bad.parse::<TeamId>().is_err(), "{bad}");
        }
        assert!(
            "customer-success/refund-request"
                .parse::<OfferingPath>()
                .is_ok()
        );
        assert!("a/b/c".parse::<OfferingPath>().is_err());
    }

    #[test]
    fn a_request_has_one_name() {
        let id = RequestId::random();
        assert_eq!(id.to_string().parse(), Ok(id));
        assert!(id.to_string().to_uppercase().parse::<RequestId>().is_err());
        assert!(
            id.to_string()
                .replace('-', "")
                .parse::<RequestId>()
                .is_err()
        );
    }
}
