//! Settings and secrets in Secrets Manager, read by the function's role when it starts and kept up to date.
//!
//! The settings are a secret because the functions have this client anyway: a parameter of Systems Manager would be
//! another SDK, and another TLS connection in each cold start.

use std::collections::BTreeMap;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::ProvideErrorMetadata;
use domain::approval::LinkKeys;
use domain::id::OfferingPath;

use crate::cached::Cached;
use crate::config::{ConfigError, Place, place, variable};
use crate::settings::Settings;
use crate::stripe::StripeAccess;
use crate::stripe::webhook::WebhookSecret;

/// How old settings may be: so long does a removed approver still decide.
const SETTINGS_AGE: Duration = Duration::from_mins(1);
/// How old a secret may be. One that is refused is read again at once.
const SECRET_AGE: Duration = Duration::from_mins(5);

/// The ARN of the alias of each offering's state machine.
pub type StateMachines = BTreeMap<OfferingPath, String>;

/// Secrets Manager.
#[derive(Debug, Clone)]
pub struct Secrets(Client);

impl Secrets {
    /// Secrets Manager with the role of the function.
    pub fn new(aws: &aws_config::SdkConfig) -> Self {
        Self(Client::new(aws))
    }

    /// `SETTINGS`: what the deployment set.
    pub async fn settings(&self) -> Result<Cached<Settings>, ConfigError> {
        self.load("SETTINGS", SETTINGS_AGE, Settings::parse).await
    }

    /// What a deployment set, by its secret's name or ARN, for a program outside of it.
    pub async fn settings_in(&self, secret: &str) -> Result<Settings, ConfigError> {
        let read = self.read(secret).await;
        let settings = read.and_then(|json| Settings::parse(&json));
        settings.map_err(|problem| ConfigError::new(secret, format!("cannot be used: {problem}")))
    }

    /// `STATE_MACHINES`: the offerings of the deployment.
    pub async fn state_machines(&self) -> Result<Cached<StateMachines>, ConfigError> {
        self.load("STATE_MACHINES", SETTINGS_AGE, |json| {
            let must = r#"must be JSON such as {"customer-success/refund-request":"arn:..."}"#;
            serde_json::from_str(json).map_err(|_| must.to_owned())
        })
        .await
    }

    /// `LINK_KEY`: the keys of links, codes and status pages.
    pub async fn link_keys(&self) -> Result<Cached<LinkKeys>, ConfigError> {
        let must = "must be keys of at least 32 characters, with commas between";
        self.load("LINK_KEY", SECRET_AGE, move |list| {
            LinkKeys::parse(list).ok_or_else(|| must.to_owned())
        })
        .await
    }

    /// `STRIPE_WEBHOOK_SECRETS`, or the secret that the settings name: what Stripe signs events with. None until Stripe
    /// has given one.
    pub async fn webhook_secrets(&self, settings: &Cached<Settings>) -> Cached<Vec<WebhookSecret>> {
        if let Ok(list) = variable("STRIPE_WEBHOOK_SECRETS") {
            return WebhookSecret::parse_list(&list).into();
        }
        let (secrets, settings) = (self.clone(), settings.clone());
        Cached::load_or(Vec::new(), SECRET_AGE, move || {
            let (secrets, settings) = (secrets.clone(), settings.current());
            async move {
                let list = secrets.read(&settings.stripe_webhook_secret_name).await?;
                Ok(WebhookSecret::parse_list(&list))
            }
        })
        .await
    }

    /// Stripe as the settings say, with `STRIPE_API_KEY` or the secret that they name.
    pub async fn stripe(&self, settings: &Cached<Settings>) -> StripeAccess {
        if let Ok(key) = variable("STRIPE_API_KEY") {
            return StripeAccess::new(settings.clone(), Some(key).into());
        }
        let (secrets, named) = (self.clone(), settings.clone());
        let key = Cached::load_or(None, SECRET_AGE, move || {
            let (secrets, settings) = (secrets.clone(), named.current());
            async move { secrets.read(&settings.stripe_secret_name).await.map(Some) }
        });
        StripeAccess::new(settings.clone(), key.await)
    }

    async fn load<V: Send + 'static>(
        &self,
        name: &str,
        max_age: Duration,
        parse: impl Fn(&str) -> Result<V, String> + Copy + Send + Sync + 'static,
    ) -> Result<Cached<V>, ConfigError> {
        let loaded = match place(name)? {
            Place::Given(text) => parse(&text).map(Cached::from),
            Place::Secret(id) => {
                let secrets = self.clone();
                Cached::load(max_age, move || {
                    let (secrets, id) = (secrets.clone(), id.clone());
                    async move { parse(&secrets.read(&id).await?) }
                })
                .await
            }
        };
        loaded.map_err(|problem| ConfigError::new(name, format!("cannot be used: {problem}")))
    }

    /// The text of a secret. The error says neither its name nor anything of it.
    async fn read(&self, id: &str) -> Result<String, String> {
        let answer = self.0.get_secret_value().secret_id(id).send().await;
        let secret = answer.map_err(|error| {
            let code = error.code().unwrap_or("no answer");
            format!("the secret could not be read: {code}")
        })?;
        let text = secret.secret_string;
        text.ok_or_else(|| "the secret is no text".to_owned())
    }
}

impl Cached<LinkKeys> {
    /// The keys. They are read again if none of them has that id: one that was just added may.
    pub async fn knowing(&self, id: &str) -> std::sync::Arc<LinkKeys> {
        if self.current().get(id).is_none() {
            self.refused().await;
        }
        self.current()
    }
}
