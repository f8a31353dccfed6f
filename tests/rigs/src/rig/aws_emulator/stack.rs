//! The emulator, what stands in for Stripe, and SAM.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::Context;
use serde_json::{Value, json};
use testing::{TestClient, test_client::Mail};

use super::{NAME, SAM};
use crate::{
    Checkout,
    command::{command, judge, stdout},
    install,
    process::{Server, local_stack},
    rig::cargo_lambda_watch,
};

const PORT: u16 = 4571;
const STACK: &str = "refund-desk";
const SENDER: &str = "refunds@example.com";
/// A function is started at its first use, and a retried state waits before it tries again.
const PATIENCE: Duration = Duration::from_mins(1);

pub(super) struct Stack {
    checkout: Checkout,
    scratch: PathBuf,
    emulator: Server,
    /// The local stack, for its Stripe.
    fake: Server,
    /// The deployed API, and the mails that it sends.
    pub(super) client: TestClient,
    /// Where Stripe is.
    pub(super) stripe: TestClient,
    stripe_url: String,
    /// The deployed API's address.
    base: String,
}

impl Stack {
    /// Starts the emulator and Stripe. Nothing is deployed yet.
    pub(super) fn start(checkout: &Checkout) -> anyhow::Result<Self> {
        let scratch = checkout.scratch(NAME)?;
        let url = format!("http://127.0.0.1:{PORT}");
        let emulator = emulator(checkout, &scratch)?;
        emulator.wait_for_words("Running on", PATIENCE)?;
        let (fake, stripe) = local_stack(checkout, scratch.join("stripe.log"), None)?;
        let base = format!("{url}/_aws/execute-api/desk/$default");
        let stack = Self {
            checkout: checkout.clone(),
            scratch,
            emulator,
            fake,
            client: TestClient::at(&base).with_inbox(inbox),
            stripe_url: stripe.url("/_local/stripe"),
            stripe,
            base,
        };
        stack.prepare()?;
        Ok(stack)
    }

    /// What a person does before the first deployment.
    fn prepare(&self) -> anyhow::Result<()> {
        for (name, value) in [
            ("refund-desk/stripe-api-key", "rk_test_rig"),
            (
                "refund-desk/stripe-webhook-secrets",
                "whsec_of_the_rigs_and_nobody_else",
            ),
        ] {
            let secret = json!({"Name": name, "SecretString": value});
            self.aws("secretsmanager", "create_secret", &secret)?;
        }
        self.verify_sender()
    }

    /// Lets the emulator's SES send what the desk sends.
    pub(super) fn verify_sender(&self) -> anyhow::Result<()> {
        let sender = json!({"EmailAddress": SENDER});
        self.aws("ses", "verify_email_identity", &sender).map(drop)
    }

    /// Takes that back, for its domain too, which the stack has registered.
    pub(super) fn forget_sender(&self) -> anyhow::Result<()> {
        let (_, domain) = SENDER.split_once('@').context("it is an address")?;
        for identity in [SENDER, domain] {
            let identity = json!({"Identity": identity});
            self.aws("ses", "delete_identity", &identity)?;
        }
        // The emulator keeps what a stack registers for each version of SES by itself.
        let domain = json!({"EmailIdentity": domain});
        self.aws("sesv2", "delete_email_identity", &domain)
            .map(drop)
    }

    pub(super) fn root(&self) -> &Path {
        self.checkout.root()
    }

    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    fn template(&self) -> PathBuf {
        self.root().join("infra/template.yaml")
    }

    /// The template with paths to what was built.
    pub(super) fn built(&self) -> PathBuf {
        self.scratch.join("built/template.yaml")
    }

    pub(super) fn validate(&self) -> anyhow::Result<()> {
        let mut sam = self.sam("validate")?;
        judge(sam.args(["--lint", "--template"]).arg(self.template()))?.expect_content()
    }

    pub(super) fn refuses_a_mistake(&self) -> anyhow::Result<()> {
        let text = fs::read_to_string(self.template())?;
        let mistaken = self.scratch.join("mistaken.yaml");
        fs::write(&mistaken, text.replacen("Timeout: 60", "Timeuot: 60", 1))?;
        let mut sam = self.sam("validate")?;
        judge(sam.args(["--lint", "--template"]).arg(mistaken))?.expect_refusal("Timeuot")
    }

    pub(super) fn build(&self) -> anyhow::Result<()> {
        let mut sam = self.sam("build")?;
        sam.arg("--template").arg(self.template());
        sam.arg("--build-dir").arg(self.scratch.join("built"));
        sam.args(["--parameter-overrides", &architecture()]);
        stdout(&mut sam).map(drop)
    }

