//! Stripe's key in Secrets Manager.

use std::future::Future;
use std::pin::Pin;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;

use crate::config::StripeKey;
use crate::stripe::{ApiKey, FetchedKey, KeySource};
use domain::stripe::StripeError;

type Fetch = Box<
    dyn Fn() -> Pin<Box<dyn Future<Output = Result<String, StripeError>> + Send>> + Send + Sync,
>;

/// The key that the configuration gives, or the secret that it names.
#[derive(Debug)]
pub enum StripeKeys {
    /// Given.
    Given(ApiKey),
    /// Fetched when it is needed, and again when Stripe refuses it: it may have been replaced.
    Secret(FetchedKey<Fetch>),
}

impl StripeKeys {
    /// Where the configuration says that the key is.
    pub fn new(config: &aws_config::SdkConfig, key: StripeKey) -> Self {
        match key {
            StripeKey::Given(key) => StripeKeys::Given(key),
            StripeKey::Secret { id, mode } => {
                let client = Client::new(config);
                let fetch: Fetch = Box::new(move || Box::pin(fetch(client.clone(), id.clone())));
                StripeKeys::Secret(FetchedKey::new(mode, fetch))
            }
        }
    }
}

async fn fetch(client: Client, id: String) -> Result<String, StripeError> {
    let answer = client.get_secret_value().secret_id(id).send().await;
    let secret = answer.map_err(|error| {
        let code = error.code().unwrap_or("no answer");
        StripeError::Busy(format!("the Stripe key could not be read: {code}"))
    })?;
    let text = secret.secret_string;
    text.ok_or_else(|| StripeError::Misconfigured("the Stripe key's secret is no text".to_owned()))
}

impl KeySource for StripeKeys {
    async fn key(&self) -> Result<ApiKey, StripeError> {
        match self {
            StripeKeys::Given(key) => key.key().await,
            StripeKeys::Secret(key) => key.key().await,
        }
    }

    async fn newer(&self, refused: &ApiKey) -> Result<Option<ApiKey>, StripeError> {
        match self {
            StripeKeys::Given(key) => key.newer(refused).await,
            StripeKeys::Secret(key) => key.newer(refused).await,
        }
    }
}
