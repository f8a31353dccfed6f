//! The emulator, and what stands in for Stripe.

use std::{fs, path::Path, time::Duration};

use serde_json::{Value, json};
use testing::{TestClient, test_client::Mail};

use super::NAME;
use crate::{
    Checkout,
    command::command,
    install,
    process::{Server, local_stack},
    rig::aws::{
        deployment::{Deployment, Target},
        stack::{People, Stack},
        stripe::Stripe,
    },
};

const PORT: u16 = 4571;
const STACK: &str = "refund-desk";
const SENDER: &str = "refunds@example.com";
const STRIPE_KEY: &str = "rk_test_rig";
/// A function is started at its first use, and a retried state waits before it tries again.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Emulator {
    pub(super) checkout: Checkout,
    server: Server,
    /// The local stack, for its Stripe.
    fake: Server,
    stripe_url: String,
}

impl Emulator {
    /// Starts the emulator and Stripe. Nothing is deployed yet.
    pub(super) fn start(checkout: &Checkout, scratch: &Path) -> anyhow::Result<Self> {
        let server = server(checkout, scratch)?;
        server.wait_for_words("Running on", PATIENCE)?;
        let (fake, stripe) = local_stack(checkout, scratch.join("stripe.log"), None)?;
        Ok(Self {
            checkout: checkout.clone(),
            server,
            fake,
            stripe_url: stripe.url("/_local/stripe"),
        })
    }

    /// How the template is deployed here.
    pub(super) fn target(&self) -> Target {
        let environment = [
            ("AWS_ENDPOINT_URL", url()),
            ("AWS_ACCESS_KEY_ID", "test".to_owned()),
            ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
            // The host's own linker: no cross-compilation here.
            ("CARGO_LAMBDA_COMPILER", "cargo".to_owned()),
            // What is shown does not depend on optimised code, which takes long to make.
            ("SAM_BUILD_MODE", "debug".to_owned()),
        ];
        let people = people();
        let parameters = [
            ("Architecture", architecture()),
            ("MailFromName", "Refund Desk".to_owned()),
            ("PublicUrl", base(STACK)),
            ("RequestLimits", "caller=1000/hour".to_owned()),
            ("StripeApiBase", self.stripe_url.clone()),
            ("Teams", people.teams(&people.reviewers)),
        ];
        Target {
            stack: STACK.to_owned(),
            region: "us-east-1".to_owned(),
            environment: environment.into(),
            parameters: parameters.into(),
        }
    }

    /// The same, for another stack in the same account that sends mail as the same identity.
    pub(super) fn beside(&self, stack: &str) -> Target {
        let mut target = self.target();
        stack.clone_into(&mut target.stack);
        target.parameters.extend([
            ("CreateMailIdentity", "no".to_owned()),
            ("PublicUrl", base(stack)),
        ]);
        target
    }

    /// What is deployed, for people to use.
    pub(super) fn open(&self, deployment: Deployment) -> Stack {
        let base = base(&deployment.target.stack);
        Stack {
            deployment,
            client: TestClient::at(&base).with_inbox(inbox),
            people: people(),
            stripe: Stripe::at(TestClient::at(&self.stripe_url), STRIPE_KEY),
            charge: "ch_demo_2000".to_owned(),
        }
    }

    /// The end of all logs, for a person who has to find out what went wrong.
    pub(super) fn tail(&self) -> String {
        format!("{}\n{}", self.server.tail(), self.fake.tail())
    }
}

/// What a person does before the first deployment.
pub(super) fn prepare(deployment: &Deployment) -> anyhow::Result<()> {
    for (name, value) in [
        ("refund-desk/stripe-api-key", STRIPE_KEY),
        (
            "refund-desk/stripe-webhook-secrets",
            "whsec_of_the_rigs_and_nobody_else",
        ),
    ] {
        let secret = json!({"Name": name, "SecretString": value});
        deployment.aws("secretsmanager", "create_secret", &secret)?;
    }
    verify_sender(deployment)
}

