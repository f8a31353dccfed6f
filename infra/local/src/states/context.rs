//! What expressions see as `$states`: the state's input and Step Functions' context object.

use serde_json::{Value, json};

use super::{history::rfc3339_millis, position::Visit, run::Run};

/// `$states` for a stay in a state, without a result or an error.
pub(crate) fn states(run: &Run, visit: &Visit) -> Value {
    let start = run.start();
    let mut state = json!({
        "EnteredTime": rfc3339_millis(visit.entered_at),
        "Name": visit.state,
    });
    // As on AWS, only states that can retry have a count.
    if run.current_task().is_some() {
        state["RetryCount"] = json!(visit.retries.values().sum::<u32>());
    }
    let mut execution = json!({
        "Id": start.arn(),
        "Input": start.input,
        "Name": start.name,
        "RoleArn": start.role_arn(),
        "StartTime": rfc3339_millis(run.started_at()),
        "RedriveCount": run.redrives(),
    });
    if let Some(at) = run.redriven_at() {
        execution["RedriveTime"] = json!(rfc3339_millis(at));
    }
    json!({
        "input": visit.input,
        "context": {
            "Execution": execution,
            "State": state,
            "StateMachine": {"Id": start.machine_arn, "Name": start.machine_name()},
        },
    })
}
