//! Step Functions: AWS JSON 1.0 over the executor.
//!
//! The operation is in the header `X-Amz-Target`; the body is its input. What the functions' SDKs send is
//! answered, and what `infra/admin` sends; anything else is refused by name.

use std::sync::Arc;

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::states::{ExecutionStatus, ExecutionView, Executor, StatesError};

const TARGET: &str = "AWSStepFunctions.";

/// The name of what is not the caller's fault.
const INTERNAL: &str = "InternalServerException";

/// When nothing is known of it: nothing here is older.
const NO_DATE: f64 = 0.0;

/// Step Functions at any path under where it is mounted: the protocol has one address.
pub fn router(executor: Arc<Executor>) -> Router {
    Router::new()
        .fallback(serve)
        .layer(DefaultBodyLimit::max(2 * 1024 * 1024))
        .with_state(executor)
}

/// A refusal: Step Functions' own name for it, and what it says.
struct Refusal(&'static str, String);

impl From<StatesError> for Refusal {
    fn from(error: StatesError) -> Refusal {
        Refusal(error.name().unwrap_or(INTERNAL), error.to_string())
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
        Err(Refusal(kind, message)) => {
            let status = match kind {
                INTERNAL => StatusCode::INTERNAL_SERVER_ERROR,
                _ => StatusCode::BAD_REQUEST,
            };
            (status, json!({ "__type": kind, "message": message }))
        }
    };
    let headers = [
        (
            header::CONTENT_TYPE.as_str(),
            "application/x-amz-json-1.0".to_owned(),
        ),
        ("x-amzn-requestid", Uuid::new_v4().to_string()),
    ];
    (status, headers, body.to_string()).into_response()
}

fn answer(executor: &Arc<Executor>, target: &str, body: &[u8]) -> Answer {
    let input = read_json(body, "ValidationException")?;
    let text = |name: &str| {
        let missing = || Refusal("ValidationException", format!("missing field `{name}`"));
        input[name].as_str().ok_or_else(missing)
    };
    match target.strip_prefix(TARGET).unwrap_or_default() {
        "ListExecutions" => {
            let status = input["statusFilter"].as_str();
            Ok(list_executions(executor, text("stateMachineArn")?, status))
        }
        "ListStateMachines" => Ok(list_state_machines(executor)),
        "RedriveExecution" => {
            executor.redrive(last_part(text("executionArn")?))?;
            Ok(json!({ "redriveDate": epoch_seconds(executor.now()) }))
        }
        "StartExecution" => {
            let start = read_json(text("input")?.as_bytes(), "InvalidExecutionInput")?;
            let started = executor.start(text("stateMachineArn")?, text("name")?, start)?;
            Ok(json!({
                "executionArn": started.execution_arn,
                "startDate": epoch_seconds(started.started_at),
            }))
        }
        "DescribeStateMachine" => {
            let arn = text("stateMachineArn")?;
            let unknown = || StatesError::StateMachineDoesNotExist(arn.to_owned());
            let definition = executor.definition(arn).ok_or_else(unknown)?;
            Ok(json!({ "stateMachineArn": arn, "definition": definition }))
        }
        // There is no gradual deployment here: all goes to the version that was published last.
        "DescribeStateMachineAlias" => {
            let arn = text("stateMachineAliasArn")?;
            let unknown = || Refusal("ResourceNotFound", arn.to_owned());
            let version = executor.version(arn).ok_or_else(unknown)?;
            Ok(json!({
                "stateMachineAliasArn": arn,
                "routingConfiguration": [{ "stateMachineVersionArn": version, "weight": 100 }],
            }))
        }
        "SendTaskSuccess" => {
            let output = read_json(text("output")?.as_bytes(), "InvalidOutput")?;
            executor.send_task_success(text("taskToken")?, output)?;
            Ok(json!({}))
        }
        "SendTaskFailure" => {
            let optional = |name: &str| input[name].as_str().unwrap_or_default();
            let (error, cause) = (optional("error"), optional("cause"));
            executor.send_task_failure(text("taskToken")?, error, cause)?;
            Ok(json!({}))
        }
        _ => Err(Refusal(
            "UnknownOperationException",
            format!("The local stack does not implement `{target}` of Step Functions"),
        )),
    }
}

fn read_json(text: &[u8], refusal: &'static str) -> Answer {
    serde_json::from_slice(text).map_err(|error| Refusal(refusal, error.to_string()))
}

/// All of them, on one page.
fn list_state_machines(executor: &Executor) -> Value {
    let machines = executor.machines().into_iter().map(|arn| {
        let name = last_part(&arn).to_owned();
        json!({ "stateMachineArn": arn, "name": name, "type": "STANDARD", "creationDate": NO_DATE })
    });
    json!({ "stateMachines": machines.collect::<Vec<_>>() })
}

/// Those of a machine, the one that started last first, on one page. Only of what is listed the history is read.
fn list_executions(executor: &Executor, machine: &str, status: Option<&str>) -> Value {
    let of_machine = format!("{}:", machine.replacen(":stateMachine:", ":execution:", 1));
    let executions = executor.names().into_iter().filter_map(|name| {
        let arn = executor.arn(&name)?;
        let own = executor.status(&name)?.as_str();
        let is_listed = arn.starts_with(&of_machine) && status.is_none_or(|status| status == own);
        let view = is_listed.then(|| executor.execution(&name)).flatten()?;
        Some(as_item(machine, &arn, &view))
    });
    json!({ "executions": executions.collect::<Vec<_>>() })
}

fn as_item(machine: &str, arn: &str, view: &ExecutionView) -> Value {
    let mut item = json!({
        "executionArn": arn,
        "stateMachineArn": machine,
        "name": view.name,
        "status": view.status,
        "startDate": epoch_seconds(view.started_at),
        "redriveCount": view.redrives,
    });
    if view.status != ExecutionStatus::Running
        && let Some(last) = view.history.last()
    {
        item["stopDate"] = epoch_seconds(last.at);
    }
    item
}

fn last_part(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}

/// As AWS JSON writes times: seconds since 1970 with milliseconds.
#[allow(clippy::cast_precision_loss, reason = "exact until the year 287396")]
fn epoch_seconds(at: Timestamp) -> Value {
    Value::from(at.as_millisecond() as f64 / 1000.0)
}

#[cfg(test)]
mod tests;