/// Lets the emulator's SES send what the stacks send.
pub(super) fn verify_sender(deployment: &Deployment) -> anyhow::Result<()> {
    let sender = json!({"EmailAddress": SENDER});
    deployment
        .aws("ses", "verify_email_identity", &sender)
        .map(drop)
}

/// Takes that back, for its domain too, which the stack has registered.
pub(super) fn forget_sender(deployment: &Deployment) -> anyhow::Result<()> {
    let domain = "example.com";
    for identity in [SENDER, domain] {
        let identity = json!({"Identity": identity});
        deployment.aws("ses", "delete_identity", &identity)?;
    }
    // The emulator keeps what a stack registers for each version of SES by itself.
    let domain = json!({"EmailIdentity": domain});
    deployment
        .aws("sesv2", "delete_email_identity", &domain)
        .map(drop)
}

/// Makes a second of a state that waits, or of a pause before a retry, so many seconds long.
pub(super) fn set_wait_scale(client: &TestClient, scale: f64) {
    let config = format!("{}/_ministack/config", url());
    let scale = json!({"stepfunctions._SFN_WAIT_SCALE": scale});
    let (status, body) = client.post_json(&config, &scale);
    assert_eq!(status, 200, "{body}");
}

/// All mails that the emulator's SES has sent, as it keeps them, oldest first. `Type` is the configuration set.
pub(super) fn sent(client: &TestClient) -> Vec<Value> {
    let mails = client.get_json(&format!("{}/_ministack/ses/messages", url()));
    // By account.
    let accounts = mails["messages"].as_object().into_iter().flatten();
    let mails = accounts.flat_map(|(_, mails)| mails.as_array().into_iter().flatten());
    mails.cloned().collect()
}

/// What was sent to somebody.
fn inbox(client: &TestClient, to: &str) -> Vec<Mail> {
    let mails = sent(client).into_iter();
    let mails = mails.filter(|mail| mail["To"] == json!([to]));
    let read = |mail: Value| {
        let (subject, text) = (&mail["Subject"], &mail["BodyText"]);
        Mail::read(&json!({"to": to, "subject": subject, "text": text}))
    };
    mails.map(read).collect()
}

fn people() -> People {
    let address = |name: &str| format!("{name}@example.com");
    People {
        customer: address("customer"),
        reviewers: ["csm-1", "csm-2"].map(address).into(),
        manager: address("csm-manager"),
        finance: ["finance-1", "finance-2"].map(address).into(),
    }
}

fn url() -> String {
    format!("http://127.0.0.1:{PORT}")
}

/// The address of a stack's API.
fn base(stack: &str) -> String {
    format!("{}/_aws/execute-api/{stack}/$default", url())
}

/// This machine's, so that nothing has to be cross-compiled.
fn architecture() -> String {
    let name = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    name.to_owned()
}

fn server(checkout: &Checkout, scratch: &Path) -> anyhow::Result<Server> {
    let home = scratch.join("emulator");
    fs::create_dir_all(home.join("tmp"))?;
    let python = install::python(checkout, NAME)?.join("python");
    // Functions must not inherit what this process knows, so the environment is made from nothing.
    let mut emulator = command("env", &home);
    let variables = [
        "PATH=/usr/bin:/bin".to_owned(),
        format!("HOME={}", home.display()),
        format!("TMPDIR={}", home.join("tmp").display()),
        "BIND_HOST=127.0.0.1".to_owned(),
        "MINISTACK_HOST=localhost".to_owned(),
        format!("GATEWAY_PORT={PORT}"),
        format!("AWS_ENDPOINT_URL={}", url()),
        "AWS_REGION=us-east-1".to_owned(),
        "AWS_DEFAULT_REGION=us-east-1".to_owned(),
        "LAMBDA_EXECUTOR=local".to_owned(),
        "AUTH=true".to_owned(),
    ];
    emulator.arg("-i").args(variables).arg(python);
    emulator.arg(checkout.tool_list(NAME, "emulator.py"));
    Server::start("the emulator", &emulator, scratch.join("emulator.log"))
}
