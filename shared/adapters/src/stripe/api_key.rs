//! The secret that opens Stripe, which is never shown.

use std::fmt;

/// A secret or restricted key.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

/// A key cannot be used here. It does not say what the key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It is empty, or something that cannot stand in a header.
    #[error("it is not a Stripe key")]
    NotAKey,
    /// It moves real money, and nobody has said that this is meant.
    #[error("it is a live key, and StripeMode does not say `live`")]
    Live,
}

/// Whose money is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Nobody's.
    #[default]
    Test,
    /// Customers'.
    Live,
}

impl ApiKey {
    /// Takes a key that may be used in this mode. Restricted keys (`rk_`) are as good as others.
    pub fn new(text: &str, mode: Mode) -> Result<Self, KeyError> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(KeyError::NotAKey);
        }
        if text.contains("_live_") && mode == Mode::Test {
            return Err(KeyError::Live);
        }
        Ok(Self(text.to_owned()))
    }

    /// The key, for the one header that it stands in.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_live_key_needs_to_be_meant() {
        for key in ["sk_live_1", "rk_live_1", "sk_org_live_1"] {
            assert_eq!(ApiKey::new(key, Mode::Test), Err(KeyError::Live), "{key}");
            assert!(ApiKey::new(key, Mode::Live).is_ok(), "{key}");
        }
        for key in ["sk_test_1", "rk_test_1", " rk_test_1\n"] {
            assert!(ApiKey::new(key, Mode::Test).is_ok(), "{key}");
        }
        for key in ["", "  ", "rk_test 1", "rk_test_\u{e9}"] {
            assert_eq!(
                ApiKey::new(key, Mode::Live),
                Err(KeyError::NotAKey),
                "{key:?}"
            );
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        let key = ApiKey::new("rk_test_canary", Mode::Test).unwrap();
        assert_eq!(
            format!("{key:?} {:#?}", Some(&key))
                .matches("canary")
                .count(),
            0
        );
        assert!(!KeyError::Live.to_string().contains("canary"));
    }
}
