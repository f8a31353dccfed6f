//! What a person's environment says, checked before anything is built: what a function would stumble over later is said
//! at the start.

use std::collections::BTreeSet;

use anyhow::{anyhow, ensure};
use domain::{brand::Brand, id::TeamId, task::Offering, team::Teams};
use serde::Deserialize;
use tracing::warn;
use url::Url;

use crate::{options::Environment, template::Template};

/// Checks what can be checked without the template.
pub(super) fn check(environment: &Environment) -> anyhow::Result<()> {
    if let Some(teams) = environment.parameters.get("Teams") {
        serde_json::from_str::<Teams>(teams).map_err(|error| {
            anyhow!(
                "TEAMS cannot be used: {error}. Write JSON with every team and plain addresses, such as \
                 {{\"csm-team\":[\"ada@example.com\"]}}, or leave it out"
            )
        })?;
    }
    let base = environment.parameters.get("StripeApiBase");
    let key = environment.secrets.get("STRIPE_API_KEY");
    if base.is_some() != key.is_some() {
        warn!(
            "a Stripe of your own needs both STRIPE_API_BASE and STRIPE_API_KEY; only one is set"
        );
    }
    if let Some(base) = base {
        ensure!(
            is_stripe_base(base),
            "STRIPE_API_BASE is `{base}`, which is no address such as https://api.stripe.com"
        );
    }
    ensure!(
        key.is_none_or(|key| is_test_key(key.trim())),
        "STRIPE_API_KEY is no secret or restricted key of Stripe's test mode: it begins with sk_test_ or rk_test_"
    );
    let secrets = environment.secrets.get("STRIPE_WEBHOOK_SECRETS");
    let mut secrets = secrets.into_iter().flat_map(|list| list.split(','));
    ensure!(
        secrets
            .all(|it| matches!(it.trim().strip_prefix("whsec_"), Some(rest) if !rest.is_empty())),
        "STRIPE_WEBHOOK_SECRETS is no list of Stripe's signing secrets: each begins with whsec_, with commas between"
    );
    ensure!(
        environment.events_secret.is_none() || environment.events_url.is_some(),
        "EVENTS_SECRET is set and EVENTS_URL is not: say where events go, or leave both out"
    );
    Ok(())
}

fn is_stripe_base(base: &str) -> bool {
    let is_web = |url: Url| {
        let has_web_host = matches!(url.scheme(), "http" | "https") && url.has_host();
        has_web_host && url.query().is_none() && url.fragment().is_none()
    };
    !base.contains(['"', '\\', ' ']) && Url::parse(base).is_ok_and(is_web)
}

fn is_test_key(key: &str) -> bool {
    let is_test = key.starts_with("sk_test_") || key.starts_with("rk_test_");
    is_test && key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// What people can get wrong in the settings that the template gives its functions, and what else the stack needs of them.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    teams: Teams,
    #[serde(rename = "brand")]
    _brand: Brand,
    /// How long personal data is kept.
    pub(super) keep_answers_days: u32,
}

/// The settings, where any function has them. Makes sure that every team that an offering asks or tells has members.
pub(super) fn settings(
    template: &Template,
    offerings: &[Offering],
) -> anyhow::Result<Option<Settings>> {
    let mut functions = template.functions.iter();
    let Some(settings) = functions.find_map(|function| function.environment.get("SETTINGS")) else {
        return Ok(None);
    };
    let settings: Settings = serde_json::from_str(settings)
        .map_err(|error| anyhow!("the deployment's settings cannot be used: {error}"))?;
    let there: BTreeSet<&TeamId> = settings.teams.iter().map(|(team, _)| team).collect();
    for Offering { path, teams, .. } in offerings {
        if let Some(team) = teams.iter().find(|team| !there.contains(team)) {
            return Err(anyhow!(
                "there is no team `{team}`, and {path} needs it: add it to TEAMS, or to the parameter Teams of the template"
            ));
        }
    }
    Ok(Some(settings))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stack::default_values;

    fn refusal(variables: &[(&str, &str)]) -> Option<String> {
        let given = |name: &str| variables.iter().find(|(given, _)| *given == name);
        let environment = Environment::read(|name| Some(given(name)?.1.to_owned()));
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
            settings(&Template::read(path.as_ref(), &values).unwrap(), &[])
        };
        for (parameter, good, bad) in [
            ("TimeZone", "Europe/Berlin", "Europe/Atlantis"),
            ("TimeZone", "UTC", "CEST"),
            ("BrandColor", "#0a5c36", "red"),
            ("BrandContact", "help@example.com, +1 555 0100", "ask Bob"),
            ("MailReplyTo", "Help <help@example.com>", "Help"),
        ] {
            checked(parameter, good).unwrap();
            let refused = checked(parameter, bad).err().unwrap().to_string();
            assert!(refused.contains(&format!("`{bad}` is no ")), "{refused}");
        }
    }
}
