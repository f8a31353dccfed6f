//! Step Functions: AWS JSON 1.0 over the executor.
//!
//! The operation is in the header `X-Amz-Target`; the body is its input. Only what functions and tools
//! here need is answered; anything else is refused by name.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::states::{ExecutionView, Executor, HistoryEvent, StartError, TokenError};

const TARGET: &str = "AWSStepFunctions.";

/// Step Functions at any path under where it is mounted: the protocol has one address.
pub fn router(executor: Arc<Executor>) -> Router {
    Router::new()
        .fallback(serve)
        .layer(DefaultBodyLimit::max(2 * 1024 * 1024))
        .with_state(executor)
}

/// A refusal by Step Functions' own name.
#[derive(Debug, PartialEq, Eq)]
struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Refusal {
    fn new(kind: &'static str, message: impl Into<String>) -> Refusal {
        Refusal {
            status: StatusCode::BAD_REQUEST,
            kind,
            message: message.into(),
        }
    }

    fn internal(message: impl Into<String>) -> Refusal {
        Refusal {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Refusal::new("InternalServerException", message)
        }
    }
}

type Answer = Result<Value, Refusal>;

async fn serve(State(executor): State<Arc<Executor>>, headers: HeaderMap, body: Bytes) -> Response {
    let target = headers
        .get("x-amz-target")
        .and_then(|target| target.to_str().ok())
        .unwrap_or_default();
    let (status, body) = match answer(&executor, target, &body) {
        Ok(body) => (StatusCode::OK, body),
        Err(refusal) => (
            refusal.status,
            json!({ "__type": refusal.kind, "message": refusal.message }),
        ),
    };
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/x-amz-json-1.0");
    headers.insert(header::CONTENT_TYPE, json);
    let id = HeaderValue::try_from(Uuid::new_v4().to_string()).expect("a UUID is header text");
    headers.insert("x-amzn-requestid", id);
    response
}

