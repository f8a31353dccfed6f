//! The secret that opens Stripe, which is never shown, and where it comes from.

use std::fmt;
use std::future::Future;

use tokio::sync::Mutex;

use domain::stripe::StripeError;

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
    #[error("it is a live key, and STRIPE_MODE does not say `live`")]
    Live,
}

/// Whose money is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
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

/// Where the key comes from.
pub trait KeySource: Send + Sync {
    /// The key, which may be a remembered one.
    fn key(&self) -> impl Future<Output = Result<ApiKey, StripeError>> + Send;

    /// The key after Stripe has refused one: a newer one if there is, or none.
    fn newer(
        &self,
        refused: &ApiKey,
    ) -> impl Future<Output = Result<Option<ApiKey>, StripeError>> + Send;
}

/// A key that was given once and stays.
impl KeySource for ApiKey {
    async fn key(&self) -> Result<ApiKey, StripeError> {
        Ok(self.clone())
    }

    async fn newer(&self, _refused: &ApiKey) -> Result<Option<ApiKey>, StripeError> {
        Ok(None)
    }
}

/// A key that is fetched when it is first needed, remembered, and fetched anew when it was refused.
pub struct FetchedKey<F> {
    fetch: F,
    mode: Mode,
    known: Mutex<Option<ApiKey>>,
}

impl<F, A> FetchedKey<F>
where
    F: Fn() -> A + Send + Sync,
    A: Future<Output = Result<String, StripeError>> + Send,
{
    /// A key that `fetch` finds.
    pub fn new(mode: Mode, fetch: F) -> Self {
        Self {
            fetch,
            mode,
            known: Mutex::new(None),
        }
    }

    async fn fetched(&self, known: &mut Option<ApiKey>) -> Result<ApiKey, StripeError> {
        let text = (self.fetch)().await?;
        let key = ApiKey::new(&text, self.mode)
            .map_err(|error| StripeError::Misconfigured(format!("the Stripe key: {error}")))?;
        *known = Some(key.clone());
        Ok(key)
    }
}

impl<F, A> KeySource for FetchedKey<F>
where
    F: Fn() -> A + Send + Sync,
    A: Future<Output = Result<String, StripeError>> + Send,
{
    async fn key(&self) -> Result<ApiKey, StripeError> {
        let mut known = self.known.lock().await;
        match &*known {
            Some(key) => Ok(key.clone()),
            None => self.fetched(&mut known).await,
        }
    }

    async fn newer(&self, refused: &ApiKey) -> Result<Option<ApiKey>, StripeError> {
        let mut known = self.known.lock().await;
        let key = match &*known {
            // Another call has fetched it meanwhile.
            Some(key) if key != refused => key.clone(),
            Some(_) | None => self.fetched(&mut known).await?,
        };
        Ok((key != *refused).then_some(key))
    }
}

impl<F> fmt::Debug for FetchedKey<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FetchedKey(secret)")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_key_is_fetched_once_and_again_when_it_was_refused() {
        let fetches = AtomicUsize::new(0);
        let keys = ["rk_test_old", "rk_test_new"];
        let source = FetchedKey::new(Mode::Test, || {
            let key = keys[fetches.fetch_add(1, Ordering::SeqCst).min(1)];
            async move { Ok(key.to_owned()) }
        });
        let old = source.key().await.unwrap();
        assert_eq!(
            (source.key().await.unwrap(), fetches.load(Ordering::SeqCst)),
            (old.clone(), 1)
        );
        let new = source.newer(&old).await.unwrap().unwrap();
        assert_ne!(new, old);
        assert_eq!(source.newer(&old).await.unwrap(), Some(new.clone()));
        assert_eq!(fetches.load(Ordering::SeqCst), 2, "it was fetched already");
        assert_eq!(
            source.newer(&new).await.unwrap(),
            None,
            "there is no newer one"
        );
    }

    #[tokio::test]
    async fn a_live_key_in_the_secret_is_refused_too() {
        let source = FetchedKey::new(Mode::Test, || async { Ok("sk_live_canary".to_owned()) });
        let error = source.key().await.unwrap_err();
        assert!(matches!(error, StripeError::Misconfigured(_)));
        assert!(error.to_string().contains("STRIPE_MODE") && !error.to_string().contains("canary"));
    }

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
