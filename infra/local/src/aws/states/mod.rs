//! Step Functions: AWS JSON 1.0 over the executor.
//!
//! The operation is in the header `X-Amz-Target`; the body is its input. Only what functions and tools
//! here need is answered; anything else is refused by name.

mod operations;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
};
use bytes::Bytes;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::states::Executor;
use operations::{
    describe_execution, describe_state_machine, get_execution_history, redrive_execution,
    send_task_failure, send_task_success, start_execution,
};

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
        "RedriveExecution" => redrive_execution(executor, &read(body)?),
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

#[cfg(test)]
mod tests;
