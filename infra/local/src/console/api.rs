//! `/_local/api`: what tests and scripts look at, and the one address that moves the clock.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::Shared;
use crate::states::ExecutionView;

/// Ten years: longer than anything here waits, and far from the end of time.
const FARTHEST_JUMP: Duration = Duration::from_hours(10 * 365 * 24);

/// `GET /_local/api/emails[?to=]`.
pub(crate) async fn emails(State(console): Shared, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    let mut to = None;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if name != "to" {
            return problem(
                StatusCode::BAD_REQUEST,
                &format!("There is no filter `{name}`. Use `to` with an address, or nothing."),
            );
        }
        to = Some(value.into_owned());
    }
    json_answer(StatusCode::OK, &json!(console.outbox.list(to.as_deref())))
}

/// `GET /_local/api/executions/{requestId}`.
pub(crate) async fn execution(State(console): Shared, Path(id): Path<String>) -> Response {
    match console.executor.execution(&id) {
        Some(execution) => json_answer(StatusCode::OK, &describe(&execution)),
        None => problem(
            StatusCode::NOT_FOUND,
            "No execution has this request's id. It appears once the request was accepted.",
        ),
    }
}

fn describe(execution: &ExecutionView) -> Value {
    let history = execution.history.iter().map(|event| {
        let mut entry = Map::new();
        entry.insert("at".into(), json!(event.at));
        entry.insert("type".into(), json!(event.event_type));
        if let Some(state) = &event.state {
            entry.insert("state".into(), json!(state));
        }
        let mut details = event.details.clone();
        hide_tokens(&mut details);
        entry.insert("details".into(), details);
        Value::Object(entry)
    });
    let mut answer = Map::new();
    answer.insert("status".into(), execution.status.as_str().into());
    answer.insert("input".into(), execution.input.clone());
    if let Some(output) = &execution.output {
        answer.insert("output".into(), output.clone());
    }
    let texts = [("error", &execution.error), ("cause", &execution.cause)];
    for (name, text) in texts {
        if let Some(text) = text {
            answer.insert(name.into(), json!(text));
        }
    }
    answer.insert("history".into(), history.collect());
    Value::Object(answer)
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
    let by = match read_advance(&body) {
        Ok(by) => by,
        Err(detail) => return problem(StatusCode::BAD_REQUEST, &detail),
    };
    match console.executor.advance(by).await {
        Ok(()) => json_answer(StatusCode::OK, &json!({"now": console.clock.now()})),
        Err(error) => {
            tracing::error!(%error, "the clock could not be moved");
            problem(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The clock's new time could not be saved, so it was not moved.",
            )
        }
    }
}

/// The length in `{"advance":"7d"}`.
fn read_advance(body: &[u8]) -> Result<Duration, String> {
    const USAGE: &str =
        "Send a length of time such as {\"advance\":\"7d\"}; units are s, m, h and d.";
    let body: Value =
        serde_json::from_slice(body).map_err(|_| format!("The body is not JSON. {USAGE}"))?;
    let members = body.as_object().filter(|members| members.len() == 1);
    let text = members
        .and_then(|members| members.get("advance"))
        .and_then(Value::as_str)
        .ok_or_else(|| format!("The body needs `advance` alone, with a text. {USAGE}"))?;
    let refuse = || format!("`{text}` is not a length of time. {USAGE}");
    let unit = text.chars().last().ok_or_else(refuse)?;
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(refuse());
    }
    let unit_seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 60 * 60,
        'd' => 24 * 60 * 60,
        _ => return Err(refuse()),
    };
    let number = digits.parse::<u64>().ok();
    let seconds = number.and_then(|number| number.checked_mul(unit_seconds));
    seconds
        .map(Duration::from_secs)
        .filter(|by| *by <= FARTHEST_JUMP)
        .ok_or_else(|| format!("`{text}` is too far: at most 3650d at a time."))
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    answer(status, "application/json", body)
}

/// An error as RFC 9457 writes it.
pub(crate) fn problem(status: StatusCode, detail: &str) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    let body = json!({"title": title, "status": status.as_u16(), "detail": detail});
    answer(status, "application/problem+json", &body)
}

fn answer(status: StatusCode, content_type: &'static str, body: &Value) -> Response {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
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
