//! What a person's environment says, checked before anything is built: what a function would stumble over later is said
//! at the start.

use std::collections::BTreeSet;

use domain::{
    brand::Brand,
    id::{OfferingPath, TeamId},
    task::Offering,
    team::Teams,
};
use serde::Deserialize;
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
    #[error("the deployment's settings cannot be used: {0}")]
    Settings(#[source] serde_json::Error),
    #[error("EVENTS_SECRET is set and EVENTS_URL is not: say where events go, or leave both out")]
    EventsSecret,
}

/// Checks what can be checked without the template.
pub(super) fn check(environment: &Environment) -> Result<(), ConfigurationError> {
    const BASE: &str = "STRIPE_API_BASE";
    const KEY: &str = "STRIPE_API_KEY";
    let given = |name: &str| environment.overrides.get(name).map(String::as_str);
    if let Some(teams) = given("TEAMS") {
        let teams = serde_json::from_str::<Teams>(teams);
        teams.map_err(|error| ConfigurationError::Teams(error.to_string()))?;
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

/// What people can get wrong in the settings that the template gives its functions.
#[derive(Deserialize)]
struct Settings {
    teams: Teams,
    #[serde(rename = "brand")]
    _brand: Brand,
}

/// Makes sure that functions can read their settings, and that every team that an offering asks or tells has members.
pub(super) fn check_settings(
    template: &Template,
    offerings: &[Offering],
) -> Result<(), ConfigurationError> {
    let mut functions = template.functions.iter();
    let Some(settings) = functions.find_map(|function| function.environment.get("SETTINGS")) else {
        return Ok(());
    };
    let settings = serde_json::from_str::<Settings>(settings);
    let Settings { teams, .. } = settings.map_err(ConfigurationError::Settings)?;
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
    use crate::stack::default_values;

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

    #[test]
    fn a_brand_that_no_function_could_read_is_refused_before_anything_is_built() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../template.yaml");
        let checked = |parameter: &str, value: &str| {
            let mut values = default_values("http://127.0.0.1:1");
            let given = (parameter.to_owned(), value.to_owned());
            values.parameters.extend([given]);
            let key = ("LinkKey".to_owned(), "secret".to_owned());
            values.secrets.extend([key]);
            check_settings(&Template::read(path.as_ref(), &values).unwrap(), &[])
        };
        for (parameter, good, bad) in [
            ("TimeZone", "Europe/Berlin", "Europe/Atlantis"),
            ("TimeZone", "UTC", "CEST"),
            ("BrandColor", "#0a5c36", "red"),
            ("BrandContact", "help@example.com, +1 555 0100", "ask Bob"),
            ("MailReplyTo", "Help <help@example.com>", "Help"),
        ] {
            checked(parameter, good).unwrap();
            let refused = checked(parameter, bad).unwrap_err().to_string();
            assert!(refused.contains(&format!("`{bad}` is no ")), "{refused}");
        }
    }
}
