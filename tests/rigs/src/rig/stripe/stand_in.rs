//! The local stack's own stand-in, judged by what others publish.

use std::sync::Arc;

use anyhow::{Context, ensure};
use serde_json::{Map, Value, json};
use tokio::runtime::Runtime;

use super::raw::Raw;

/// A fresh stand-in; it serves for as long as this lives.
pub(super) struct StandIn {
    pub(super) base: String,
    _runtime: Runtime,
}

impl StandIn {
    pub(super) fn start() -> anyhow::Result<Self> {
        let runtime = Runtime::new().context("a runtime can be started")?;
        let clock = local::clock::Clock::system();
        let account = Arc::new(local::stripe::FakeStripe::open(None, clock)?);
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0"))?;
        let base = format!("http://{}", listener.local_addr()?);
        runtime.spawn(async move { axum::serve(listener, local::stripe::router(account)).await });
        Ok(Self {
            base,
            _runtime: runtime,
        })
    }
}

/// What it answers to the calls that make and list credits and refunds: method, path and document.
pub(super) fn answers() -> anyhow::Result<Vec<(&'static str, &'static str, Value)>> {
    let stand_in = StandIn::start()?;
    let raw = Raw::at(&stand_in.base);
    let metadata = ("metadata[request_id]", "r-1");
    let note = [
        ("invoice", "in_demo_45"),
        ("amount", "1999"),
        ("credit_amount", "1999"),
        metadata,
    ];
    let balance = [("amount", "-4999"), ("currency", "usd"), metadata];
    let refund = [("charge", "ch_demo_2000"), ("amount", "500"), metadata];
    let transactions = "customers/cus_demo/balance_transactions";
    let mut answers = Vec::new();
    for (path, form) in [
        ("credit_notes", &note[..]),
        (transactions, &balance[..]),
        ("refunds", &refund[..]),
    ] {
        let (status, body) = raw.post(path, None, form)?;
        ensure!(status == 200, "{path} is answered with {status}: {body}");
        answers.push(("POST", path, body));
    }
    for path in ["credit_notes", transactions, "refunds", "customers"] {
        answers.push(("GET", path, raw.get(path)?));
    }
    Ok(answers)
}

/// Whether an answer is one that the published schema has for the operation. Of the schema's year are a
/// few members that newer versions of the interface have under another name.
pub(super) fn fits(schema: &Value, operation: &Value, answer: &Value) -> anyhow::Result<()> {
    let content = &operation["responses"]["200"]["content"]["application/json"]["schema"];
    ensure!(content.is_object(), "the schema has no answer");
    let mut root = translated(content);
    root["components"] = json!({"schemas": translated(&schema["components"]["schemas"])});
    let validator = jsonschema::validator_for(&root)?;
    let errors = validator.iter_errors(answer);
    let errors: Vec<String> = errors
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    ensure!(errors.is_empty(), "{}", errors.join("; "));
    Ok(())
}

/// `taxes` and `total_taxes` since March 2025.
const RENAMED: [&str; 1] = ["tax_amounts"];

/// A schema of `OpenAPI` 3.0 as one of JSON Schema: there `nullable` is a word of its own.
fn translated(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(translated).collect(),
        Value::Object(members) => {
            let mut out: Map<String, Value> = members
                .iter()
                .filter(|(name, _)| *name != "nullable")
                .map(|(name, value)| (name.clone(), translated(value)))
                .collect();
            if let Some(required) = out.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| !RENAMED.iter().any(|renamed| name == renamed));
            }
            if members.get("nullable") == Some(&Value::Bool(true)) {
                json!({"anyOf": [out, {"type": "null"}]})
            } else {
                out.into()
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}
