//! Step Functions: AWS JSON 1.0 over the executor.
//!
//! The operation is in the header `X-Amz-Target`; the body is its input. What the functions' SDKs send is
//! answered, and what `infra/admin` sends; anything else is refused by name.

mod operators;

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

use crate::states::{Executor, StatesError};

const TARGET: &str = "AWSStepFunctions.";

/// Step Functions at any path under where it is mounted: the protocol has one address.
pub fn router(executor: Arc<Executor>) -> Router {
    Router::new()
        .fallback(serve)
        .layer(DefaultBodyLimit::max(2 * 1024 * 1024))
        .with_state(executor)
}

/// A refusal by Step Functions' own name.
struct Refusal {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Refusal {
    fn new(kind: &'static str, message: String) -> Refusal {
        Refusal {
            status: StatusCode::BAD_REQUEST,
            kind,
            message,
        }
    }
}

impl From<StatesError> for Refusal {
    fn from(error: StatesError) -> Refusal {
        let message = error.to_string();
        match error.name() {
            Some(name) => Refusal::new(name, message),
            None => Refusal {
                status: StatusCode::INTERNAL_SERVER_ERROR,
                kind: "InternalServerException",
                message,
            },
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
        "ListExecutions" => Ok(operators::list_executions(executor, &read(body)?)),
        "ListStateMachines" => Ok(operators::list_state_machines(executor)),
        "RedriveExecution" => operators::redrive_execution(executor, &read(body)?),
        "StartExecution" => start_execution(executor, &read(body)?),
        "DescribeStateMachine" => describe_state_machine(executor, read(body)?),
        "DescribeStateMachineAlias" => describe_state_machine_alias(executor, read(body)?),
        "SendTaskSuccess" => send_task_success(executor, &read(body)?),
        "SendTaskFailure" => send_task_failure(executor, read(body)?),
        _ => Err(Refusal::new(
            "UnknownOperationException",
            format!("The local stack does not implement `{target}` of Step Functions"),
        )),
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Refusal> {
    let input = serde_json::from_slice(body);
    input.map_err(|error| Refusal::new("ValidationException", error.to_string()))
}

/// A value that stands as JSON text inside an input.
fn read_text(text: &str, refusal: &'static str) -> Answer {
    serde_json::from_str(text).map_err(|error| Refusal::new(refusal, error.to_string()))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartExecution {
    state_machine_arn: String,
    name: String,
    input: String,
}

fn start_execution(executor: &Arc<Executor>, start: &StartExecution) -> Answer {
    let input = read_text(&start.input, "InvalidExecutionInput")?;
    let started = executor.start(&start.state_machine_arn, &start.name, input)?;
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

fn describe_state_machine(executor: &Executor, input: DescribeStateMachine) -> Answer {
    let arn = input.state_machine_arn;
    match executor.definition(&arn) {
        Some(definition) => Ok(json!({ "stateMachineArn": arn, "definition": definition })),
        None => Err(StatesError::StateMachineDoesNotExist(arn).into()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct DescribeStateMachineAlias {
    state_machine_alias_arn: String,
}

/// There is no gradual deployment here: all goes to the version that was published last.
fn describe_state_machine_alias(executor: &Executor, input: DescribeStateMachineAlias) -> Answer {
    let arn = input.state_machine_alias_arn;
    match executor.version(&arn) {
        Some(version) => Ok(json!({
            "stateMachineAliasArn": arn,
            "routingConfiguration": [{ "stateMachineVersionArn": version, "weight": 100 }],
        })),
        None => Err(Refusal::new("ResourceNotFound", arn)),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendTaskSuccess {
    task_token: String,
    output: String,
}

fn send_task_success(executor: &Arc<Executor>, input: &SendTaskSuccess) -> Answer {
    let output = read_text(&input.output, "InvalidOutput")?;
    executor.send_task_success(&input.task_token, output)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SendTaskFailure {
    task_token: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    cause: String,
}

fn send_task_failure(executor: &Arc<Executor>, input: SendTaskFailure) -> Answer {
    executor.send_task_failure(&input.task_token, input.error, input.cause)?;
    Ok(json!({}))
}

/// As AWS JSON writes times: seconds since 1970 with milliseconds.
#[allow(clippy::cast_precision_loss, reason = "exact until the year 287396")]
fn epoch_seconds(at: Timestamp) -> Value {
    Value::from(at.as_millisecond() as f64 / 1000.0)
}

#[cfg(test)]
mod tests;
