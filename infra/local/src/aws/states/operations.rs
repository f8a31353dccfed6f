//! The operations of Step Functions that are answered here, with the names that AWS gives their fields.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Refusal};
use crate::states::{ExecutionView, Executor, HistoryEvent, RedriveError, StartError, TokenError};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StartExecution {
    state_machine_arn: String,
    name: Option<String>,
    input: Option<String>,
}

pub(super) fn start_execution(executor: &Arc<Executor>, input: StartExecution) -> Answer {
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
pub(super) struct DescribeStateMachine {
    state_machine_arn: String,
}

pub(super) fn describe_state_machine(executor: &Executor, input: &DescribeStateMachine) -> Answer {
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
pub(super) struct OfExecution {
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

pub(super) fn describe_execution(executor: &Executor, input: &OfExecution) -> Answer {
    let execution = find(executor, input)?;
    let mut answer = json!({
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status.as_str(),
        "startDate": epoch_seconds(execution.started_at),
        "input": execution.input.to_string(),
        "inputDetails": { "included": true },
        "redriveCount": execution.redrives,
    });
    answer["redriveStatus"] = match execution.not_redrivable {
        None => "REDRIVABLE".into(),
        Some(reason) => {
            answer["redriveStatusReason"] = reason.into();
            "NOT_REDRIVABLE".into()
        }
    };
    if let Some(redriven_at) = execution.redriven_at {
        answer["redriveDate"] = epoch_seconds(redriven_at);
    }
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RedriveExecution {
    execution_arn: String,
}

/// A client's token is not looked at: the same redrive sent twice is refused the second time.
pub(super) fn redrive_execution(executor: &Arc<Executor>, input: &RedriveExecution) -> Answer {
    let at = executor.redrive(&input.execution_arn).map_err(|error| {
        let message = error.to_string();
        match error {
            RedriveError::ExecutionDoesNotExist(_) => {
                Refusal::new("ExecutionDoesNotExist", message)
            }
            RedriveError::ExecutionNotRedrivable(_) => {
                Refusal::new("ExecutionNotRedrivable", message)
            }
            RedriveError::Stopped | RedriveError::Storage(_) => Refusal::internal(message),
        }
    })?;
    Ok(json!({ "redriveDate": epoch_seconds(at) }))
}

/// How many events a page has unless the caller says otherwise.
const PAGE: usize = 100;
const LARGEST_PAGE: usize = 1000;

pub(super) fn get_execution_history(executor: &Executor, input: &OfExecution) -> Answer {
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
pub(super) struct SendTaskSuccess {
    task_token: String,
    output: String,
}

pub(super) fn send_task_success(executor: &Arc<Executor>, input: &SendTaskSuccess) -> Answer {
    let output = serde_json::from_str(&input.output)
        .map_err(|error| Refusal::new("InvalidOutput", format!("Invalid Output: '{error}'")))?;
    executor
        .send_task_success(&input.task_token, output)
        .map_err(|error| token_refusal(&error))?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendTaskFailure {
    task_token: String,
    error: Option<String>,
    cause: Option<String>,
}

pub(super) fn send_task_failure(executor: &Arc<Executor>, input: SendTaskFailure) -> Answer {
    executor
        .send_task_failure(
            &input.task_token,
            input.error.unwrap_or_default(),
            input.cause.unwrap_or_default(),
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
