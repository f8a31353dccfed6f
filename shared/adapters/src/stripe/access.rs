//! How Stripe is reached, and what opens it, as the settings say now.

use domain::stripe::{StripeError, StripeResult};

use super::ApiKey;
use crate::cached::Cached;
use crate::settings::Settings;

/// Stripe's address and its key.
#[derive(Debug, Clone)]
pub struct StripeAccess {
    settings: Cached<Settings>,
    /// None until it can be read.
    key: Cached<Option<String>>,
}

impl StripeAccess {
    /// Stripe where and in the mode that the settings say, with a key that may be absent for now.
    pub fn new(settings: Cached<Settings>, key: Cached<Option<String>>) -> Self {
        Self { settings, key }
    }

    /// Scheme and host.
    pub(super) async fn base(&self) -> String {
        self.settings.refresh().await;
        let settings = self.settings.current();
        settings.stripe_api_base.trim_end_matches('/').to_owned()
    }

    /// The key.
    pub(super) async fn key(&self) -> StripeResult<ApiKey> {
        self.key.refresh().await;
        let usable = self.usable();
        if let Err(StripeError::Misconfigured(_)) = usable {
            // It may have been corrected since it was read.
            self.key.reread().await;
            return self.usable();
        }
        usable
    }

    /// The key after Stripe has refused one: a newer one if there is, or none.
    pub(super) async fn newer(&self, refused: &ApiKey) -> StripeResult<Option<ApiKey>> {
        // Another call may have read it meanwhile.
        if self.usable()? == *refused {
            self.key.reread().await;
        }
        let key = self.usable()?;
        Ok((key != *refused).then_some(key))
    }

    fn usable(&self) -> StripeResult<ApiKey> {
        let key = self.key.current();
        let absent = || StripeError::Busy("the Stripe key could not be read".to_owned());
        let text = key.as_ref().as_ref().ok_or_else(absent)?;
        ApiKey::new(text, self.settings.current().stripe_mode)
            .map_err(|error| StripeError::Misconfigured(format!("the Stripe key: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    const LONG: Duration = Duration::from_hours(1);

    #[tokio::test]
    async fn a_key_is_read_once_and_again_when_it_was_refused() {
        static READS: AtomicUsize = AtomicUsize::new(0);
        let key = Cached::load_or(None, LONG, || {
            let keys = ["rk_test_old", "rk_test_new"];
            let key = keys[READS.fetch_add(1, Ordering::SeqCst).min(1)];
            std::future::ready(Ok(Some(key.to_owned())))
        });
        let access = StripeAccess::new(Settings::default().into(), key.await);
        let reads = || READS.load(Ordering::SeqCst);
        let old = access.key().await.unwrap();
        assert_eq!((access.key().await.unwrap(), reads()), (old.clone(), 1));
        let new = access.newer(&old).await.unwrap().unwrap();
        assert_ne!(new, old);
        assert_eq!(access.newer(&old).await.unwrap(), Some(new.clone()));
        assert_eq!(reads(), 2, "it was read already");
        let none = access.newer(&new).await.unwrap();
        assert_eq!(none, None, "there is no newer one");
    }

    #[tokio::test]
    async fn a_live_key_needs_live_settings() {
        let key = Cached::from(Some("sk_live_canary".to_owned()));
        let access = StripeAccess::new(Settings::default().into(), key);
        let error = access.key().await.unwrap_err();
        assert!(matches!(error, StripeError::Misconfigured(_)));
        assert!(error.to_string().contains("StripeMode") && !error.to_string().contains("canary"));
    }
}
