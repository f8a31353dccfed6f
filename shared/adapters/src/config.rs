//! Configuration: the only place that reads the environment.
//!
//! Each function's `main` reads what that function needs, once, before it serves.

use std::collections::BTreeMap;

use crate::ses::Sender;
use crate::stripe::webhook::WebhookSecret;
use crate::stripe::{ApiKey, Mode};
use domain::approval::{LinkKey, is_same_person};
use domain::form::is_email;
use domain::id::{OfferingPath, TeamId};

/// A setting is missing or does not fit.
#[derive(Debug, thiserror::Error)]
#[error("the environment variable {name} {problem}")]
pub struct ConfigError {
    name: &'static str,
    problem: String,
}

fn variable(name: &'static str) -> Result<String, ConfigError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        Ok(_) | Err(_) => Err(ConfigError {
            name,
            problem: "is not set".to_owned(),
        }),
    }
}

fn checked<V>(name: &'static str, value: Option<V>, must: &str) -> Result<V, ConfigError> {
    value.ok_or_else(|| ConfigError {
        name,
        problem: format!("must be {must}"),
    })
}

/// `TABLE_NAME`: the DynamoDB table.
pub fn table_name() -> Result<String, ConfigError> {
    variable("TABLE_NAME")
}

/// `LINK_KEY`: the secret behind links, codes and status pages, of at least 32 characters.
pub fn link_key() -> Result<LinkKey, ConfigError> {
    checked(
        "LINK_KEY",
        LinkKey::new(&variable("LINK_KEY")?),
        "a secret of at least 32 characters",
    )
}

/// `MAIL_FROM`: the sender of all mails. `MAIL_REPLY_TO`, where answers to them go, and `MAIL_CONFIGURATION_SET`, the
/// set of SES that they are sent through, may be missing.
pub fn sender() -> Result<Sender, ConfigError> {
    let must = "an email address, such as refunds@example.com or Refund Desk <refunds@example.com>";
    let mut sender = checked("MAIL_FROM", Sender::new(&variable("MAIL_FROM")?), must)?;
    if let Ok(address) = variable("MAIL_REPLY_TO") {
        sender = checked("MAIL_REPLY_TO", sender.with_reply_to(&address), must)?;
    }
    Ok(match variable("MAIL_CONFIGURATION_SET") {
        Ok(set) => sender.through(set),
        Err(_) => sender,
    })
}

/// `PUBLIC_URL`: scheme and host of all links, where they differ from what API Gateway sees.
pub fn public_url() -> Option<String> {
    let url = variable("PUBLIC_URL").ok()?;
    Some(url.trim_end_matches('/').to_owned())
}

/// How functions log: what Lambda's logging controls say, and `METRICS_NAMESPACE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG`: how much.
    pub level: String,
    /// `AWS_LAMBDA_LOG_FORMAT`: whether the lines are read by `CloudWatch` rather than by a person.
    pub json: bool,
    /// Under which name `CloudWatch` keeps the numbers.
    pub namespace: String,
}

impl Logging {
    /// Reads it. Nothing of it has to be there.
    pub fn from_env() -> Self {
        let level = variable("AWS_LAMBDA_LOG_LEVEL").or_else(|_| variable("RUST_LOG"));
        let format = variable("AWS_LAMBDA_LOG_FORMAT");
        Self {
            level: level.unwrap_or_else(|_| "info".to_owned()).to_lowercase(),
            json: format.is_ok_and(|format| format.eq_ignore_ascii_case("json")),
            namespace: variable("METRICS_NAMESPACE").unwrap_or_else(|_| "refund-desk".to_owned()),
        }
    }
}

/// `STATE_MACHINES`: the ARN of each offering's state machine, as a JSON object.
pub fn state_machines() -> Result<BTreeMap<OfferingPath, String>, ConfigError> {
    let json = variable("STATE_MACHINES")?;
    let machines = serde_json::from_str(&json).ok();
    checked(
        "STATE_MACHINES",
        machines,
        r#"JSON such as {"customer-success/refund-request":"arn:..."}"#,
    )
}

