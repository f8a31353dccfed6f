//! What a person's environment says, checked before anything is built: what a function would stumble over later is said
//! at the start.

use std::collections::BTreeSet;

use domain::{
    id::{OfferingPath, TeamId},
    task::Offering,
    team::Teams,
};
use tracing::warn;
use url::Url;

use crate::{options::Environment, template::Template};

/// What has to be changed in the environment.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each says it in its message")]
pub enum ConfigurationError {
    #[error(
        "TEAMS cannot be used: {0}. Write JSON with every team and plain addresses, such as {{\"csm-team\":[\"ada@example.com\"]}}, or leave it out"
    )]
    Teams(String),
    #[error(
        "there is no team `{team}`, and {offering} needs it: add it to TEAMS, or to the parameter Teams of the template"
    )]
    MissingTeam {
        team: TeamId,
        offering: OfferingPath,
    },
    #[error("STRIPE_API_BASE is `{0}`, which is no address such as https://api.stripe.com")]
    StripeBase(String),
    #[error(
        "STRIPE_API_KEY is no secret or restricted key of Stripe's test mode: it begins with sk_test_ or rk_test_"
    )]
    StripeKey,
    #[error(
        "STRIPE_WEBHOOK_SECRETS is no list of Stripe's signing secrets: each begins with whsec_, with commas between"
    )]
    WebhookSecrets,
    #[error("EVENTS_SECRET is set and EVENTS_URL is not: say where events go, or leave both out")]
    EventsSecret,
}

/// Checks what can be checked without the template.
pub(super) fn check(environment: &Environment) -> Result<(), ConfigurationError> {
    const BASE: &str = "STRIPE_API_BASE";
    const KEY: &str = "STRIPE_API_KEY";
    let given = |name: &str| environment.overrides.get(name).map(String::as_str);
    if let Some(teams) = given("TEAMS") {
        parse_teams(teams)?;
    }
    if given(BASE).is_some() != given(KEY).is_some() {
        warn!("a Stripe of your own needs both {BASE} and {KEY}; only one is set");
    }
    if let Some(base) = given(BASE) {
        check_stripe_base(base)?;
    }
    if let Some(key) = given(KEY) {
        check_stripe_key(key)?;
    }
    let secrets = given("STRIPE_WEBHOOK_SECRETS").into_iter();
    let is_secret = |secret: &str| {
        secret
            .trim()
            .strip_prefix("whsec_")
            .is_some_and(|it| !it.is_empty())
    };
    if !secrets.flat_map(|list| list.split(',')).all(is_secret) {
        return Err(ConfigurationError::WebhookSecrets);
    }
    if environment.events_secret.is_some() && environment.events_url.is_none() {
        return Err(ConfigurationError::EventsSecret);
    }
    Ok(())
}

fn parse_teams(json: &str) -> Result<Teams, ConfigurationError> {
    serde_json::from_str(json).map_err(|error| ConfigurationError::Teams(error.to_string()))
}

fn check_stripe_base(base: &str) -> Result<(), ConfigurationError> {
    let url = Url::parse(base).ok().filter(|url| {
        let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
        is_web && url.query().is_none() && url.fragment().is_none()
    });
    if url.is_none() || base.contains(['"', '\\', ' ']) {
        return Err(ConfigurationError::StripeBase(base.to_owned()));
    }
    Ok(())
}

fn check_stripe_key(key: &str) -> Result<(), ConfigurationError> {
    let kinds = ["sk_test_", "rk_test_"];
    let is_test = kinds.iter().any(|kind| key.trim().starts_with(kind));
    if is_test && key.trim().bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok(())
    } else {
        Err(ConfigurationError::StripeKey)
    }
}

/// Makes sure that every team that an offering asks or tells has members.
pub(super) fn check_teams(
    template: &Template,
    offerings: &[Offering],
) -> Result<(), ConfigurationError> {
    let mut functions = template.functions.iter();
    let settings = functions.find_map(|function| function.environment.get("SETTINGS"));
    let Some(settings) = settings.and_then(|it| serde_json::from_str::<serde_json::Value>(it).ok())
    else {
        return Ok(());
    };
    let teams = parse_teams(&settings["teams"].to_string())?;
    let there: BTreeSet<&TeamId> = teams.iter().map(|(team, _)| team).collect();
    for offering in offerings {
        if let Some(team) = offering.teams.iter().find(|team| !there.contains(team)) {
            return Err(ConfigurationError::MissingTeam {
                team: team.clone(),
                offering: offering.path.clone(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(variables: &[(&str, &str)]) -> Option<String> {
        let mut environment = Environment::default();
        for (name, value) in variables {
            let value = (*value).to_owned();
            match *name {
                "EVENTS_URL" => environment.events_url = Some(value),
                "EVENTS_SECRET" => environment.events_secret = Some(value),
                name => drop(environment.overrides.insert(name.to_owned(), value)),
            }
        }
        check(&environment).err().map(|error| error.to_string())
    }

    #[test]
    fn what_a_function_would_stumble_over_is_said_with_what_to_do() {
        let base = ("STRIPE_API_BASE", "https://api.stripe.com");
        let key = ("STRIPE_API_KEY", "sk_test_1");
        for (variables, said) in [
            (vec![("TEAMS", "{bad")], "line 1 column 2"),
            (vec![("TEAMS", "[]")], "TEAMS cannot be used"),
            (
                vec![("TEAMS", r#"{"csm-team":["Ann <ann@example.com>"]}"#)],
                "plain addresses",
            ),
            (vec![("TEAMS", r#"{"csm-team":[]}"#)], "no member"),
            (
                vec![("TEAMS", r#"{"CSM Team":["ann@example.com"]}"#)],
                "team id",
            ),
            (
                vec![("STRIPE_API_BASE", "api.stripe.com"), key],
                "no address",
            ),
            (vec![("STRIPE_API_BASE", "ftp://x"), key], "no address"),
            (
                vec![base, ("STRIPE_API_KEY", "sk_live_canary")],
                "test mode",
            ),
            (vec![base, ("STRIPE_API_KEY", "pk_test_1")], "test mode"),
            (vec![("STRIPE_WEBHOOK_SECRETS", "whsec_1,secret")], "whsec_"),
            (vec![("EVENTS_SECRET", "whsec_1")], "EVENTS_URL is not"),
        ] {
            let refusal = refusal(&variables).unwrap_or_default();
            assert!(refusal.contains(said), "{variables:?}: {refusal}");
            assert!(!refusal.contains("canary"), "{refusal}");
        }
        for variables in [
            vec![],
            vec![base, key],
            vec![base],
            vec![key],
            vec![
                ("STRIPE_API_BASE", "http://127.0.0.1:12111/path"),
                ("STRIPE_API_KEY", "rk_test_1"),
            ],
            vec![("TEAMS", r#"{"csm-team":["ann@example.com"]}"#)],
            vec![("STRIPE_WEBHOOK_SECRETS", "whsec_1, whsec_2")],
            vec![
                ("EVENTS_URL", "http://127.0.0.1:8000"),
                ("EVENTS_SECRET", "whsec_1"),
            ],
        ] {
            assert_eq!(refusal(&variables), None, "{variables:?}");
        }
    }
}
