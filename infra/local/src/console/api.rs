//! `/_local/api`: JSON for tests and scripts, and the one address that moves the clock.

use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use jiff::{Span, SpanRelativeTo};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::states::ExecutionView;

/// Ten years: longer than anything here waits, and far from the end of time.
const FARTHEST_JUMP: Duration = Duration::from_hours(10 * 365 * 24);

/// The query of the list of mails.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Those to this address.
    to: Option<String>,
}

/// `GET /_local/api/emails[?to=]`.
pub(crate) async fn emails(State(console): Shared, Query(filter): Query<Filter>) -> Response {
    Json(console.outbox.list(filter.to.as_deref())).into_response()
}

/// `GET /_local/api/executions/{requestId}`.
pub(crate) async fn execution(State(console): Shared, Path(id): Path<String>) -> Response {
    const MISSING: &str =
        "No execution has this request's id. It appears once the request was accepted.";
    let execution = console.executor.execution(&id);
    execution.map_or_else(
        || problem(StatusCode::NOT_FOUND, MISSING),
        |it| Json(describe(&it)).into_response(),
    )
}

fn describe(execution: &ExecutionView) -> Value {
    let history = execution.history.iter().map(|event| {
        let mut details = event.details.clone();
        hide_tokens(&mut details);
        present(json!({"at": event.at, "type": event.event_type, "state": event.state, "details": details}))
    });
    present(json!({
        "status": execution.status,
        "input": execution.input,
        "output": execution.output,
        "error": execution.error,
        "cause": execution.cause,
        "history": history.collect::<Vec<_>>(),
    }))
}

/// An object without the members that there are not.
fn present(mut object: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, member| !member.is_null());
    }
    object
}

/// Blanks task tokens, which stand in the parameters of a waiting task as on AWS: whoever has one can
/// decide. Parameters, inputs and outputs are JSON in a text.
fn hide_tokens(value: &mut Value) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                if name == "taskToken" {
                    *member = Value::from("(hidden)");
                } else {
                    hide_tokens(member);
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(hide_tokens),
        Value::String(text) if text.contains("taskToken") => {
            if let Ok(mut inner) = serde_json::from_str(text) {
                hide_tokens(&mut inner);
                *text = inner.to_string();
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// `POST /_local/api/clock`: answers when everything that became due has run.
pub(crate) async fn clock(State(console): Shared, body: Bytes) -> Response {
    let Some(by) = read_advance(&body) else {
        return problem(
            StatusCode::BAD_REQUEST,
            "Send a length of time of at most 3650d, such as {\"advance\":\"7d\"}; units are s, m, h and d.",
        );
    };
    match console.executor.advance(by).await {
        Ok(()) => Json(json!({"now": console.clock.now()})).into_response(),
        Err(error) => {
            tracing::error!(%error, "the clock could not be moved");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The clock's new time could not be saved, so it was not moved.",
            )
        }
    }
}

/// How far the clock is to be moved.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    advance: String,
}

fn read_advance(body: &[u8]) -> Option<Duration> {
    let Advance { advance } = serde_json::from_slice(body).ok()?;
    // Without signs and fractions.
    let is_plain = advance.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let span = advance.parse::<Span>().ok().filter(|_| is_plain)?;
    let by = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    Duration::try_from(by)
        .ok()
        .filter(|by| *by <= FARTHEST_JUMP)
}

/// An error as RFC 9457 writes it.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = json!({"title": title, "status": status.as_u16(), "detail": detail});
    let content_type = [(header::CONTENT_TYPE, "application/problem+json")];
    (status, content_type, body.to_string()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_hidden_wherever_it_stands() {
        let mut details = json!({
            "parameters": "{\"Payload\":{\"taskToken\":\"secret\",\"phase\":\"CSM Review\"}}",
            "list": [{"taskToken": "secret"}],
        });
        hide_tokens(&mut details);
        let text = details.to_string();
        assert!(
            !text.contains("secret") && text.contains("CSM Review"),
            "{text}"
        );
    }
}
