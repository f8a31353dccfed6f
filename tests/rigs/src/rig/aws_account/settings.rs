//! What a team says in the environment, and what is deployed of it.

use anyhow::bail;

use crate::rig::aws::{deployment::Target, stack::People};

const REGION: &str = "AWS_REGION";
const MAIL_FROM: &str = "MAIL_FROM";
const STRIPE_KEY: &str = "STRIPE_API_KEY";
const ARCHITECTURE: &str = "ARCHITECTURE";

/// What has to be there, by the names that do, each of which is a list of variables, and what it is for.
const NEEDED: [(&[&[&str]], &str); 4] = [
    (
        &[
            &["AWS_PROFILE"],
            &["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
        ],
        "who deploys and tears down, with permissions for all that is in infra/template.yaml",
    ),
    (&[&[REGION]], "where it is deployed"),
    (
        &[&[MAIL_FROM]],
        "an address that SES has verified there, by itself or by its domain: mail comes from it, and it gets Finance's",
    ),
    (
        &[&[STRIPE_KEY]],
        "a key of Stripe's test mode, which may also write customers and payment intents: the rig pays what it gives back",
    ),
];

/// What the rig is told.
#[derive(Debug)]
pub(super) struct Settings {
    region: String,
    architecture: String,
    pub(super) mail_from: String,
    pub(super) stripe_key: String,
}

impl Settings {
    /// Refuses with everything that is missing, at once.
    pub(super) fn from_environment() -> anyhow::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "this rig is told by the environment what to work on"
        )]
        Self::read(|name| std::env::var(name).ok())
    }

    fn read(variable: impl Fn(&str) -> Option<String>) -> anyhow::Result<Self> {
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let is_there = |names: &&[&str]| names.iter().all(|name| get(name).is_some());
        let missing = NEEDED
            .iter()
            .filter(|(names, _)| !names.iter().any(is_there));
        let lines = missing.map(|(names, what)| {
            let names: Vec<_> = names.iter().map(|names| names.join(" and ")).collect();
            format!("\n  {}: {what}", names.join(", or "))
        });
        let refusal: String = lines.collect();
        if !refusal.is_empty() {
            bail!("nothing was deployed, because the environment lacks:{refusal}");
        }
        let text = |name| get(name).unwrap_or_default();
        let stripe_key = text(STRIPE_KEY);
        if !["sk_test_", "rk_test_"]
            .iter()
            .any(|it| stripe_key.starts_with(it))
        {
            bail!(
                "nothing was deployed, because {STRIPE_KEY} is no key of test mode: no real money is moved here"
            );
        }
        Ok(Self {
            region: text(REGION),
            architecture: get(ARCHITECTURE).unwrap_or_else(|| "arm64".to_owned()),
            mail_from: text(MAIL_FROM),
            stripe_key,
        })
    }

    /// How the template is deployed under that name. Credentials and what builds the functions are left as this
    /// process has them.
    pub(super) fn target(&self, stack: &str, people: &People) -> Target {
        let [key, webhook] = secret_names(stack);
        let parameters = [
            ("Architecture", self.architecture.clone()),
            ("CreateMailIdentity", "no".to_owned()),
            // Nothing is under way that a shift of traffic could spare.
            ("Gradual", "off".to_owned()),
            ("LogRetentionDays", "7".to_owned()),
            ("MailFrom", self.mail_from.clone()),
            ("RequestLimits", "caller=1000/hour".to_owned()),
            ("StripeSecretName", key),
            ("StripeWebhookSecretName", webhook),
            ("Teams", people.teams(&people.reviewers)),
        ];
        Target {
            stack: stack.to_owned(),
            region: self.region.clone(),
            environment: Vec::new(),
            parameters: parameters.into(),
        }
    }

    /// What is stored before the first deployment. No event of Stripe's is taken: nobody signs with that secret.
    pub(super) fn secrets(&self, stack: &str) -> [(String, &str); 2] {
        let [key, webhook] = secret_names(stack);
        [
            (key, &self.stripe_key),
            (webhook, "whsec_of_the_rigs_and_nobody_else"),
        ]
    }
}

/// Stripe's key and its signing secrets.
pub(super) fn secret_names(stack: &str) -> [String; 2] {
    ["stripe-api-key", "stripe-webhook-secrets"].map(|name| format!("{stack}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [(&str, &str); 4] = [
        ("AWS_PROFILE", "sandbox"),
        (REGION, "eu-west-1"),
        (MAIL_FROM, "refunds@example.com"),
        (STRIPE_KEY, "rk_test_1"),
    ];

    fn read(variables: &[(&str, &str)]) -> Result<Settings, String> {
        let get = |name: &str| variables.iter().find(|(it, _)| *it == name);
        let read = Settings::read(|name| get(name).map(|(_, value)| (*value).to_owned()));
        read.map_err(|error| error.to_string())
    }

    #[test]
    fn all_that_is_missing_is_said_at_once() {
        let refusal = read(&[("AWS_ACCESS_KEY_ID", "AKIA"), (MAIL_FROM, "")]).unwrap_err();
        for (names, what) in NEEDED {
            let named = names.iter().flat_map(|names| names.iter());
            assert!(
                named.into_iter().all(|name| refusal.contains(name)),
                "{refusal}"
            );
            assert!(refusal.contains(what), "{refusal}");
        }
        let refusal = read(&ALL[..3]).unwrap_err();
        assert!(
            refusal.contains(STRIPE_KEY) && !refusal.contains(REGION),
            "{refusal}"
        );
    }

    #[test]
    fn no_key_moves_real_money() {
        read(&ALL).unwrap();
        for key in ["sk_live_1", "rk_live_1", "pk_test_1", "whsec_1"] {
            let mut variables = ALL;
            variables[3].1 = key;
            let refusal = read(&variables).unwrap_err();
            assert!(
                refusal.contains("real money") && !refusal.contains(key),
                "{refusal}"
            );
        }
    }
}
