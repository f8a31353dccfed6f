//! What operators ask of Step Functions: which executions stopped, and that they go on.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Answer, epoch_seconds};
use crate::states::{ExecutionStatus, ExecutionView, Executor};

/// When nothing is known of it: nothing here is older.
const NO_DATE: f64 = 0.0;

/// All of them, on one page.
pub(super) fn list_state_machines(executor: &Executor) -> Value {
    let machines = executor.machines().into_iter().map(|arn| {
        let name = last_part(&arn).to_owned();
        json!({ "stateMachineArn": arn, "name": name, "type": "STANDARD", "creationDate": NO_DATE })
    });
    json!({ "stateMachines": machines.collect::<Vec<_>>() })
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ListExecutions {
    state_machine_arn: String,
    status_filter: Option<String>,
}

/// Those of a machine, the one that started last first, on one page. Only of what is listed the history is read.
pub(super) fn list_executions(executor: &Executor, list: &ListExecutions) -> Value {
    let machine = &list.state_machine_arn;
    let of_machine = format!("{}:", machine.replacen(":stateMachine:", ":execution:", 1));
    let status = list.status_filter.as_deref();
    let executions = executor.names().into_iter().filter_map(|name| {
        let arn = executor.arn(&name)?;
        let is_wanted = status.is_none_or(|status| {
            let own = executor.status(&name);
            own.is_some_and(|own| own.as_str() == status)
        });
        let is_listed = is_wanted && arn.starts_with(&of_machine);
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
        "status": view.status.as_str(),
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RedriveExecution {
    execution_arn: String,
}

pub(super) fn redrive_execution(executor: &Arc<Executor>, redrive: &RedriveExecution) -> Answer {
    executor.redrive(last_part(&redrive.execution_arn))?;
    Ok(json!({ "redriveDate": epoch_seconds(executor.now()) }))
}

fn last_part(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap_or_default()
}