fn answer(executor: &Arc<Executor>, target: &str, body: &[u8]) -> Answer {
    match target.strip_prefix(TARGET).unwrap_or_default() {
        "StartExecution" => start_execution(executor, read(body)?),
        "DescribeStateMachine" => describe_state_machine(executor, &read(body)?),
        "DescribeExecution" => describe_execution(executor, &read(body)?),
        "GetExecutionHistory" => get_execution_history(executor, &read(body)?),
        "SendTaskSuccess" => send_task_success(executor, &read(body)?),
        "SendTaskFailure" => send_task_failure(executor, read(body)?),
        _ => Err(Refusal::new(
            "UnknownOperationException",
            format!("The local stack does not implement `{target}` of Step Functions"),
        )),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|error| {
        Refusal::new(
            "ValidationException",
            format!("The input is wrong: {error}"),
        )
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartExecution {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
}

fn start_execution(executor: &Arc<Executor>, input: StartExecution) -> Answer {
    let name = input.name.unwrap_or_else(|| Uuid::new_v4().to_string());
    let text = input.input.unwrap_or_else(|| "{}".to_owned());
    let value = serde_json::from_str(&text).map_err(|error| {
        Refusal::new(
            "InvalidExecutionInput",
            format!("Invalid execution input: {error}"),
        )
    })?;
    let started = executor
        .start(&input.state_machine_arn, &name, value)
        .map_err(|error| {
            let message = error.to_string();
            match error {
                StartError::InvalidName(_) => Refusal::new("InvalidName", message),
                StartError::InvalidExecutionInput(_) => {
                    Refusal::new("InvalidExecutionInput", message)
                }
                StartError::StateMachineDoesNotExist(_) => {
                    Refusal::new("StateMachineDoesNotExist", message)
                }
                StartError::ExecutionAlreadyExists(_) => {
                    Refusal::new("ExecutionAlreadyExists", message)
                }
                StartError::Stopped | StartError::Storage(_) => Refusal::internal(message),
            }
        })?;
    Ok(json!({
        "executionArn": started.execution_arn,
        "startDate": epoch_seconds(started.started_at),
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeStateMachine {
    state_machine_arn: String,
}

fn describe_state_machine(executor: &Executor, input: &DescribeStateMachine) -> Answer {
    let arn = &input.state_machine_arn;
    let definition = executor.definition(arn).ok_or_else(|| {
        Refusal::new(
            "StateMachineDoesNotExist",
            format!("State Machine Does Not Exist: '{arn}'"),
        )
    })?;
    Ok(json!({
        "stateMachineArn": arn,
        "name": arn.rsplit(':').next(),
        "status": "ACTIVE",
        "definition": definition,
        "roleArn": "arn:aws:iam::000000000000:role/local",
        "type": "STANDARD",
        "creationDate": 0,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfExecution {
    execution_arn: String,
    max_results: Option<usize>,
    next_token: Option<String>,
    #[serde(default)]
    reverse_order: bool,
}

fn find(executor: &Executor, input: &OfExecution) -> Result<ExecutionView, Refusal> {
    let arn = &input.execution_arn;
    executor.execution(arn).ok_or_else(|| {
        Refusal::new(
            "ExecutionDoesNotExist",
            format!("Execution Does Not Exist: '{arn}'"),
        )
    })
}

fn describe_execution(executor: &Executor, input: &OfExecution) -> Answer {
    let execution = find(executor, input)?;
    let mut answer = json!({
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status.as_str(),
        "startDate": epoch_seconds(execution.started_at),
        "input": execution.input.to_string(),
        "inputDetails": { "included": true },
        "redriveCount": 0,
    });
    if let Some(stopped_at) = execution.stopped_at {
        answer["stopDate"] = epoch_seconds(stopped_at);
    }
    if let Some(output) = execution.output {
        answer["output"] = Value::from(output.to_string());
        answer["outputDetails"] = json!({ "included": true });
    }
    for (name, text) in [("error", execution.error), ("cause", execution.cause)] {
        if let Some(text) = text {
            answer[name] = Value::from(text);
        }
    }
    Ok(answer)
}

/// How many events a page has unless the caller says otherwise.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

fn get_execution_history(executor: &Executor, input: &OfExecution) -> Answer {
    let mut events = find(executor, input)?.history;
    if input.reverse_order {
        events.reverse();
    }
    // The token is where the next page begins.
    let begin: usize = match &input.next_token {
        Some(token) => token
            .parse()
            .map_err(|_| Refusal::new("InvalidToken", "Invalid Token: 'Invalid nextToken'"))?,
        None => 0,
    };
    // 0 means the default, as on AWS.
    let size = match input.max_results.unwrap_or(0) {
        0 => PAGE,
        size => size.min(LARGEST_PAGE),
    };
    let page: Vec<Value> = events.iter().skip(begin).take(size).map(event).collect();
    let mut answer = json!({ "events": page });
    if begin + size < events.len() {
        answer["nextToken"] = Value::from((begin + size).to_string());
    }
    Ok(answer)
}

fn event(event: &HistoryEvent) -> Value {
    json!({
        "timestamp": epoch_seconds(event.at),
        "type": event.event_type,
        "id": event.id,
        "previousEventId": event.previous_event_id,
        event.event_type.details_field(): event.details,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendTaskSuccess {
    task_token: String,
    output: String,
}

fn send_task_success(executor: &Arc<Executor>, input: &SendTaskSuccess) -> Answer {
    let output = serde_json::from_str(&input.output)
        .map_err(|error| Refusal::new("InvalidOutput", format!("Invalid Output: '{error}'")))?;
    executor
        .send_task_success(&input.task_token, output)
        .map_err(|error| token_refusal(&error))?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendTaskFailure {
    task_token: String,
    error: Option<String>,
    cause: Option<String>,
}

fn send_task_failure(executor: &Arc<Executor>, input: SendTaskFailure) -> Answer {
    executor
        .send_task_failure(
            &input.task_token,
            &input.error.unwrap_or_default(),
            &input.cause.unwrap_or_default(),
        )
        .map_err(|error| token_refusal(&error))?;
    Ok(json!({}))
}

fn token_refusal(error: &TokenError) -> Refusal {
    let message = error.to_string();
    match error {
        TokenError::TaskTimedOut => Refusal::new("TaskTimedOut", message),
        TokenError::InvalidToken => Refusal::new("InvalidToken", message),
        TokenError::InvalidOutput(_) => Refusal::new("InvalidOutput", message),
        TokenError::Stopped | TokenError::Storage(_) => Refusal::internal(message),
    }
}

/// As AWS JSON writes times: seconds since 1970 with milliseconds.
#[allow(clippy::cast_precision_loss, reason = "exact until the year 287396")]
fn epoch_seconds(at: Timestamp) -> Value {
    Value::from(at.as_millisecond() as f64 / 1000.0)
}

#[cfg(test)]
#[path = "states_tests.rs"]
mod tests;