    pub(super) fn deploy(&self, template: &Path) -> anyhow::Result<()> {
        self.deploy_with(template, &[])
    }

    /// Deploys with these parameters besides those that the rig needs.
    pub(super) fn deploy_with(&self, template: &Path, parameters: &[&str]) -> anyhow::Result<()> {
        let mut sam = self.sam("deploy")?;
        sam.arg("--template").arg(template);
        sam.args([
            "--stack-name",
            STACK,
            "--resolve-s3",
            "--no-confirm-changeset",
        ]);
        sam.args(["--capabilities", "CAPABILITY_IAM", "--region", "us-east-1"]);
        sam.args(["--parameter-overrides", &architecture()]);
        sam.arg("MailFromName=\"Refund Desk\"");
        sam.arg(format!("StripeApiBase={}", self.stripe_url));
        sam.arg(format!("PublicUrl={}", self.base));
        sam.args(parameters);
        stdout(&mut sam).map(drop)
    }

    /// Calls the emulator as an administrator.
    pub(super) fn aws(
        &self,
        service: &str,
        operation: &str,
        arguments: &Value,
    ) -> anyhow::Result<Value> {
        let python = install::python(&self.checkout, NAME)?.join("python");
        let mut call = with_credentials(command(python, self.root()));
        call.arg(self.checkout.tool_list(NAME, "call.py"));
        call.args([service, operation, &arguments.to_string()]);
        Ok(serde_json::from_str(&stdout(&mut call)?)?)
    }

    /// Makes a second of a state that waits, or of a pause before a retry, so many seconds long.
    pub(super) fn hasten(&self, scale: f64) {
        let url = format!("http://127.0.0.1:{PORT}/_ministack/config");
        let scale = json!({"stepfunctions._SFN_WAIT_SCALE": scale});
        let (status, body) = self.client.post_json(&url, &scale);
        assert_eq!(status, 200, "{body}");
    }

    /// The end of all logs, for a person who has to find out what went wrong.
    pub(super) fn tail(&self) -> String {
        format!("{}\n{}", self.emulator.tail(), self.fake.tail())
    }

    fn sam(&self, what: &str) -> anyhow::Result<Command> {
        let program = install::python(&self.checkout, SAM)?.join("sam");
        let mut sam = with_credentials(command(program, &self.scratch));
        let cargo_lambda = install::python(&self.checkout, cargo_lambda_watch::NAME)?;
        sam.arg(what)
            .env("PATH", cargo_lambda_watch::with_first(&cargo_lambda)?)
            // The host's own linker: no cross-compilation here.
            .env("CARGO_LAMBDA_COMPILER", "cargo")
            // What is shown does not depend on optimised code, which takes long to make.
            .env("SAM_BUILD_MODE", "debug")
            .env("SAM_CLI_TELEMETRY", "0");
        Ok(sam)
    }
}

/// What the emulator's SES has sent to somebody. It keeps mails by account.
fn inbox(client: &TestClient, to: &str) -> Vec<Mail> {
    let url = format!("http://127.0.0.1:{PORT}/_ministack/ses/messages");
    let mails = client.get_json(&url);
    let accounts = mails["messages"].as_object().into_iter().flatten();
    let mails = accounts.flat_map(|(_, mails)| mails.as_array().into_iter().flatten());
    let mails = mails.filter(|mail| mail["To"] == json!([to]));
    let read = |mail: &Value| {
        let (subject, text) = (&mail["Subject"], &mail["BodyText"]);
        Mail::read(&json!({"to": to, "subject": subject, "text": text}))
    };
    mails.map(read).collect()
}

/// What opens the emulator.
fn with_credentials(mut command: Command) -> Command {
    command
        .env("AWS_ENDPOINT_URL", format!("http://127.0.0.1:{PORT}"))
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_DEFAULT_REGION", "us-east-1");
    command
}

/// This machine's, so that nothing has to be cross-compiled.
fn architecture() -> String {
    let name = match std::env::consts::ARCH {
        "aarch64" => "arm64",
        other => other,
    };
    format!("Architecture={name}")
}

fn emulator(checkout: &Checkout, scratch: &Path) -> anyhow::Result<Server> {
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
        format!("AWS_ENDPOINT_URL=http://127.0.0.1:{PORT}"),
        "AWS_REGION=us-east-1".to_owned(),
        "AWS_DEFAULT_REGION=us-east-1".to_owned(),
        "LAMBDA_EXECUTOR=local".to_owned(),
        "AUTH=true".to_owned(),
    ];
    emulator.arg("-i").args(variables).arg(python);
    emulator.arg(checkout.tool_list(NAME, "emulator.py"));
    Server::start("the emulator", &emulator, scratch.join("emulator.log"))
}
