//! PyPI's `stripe`, Stripe's official client: what it sends for the calls that we make, and which signed
//! events it believes.

use std::fs;

use adapters::stripe::webhook::{WebhookSecret, verify};
use anyhow::ensure;
use domain::stripe::Credits;
use serde_json::{Value, json};

use super::{
    calls,
    canary::{self, Ears, KEY},
    capture::Capture,
    fake_stripe::FakeStripe,
    player::Player,
};
use crate::{
    Checkout, Checks, Rig,
    command::{command, stdout},
    install,
};

const NAME: &str = "stripe-sdk";

pub(in crate::rig) struct StripeSdk;

impl Rig for StripeSdk {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "our calls are those of Stripe's own client, and so is what we believe of its events"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::python(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let scratch = checkout.scratch(NAME)?;
        let python = install::python(checkout, NAME)?.join("python");
        let run = |script: &str, argument: &std::ffi::OsStr| {
            let mut program = command(&python, &scratch);
            stdout(program.arg(checkout.tool_list(NAME, script)).arg(argument))
        };

        let ears = Ears::default();
        let capture = Capture::start(None)?;
        let ours = calls::ours(&capture, &ears)?;
        run("golden.py", capture.base.as_ref())?;
        let theirs = capture.take();
        // A payment intent's charge is looked up too where it has one; here it has none.
        ensure!(
            ours.len() == theirs.len(),
            "{} calls, {} of theirs",
            ours.len(),
            theirs.len()
        );
        for (ours, theirs) in ours.into_iter().zip(theirs) {
            let what = format!("{} {}", ours.method, ours.path);
            // The client makes up a key for whatever it posts; its version is that of its release.
            let (version, theirs) = (theirs.version.clone(), theirs);
            let same = super::capture::Call {
                version: version.clone(),
                ..ours.clone()
            } == theirs;
            let outcome = if same {
                Ok(())
            } else {
                Err(anyhow::anyhow!("ours: {ours:?}\ntheirs: {theirs:?}"))
            };
            checks.check(&what, outcome);
            ensure!(
                ours.version == version,
                "{:?} is not {version:?}",
                ours.version
            );
        }

        let fake = FakeStripe::start()?;
        let read: Value = serde_json::from_str(&run("credits.py", fake.base.as_ref())?)?;
        for (what, wanted) in credits() {
            let outcome = if read[what] == wanted {
                Ok(())
            } else {
                Err(anyhow::anyhow!("it is {}, not {wanted}", read[what]))
            };
            checks.check(&format!("read of the stand-in: {what}"), outcome);
        }
        let player = Player::at(&fake.base, KEY, &ears)?;
        for (intent, invoice) in [
            ("pi_demo_invoiced_45", Some("in_demo_45")),
            ("pi_demo_45", None),
        ] {
            ears.row();
            let found = player.call(player.stripe().paid_invoice(intent))?;
            ensure!(found.as_deref() == invoice, "{intent} paid {found:?}");
        }
        calls::fail(&ears)?;
        canary::check(checks, &ears);

        let vectors = vectors()?;
        let file = scratch.join("vectors.json");
        fs::write(&file, Value::from(vectors.clone()).to_string())?;
        let answers = run("verify.py", file.as_os_str())?;
        let answers: Vec<&str> = answers.lines().collect();
        ensure!(answers.len() == vectors.len(), "{answers:?}");
        for (vector, theirs) in vectors.iter().zip(answers) {
            let text = |name: &str| vector[name].as_str().unwrap_or_default();
            let ours = believed(text("body"), text("header"), text("secret"));
            let ours = if ours { "yes" } else { "no" };
            let outcome = if ours == theirs {
                Ok(())
            } else {
                Err(anyhow::anyhow!("we say {ours}, they say {theirs}"))
            };
            checks.check(&format!("{}: {theirs}", text("what")), outcome);
        }
        Ok(())
    }
}

/// What the official client has to read of the stand-in's credits.
fn credits() -> [(&'static str, Value); 7] {
    [
        (
            "invoiced",
            json!([["in_demo_45", 4500, "pi_demo_invoiced_45"]]),
        ),
        ("not invoiced", json!([])),
        ("note", json!(["credit_note", 1999, "issued"])),
        ("notes", json!([true])),
        // Newest first; a page holds one.
        ("balance", json!([-4999, -1999])),
        ("ending balance", json!(-6998)),
        ("refused", json!([400, "amount"])),
    ]
}

fn now() -> jiff::Timestamp {
    local::clock::Clock::system().now()
}

fn believed(body: &str, header: &str, secret: &str) -> bool {
    let secrets = WebhookSecret::parse_list(secret);
    verify(header, body.as_bytes(), &secrets, now()).is_ok()
}

/// Signed bodies, good and bad. None is of the future: there the official client believes anything, and
/// we do not.
fn vectors() -> anyhow::Result<Vec<Value>> {
    let (secret, body) = (
        "whsec_of_the_rigs_and_nobody_else",
        r#"{"id": "evt_1",  "object":"event","é":"ü"}"#,
    );
    let secrets = WebhookSecret::parse_list(secret);
    let [key] = &secrets[..] else {
        anyhow::bail!("one secret is one secret")
    };
    let at = now().as_second();
    let v1 = key.sign(at, body.as_bytes());
    let old = |seconds: i64| {
        let then = at - seconds;
        format!("t={then},v1={}", key.sign(then, body.as_bytes()))
    };
    let vector = |what: &str, header: String, body: &str, secret: &str| json!({"what": what, "header": header, "body": body, "secret": secret});
    let zeros = "0".repeat(64);
    Ok(vec![
        vector("signed now", format!("t={at},v1={v1}"), body, secret),
        vector(
            "with another scheme beside it",
            format!("t={at},v1={v1},v0=x"),
            body,
            secret,
        ),
        vector(
            "the second of two signatures",
            format!("t={at},v1={zeros},v1={v1}"),
            body,
            secret,
        ),
        vector("in another order", format!("v1={v1},t={at}"), body, secret),
        vector("290 seconds ago", old(290), body, secret),
        vector("310 seconds ago", old(310), body, secret),
        vector(
            "another secret",
            format!("t={at},v1={v1}"),
            body,
            "whsec_other_than_that_of_the_rigs",
        ),
        vector(
            "another body",
            format!("t={at},v1={v1}"),
            &body.replace("  ", " "),
            secret,
        ),
        vector(
            "another time",
            format!("t={},v1={v1}", at - 1),
            body,
            secret,
        ),
        vector(
            "only another scheme",
            format!("t={at},v0={v1}"),
            body,
            secret,
        ),
        vector("no time", format!("v1={v1}"), body, secret),
        vector("no signature", format!("t={at}"), body, secret),
        vector(
            "upper case",
            format!("t={at},v1={}", v1.to_uppercase()),
            body,
            secret,
        ),
        vector(
            "cut short",
            format!("t={at},v1={}", &v1[..40]),
            body,
            secret,
        ),
        vector("empty", String::new(), body, secret),
        vector("garbled", "garbled".to_owned(), body, secret),
    ])
}