/// The members of each team.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(transparent)]
pub struct Teams(BTreeMap<TeamId, Vec<String>>);

impl Teams {
    /// `TEAMS`: the addresses of each team, as a JSON object.
    pub fn from_env() -> Result<Self, ConfigError> {
        let must = r#"JSON such as {"csm-team":["ada@example.com"]}, with at least one address for each team"#;
        checked("TEAMS", Self::parse(&variable("TEAMS")?), must)
    }

    /// The teams in a JSON object; `None` if it is not one, or a team has no valid address.
    pub fn parse(json: &str) -> Option<Self> {
        let teams: Self = serde_json::from_str(json).ok()?;
        let fine =
            |members: &Vec<String>| !members.is_empty() && members.iter().all(|a| is_email(a));
        teams.0.values().all(fine).then_some(teams)
    }

    /// The addresses of a team.
    pub fn members(&self, team: &TeamId) -> Option<&[String]> {
        self.0.get(team).map(Vec::as_slice)
    }

    /// Whether somebody is on one of these teams.
    pub fn include(&self, teams: &[TeamId], address: &str) -> bool {
        let mut members = teams.iter().filter_map(|team| self.members(team)).flatten();
        members.any(|member| is_same_person(member, address))
    }
}

/// How to reach Stripe.
#[derive(Debug, Clone)]
pub struct StripeConfig {
    /// Scheme and host, such as `https://api.stripe.com`.
    pub base: String,
    /// What opens it.
    pub key: StripeKey,
}

/// Where Stripe's key is.
#[derive(Debug, Clone)]
pub enum StripeKey {
    /// Here.
    Given(ApiKey),
    /// In a secret of Secrets Manager, where it may be replaced at any time.
    Secret {
        /// Its name or ARN.
        id: String,
        /// Whether it may be a live key.
        mode: Mode,
    },
}

impl StripeConfig {
    /// `STRIPE_API_BASE`, and `STRIPE_API_KEY_SECRET_ARN` or else `STRIPE_API_KEY`. Real money is moved
    /// only with `STRIPE_MODE=live`.
    pub fn from_env() -> Result<Self, ConfigError> {
        let base = variable("STRIPE_API_BASE")?
            .trim_end_matches('/')
            .to_owned();
        let mode = match variable("STRIPE_MODE").ok().as_deref() {
            Some("live") => Mode::Live,
            None | Some("test") => Mode::Test,
            Some(_) => {
                return Err(ConfigError {
                    name: "STRIPE_MODE",
                    problem: "must be test or live".to_owned(),
                });
            }
        };
        let key = if let Ok(id) = variable("STRIPE_API_KEY_SECRET_ARN") {
            StripeKey::Secret { id, mode }
        } else {
            let key = ApiKey::new(&variable("STRIPE_API_KEY")?, mode);
            StripeKey::Given(key.map_err(|error| ConfigError {
                name: "STRIPE_API_KEY",
                problem: format!("cannot be used: {error}"),
            })?)
        };
        Ok(Self { base, key })
    }
}

/// `STRIPE_WEBHOOK_SECRETS`: the secrets of Stripe's webhook, with a comma between them. There are two
/// while one is replaced by another, and none before Stripe has given one.
pub fn webhook_secrets() -> Result<Vec<WebhookSecret>, ConfigError> {
    Ok(WebhookSecret::parse_list(&variable(
        "STRIPE_WEBHOOK_SECRETS",
    )?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn teams_are_checked() {
        let teams = Teams::parse(r#"{"csm-team":["a@example.com","b@example.com"]}"#).unwrap();
        assert_eq!(
            teams.members(&"csm-team".parse().unwrap()).unwrap().len(),
            2
        );
        assert_eq!(teams.members(&"other".parse().unwrap()), None);
        for bad in [
            "",
            "[]",
            r#"{"csm-team":[]}"#,
            r#"{"csm-team":["nobody"]}"#,
            r#"{"CSM":["a@b.c"]}"#,
        ] {
            assert_eq!(Teams::parse(bad), None, "{bad}");
        }
    }
}
