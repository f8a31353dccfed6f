//! The operations of Step Functions that are answered here, with the names that AWS gives their fields.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Refusal};
use crate::states::{ExecutionView, Executor, HistoryEvent, StatesError};

impl From<StatesError> for Refusal {
    fn from(error: StatesError) -> Refusal {
        let message = error.to_string();
        match error.name() {
            Some(name) => Refusal::new(name, message),
            None => Refusal::internal(message),
        }
    }
}

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
        let problem = format!("Invalid execution input: {error}");
        Refusal::new("InvalidExecutionInput", problem)
    })?;
    let started = executor.start(&input.state_machine_arn, &name, value)?;
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
    let definition = executor
        .definition(arn)
        .ok_or_else(|| StatesError::StateMachineDoesNotExist(arn.clone()))?;
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

fn find(executor: &Executor, input: &OfExecution) -> Result<ExecutionView, StatesError> {
    let arn = &input.execution_arn;
    executor
        .execution(arn)
        .ok_or_else(|| StatesError::ExecutionDoesNotExist(arn.clone()))
}

pub(super) fn describe_execution(executor: &Executor, input: &OfExecution) -> Answer {
    let execution = find(executor, input)?;
    let redrivable = execution.not_redrivable.is_none();
    let output = execution.output.map(|output| output.to_string());
    let optional = [
        (
            "redriveStatusReason",
            execution.not_redrivable.map(Value::from),
        ),
        ("redriveDate", execution.redriven_at.map(epoch_seconds)),
        ("stopDate", execution.stopped_at.map(epoch_seconds)),
        (
            "outputDetails",
            output.as_ref().map(|_| json!({ "included": true })),
        ),
        ("output", output.map(Value::from)),
        ("error", execution.error.map(Value::from)),
        ("cause", execution.cause.map(Value::from)),
    ];
    let mut answer = json!({
        "executionArn": execution.arn,
        "stateMachineArn": execution.machine_arn,
        "name": execution.name,
        "status": execution.status.as_str(),
        "startDate": epoch_seconds(execution.started_at),
        "input": execution.input.to_string(),
        "inputDetails": { "included": true },
        "redriveCount": execution.redrives,
        "redriveStatus": if redrivable { "REDRIVABLE" } else { "NOT_REDRIVABLE" },
    });
    for (name, value) in optional {
        if let Some(value) = value {
            answer[name] = value;
        }
    }
    Ok(answer)
}

/// A client's token is not looked at: the same redrive sent twice is refused the second time.
pub(super) fn redrive_execution(executor: &Arc<Executor>, input: &OfExecution) -> Answer {
    let at = executor.redrive(&input.execution_arn)?;
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
    executor.send_task_success(&input.task_token, output)?;
    Ok(json!({}))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SendTaskFailure {
    task_token: String,
    #[serde(default)]
    error: String,
    #[serde(default)]
    cause: String,
}

pub(super) fn send_task_failure(executor: &Arc<Executor>, input: SendTaskFailure) -> Answer {
    executor.send_task_failure(&input.task_token, input.error, input.cause)?;
    Ok(json!({}))
}

/// As AWS JSON writes times: seconds since 1970 with milliseconds.
#[allow(clippy::cast_precision_loss, reason = "exact until the year 287396")]
fn epoch_seconds(at: Timestamp) -> Value {
    Value::from(at.as_millisecond() as f64 / 1000.0)
}
