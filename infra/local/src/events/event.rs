//! Events as `EventBridge` delivers them, made of a table's stream by the template's pipe.

use dynoxide::actions::get_records::Record;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    states::jsonata::{Scope, Variables},
    template::{ACCOUNT, Pipe, REGION},
};

/// An event that waits to be delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// The request, whose events are delivered one after another.
    pub(super) request: String,
    /// The record's number in the request's log.
    pub(super) seq: i64,
    /// The whole event as JSON: the same text each time that it is sent.
    pub(super) body: String,
    /// How often it was sent in vain.
    pub(super) failures: u32,
}

impl Event {
    /// The id that it has each time that it is sent.
    pub(super) fn id(request: &str, seq: i64) -> String {
        format!("{request}-{seq}")
    }
}

/// The events of some records of the stream. An error is the pipe's: the template says something else than the table holds.
pub(super) fn events(pipe: &Pipe, records: &[Record]) -> Result<Vec<Event>, String> {
    let records: Result<Vec<Value>, _> = records.iter().map(serde_json::to_value).collect();
    let mut input = records.map_err(|it| it.to_string())?;
    input.retain(|record| pipe.patterns.iter().any(|pattern| matches(pattern, record)));
    if input.is_empty() {
        return Ok(Vec::new());
    }
    let scope = Scope::new(json!({ "input": input }), &Variables::new());
    let details = scope.evaluate("Output", &Value::String(pipe.details.clone()));
    let details = details.map_err(|error| error.cause)?;
    let details = details.as_array().into_iter().flatten();
    details.map(|detail| event(pipe, detail)).collect()
}

fn event(pipe: &Pipe, detail: &Value) -> Result<Event, String> {
    let fields = || {
        let request = detail["requestId"].as_str()?;
        let at: Timestamp = detail["at"].as_str()?.parse().ok()?;
        Some((request, detail["seq"].as_i64()?, at))
    };
    let (request, seq, at) =
        fields().ok_or_else(|| "an event is not of an audit record".to_owned())?;
    let body = json!({
        "version": "0",
        "id": Event::id(request, seq),
        "detail-type": pipe.detail_type,
        "source": pipe.source,
        "account": ACCOUNT,
        "time": format!("{at:.0}"),
        "region": REGION,
        "resources": [],
        "detail": detail,
    });
    Ok(Event {
        request: request.to_owned(),
        seq,
        body: body.to_string(),
        failures: 0,
    })
}

/// Whether a value matches an event pattern of names and the values that they may have, which is what the template uses.
fn matches(pattern: &Value, value: &Value) -> bool {
    match pattern {
        Value::Object(fields) => fields.iter().all(|(name, it)| matches(it, &value[name])),
        Value::Array(allowed) => allowed.contains(value),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}
