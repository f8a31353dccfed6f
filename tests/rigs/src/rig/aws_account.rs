//! The template on a real AWS account and Stripe's test mode, in the steps that `aws-emulator` tries out, and what only
//! an account shows. It costs money and up to two hours, so it runs only when it is named.
//!
//! Nobody reads an approver's mail here: reviewers have addresses of SES's mailbox simulator, which accepts or bounces
//! mail of any account, in the sandbox too. That a mail arrived, SES itself says by an event; what stands in it, who
//! deploys can derive with the link key. `aws-emulator` compares that with the mails.
//!
//! What is not shown: gradual deployment, since the deployments here are at once; a confirmed subscription to mail;
//! throttling.

mod alarms;
mod mails;
mod settings;
mod tls;

use anyhow::{Context, ensure};
use serde_json::json;
use testing::TestClient;

use super::{
    Rig,
    aws::{
        deployment::{self, Deployment},
        events::{Listener, queue_name, stopped_is_told},
        lifecycle, redeploy,
        stack::{People, Stack},
        stripe::Stripe,
        tear_down::tear_down,
    },
};
use crate::{Checkout, Checks, checks::caught};
use settings::Settings;

const NAME: &str = "aws-account";
const STRIPE: &str = "https://api.stripe.com";
/// What is paid, in cents, and given back in part.
const CENTS: &str = "10000";

pub(super) struct AwsAccount;

impl Rig for AwsAccount {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "an AWS account and Stripe's test mode: deploy, play, change a parameter, roll back, tear down"
    }

    fn is_opt_in(&self) -> bool {
        true
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        deployment::install(checkout)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let settings = Settings::from_environment()?;
        let people = people(&settings.mail_from);
        let stack = format!("rig-{:08x}", fastrand::u32(..));
        let target = settings.target(&stack, &people);
        let deployment = Deployment::new(checkout, &checkout.scratch(NAME)?, target);
        let account = account(&deployment, &settings.mail_from)?;
        checks.check(&format!("{stack} is for account {account}"), Ok(()));

        let played = caught(|| play(&deployment, &settings, people, checks));
        checks.attempt("what the rig made for itself is deleted", || {
            delete_own(&deployment)
        });
        tear_down(&deployment, checks);
        played
    }
}

/// Who the credentials are of, and that mail can be sent: nothing is made before.
fn account(deployment: &Deployment, mail_from: &str) -> anyhow::Result<String> {
    let caller = deployment.aws("sts", "get_caller_identity", &json!({}))?;
    let (_, domain) = mail_from
        .split_once('@')
        .context("MAIL_FROM is an address")?;
    let verified = |identity| {
        let which = json!({"EmailIdentity": identity});
        let found = deployment.aws("sesv2", "get_email_identity", &which);
        found.is_ok_and(|it| it["VerifiedForSendingStatus"] == true)
    };
    ensure!(
        verified(mail_from) || verified(domain),
        "SES has verified neither {mail_from} nor {domain} in {}",
        deployment.target.region
    );
    Ok(caller["Account"].as_str().unwrap_or_default().to_owned())
}

/// Mailboxes that SES answers for, each once: with another `+tag` it would be the same person to the functions. Whom
/// the simulator has no more mailboxes for has the sender's.
fn people(mail_from: &str) -> People {
    let simulated = |name: &str| format!("{name}@simulator.amazonses.com");
    People {
        customer: simulated("ooto"),
        reviewers: ["success", mails::BOUNCES].map(simulated).into(),
        manager: mail_from.to_owned(),
        finance: vec![mail_from.to_owned()],
    }
}

fn play(
    deployment: &Deployment,
    settings: &Settings,
    people: People,
    checks: &mut Checks<'_>,
) -> anyhow::Result<()> {
    let stripe = Stripe::at(
        TestClient::at(STRIPE).with_transport(tls::call),
        &settings.stripe_key,
    );
    let charge = pay(&stripe, &people.customer)?;
    checks.check("a customer pays in Stripe's test mode", Ok(()));
    for (name, value) in settings.secrets(&deployment.target.stack) {
        let secret = json!({"Name": name, "SecretString": value});
        deployment.aws("secretsmanager", "create_secret", &secret)?;
    }
    deployment.build()?;
    checks.check("sam build builds every function", Ok(()));
    deployment.deploy(&deployment.built())?;
    checks.check("sam deploy deploys the template", Ok(()));
    let client = TestClient::at(&deployment.output("Url")?);
    let stack = Stack {
        client: client
            .with_transport(tls::call)
            .with_patience(mails::PATIENCE),
        deployment: deployment.clone(),
        people,
        stripe,
        charge,
    };
    let listener = Listener::new(&stack)?;
    lifecycle::smoke_test(&stack, checks);
    lifecycle::refund(&stack, checks);
    mails::play(&stack, &listener, checks);
    stopped_is_told(&stack, &listener, checks);
    lifecycle::change_parameter(&stack, checks);
    redeploy::play(&stack, checks, &[], |_| ())?;
    alarms::play(&stack, &listener, checks);
    Ok(())
}

/// Makes a customer and a charge of theirs.
fn pay(stripe: &Stripe, customer: &str) -> anyhow::Result<String> {
    let customer = stripe.create("customers", &[("email", customer)])?;
    let intent = [
        ("amount", CENTS),
        ("currency", "usd"),
        ("customer", customer["id"].as_str().unwrap_or_default()),
        // What it pays can be given back at once.
        ("payment_method", "pm_card_bypassPending"),
        ("automatic_payment_methods[enabled]", "true"),
        ("automatic_payment_methods[allow_redirects]", "never"),
        ("confirm", "true"),
    ];
    let intent = stripe.create("payment_intents", &intent)?;
    let charge = intent["latest_charge"].as_str();
    Ok(charge.context("a payment makes a charge")?.to_owned())
}

/// Secrets, the queue and the topic, as far as they were made.
fn delete_own(deployment: &Deployment) -> anyhow::Result<()> {
    let stack = &deployment.target.stack;
    for name in settings::secret_names(stack) {
        let secret = json!({"SecretId": name, "ForceDeleteWithoutRecovery": true});
        deployment.aws("secretsmanager", "delete_secret", &secret)?;
    }
    let queue = json!({"QueueName": queue_name(stack)});
    if let Ok(queue) = deployment.aws("sqs", "get_queue_url", &queue) {
        deployment.aws("sqs", "delete_queue", &queue)?;
    }
    // This finds the topic; where there was none, it is made and deleted.
    let topic = deployment.aws("sns", "create_topic", &mails::topic(stack))?;
    deployment.aws("sns", "delete_topic", &topic).map(drop)
}
