//! Nothing of a stack stays: neither what CloudFormation deletes, nor what it keeps on purpose.

use std::time::Duration;

use anyhow::{bail, ensure};
use serde_json::{Value, json};

use super::{deployment::Deployment, until};
use crate::Checks;

/// How long AWS may take to delete what it was told to, and to stop listing it.
const DELETION: Duration = Duration::from_mins(5);
/// What lists everything of the kinds that are kept.
const LISTS: [(&str, &str); 5] = [
    ("dynamodb", "list_tables"),
    ("secretsmanager", "list_secrets"),
    ("stepfunctions", "list_state_machines"),
    ("iam", "list_roles"),
    ("logs", "describe_log_groups"),
];

/// Deletes a stack however far it got, as `infra/README.md` says it for an account in use, and then what that keeps.
pub(in crate::rig) fn tear_down(deployment: &Deployment, checks: &mut Checks<'_>) {
    let name = &deployment.target.stack;
    // A stack that was deleted is found by its id alone.
    let Ok(stack) = deployment.described() else {
        return checks.check(&format!("there is no stack {name}"), Ok(()));
    };
    checks.attempt(&format!("sam delete deletes the stack {name}"), || {
        stop_executions(deployment)?;
        deployment.delete()
    });
    let mut kept = Vec::new();
    checks.attempt(
        "what it keeps is deleted too: the table, the link key, the machines and their role",
        || {
            kept = kept_of(deployment, &stack["StackId"])?;
            for resource in &kept {
                until(DELETION, || delete(deployment, resource))?;
            }
            Ok(())
        },
    );
    checks.attempt(&format!("nothing of {name} is left"), || {
        until(DELETION, || nothing_left(deployment, &kept))
    });
}

/// Without the functions, what still waits could not go on, and a machine is there until the last execution has ended.
fn stop_executions(deployment: &Deployment) -> anyhow::Result<()> {
    let machines = deployment.aws("stepfunctions", "list_state_machines", &json!({}))?;
    let prefix = format!("{}_", deployment.target.stack);
    let own = |machine: &&Value| {
        machine["name"]
            .as_str()
            .is_some_and(|it| it.starts_with(&prefix))
    };
    for machine in machines["stateMachines"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(own)
    {
        let running =
            json!({"stateMachineArn": machine["stateMachineArn"], "statusFilter": "RUNNING"});
        let running = deployment.aws("stepfunctions", "list_executions", &running)?;
        for execution in running["executions"].as_array().into_iter().flatten() {
            let stop = json!({"executionArn": execution["executionArn"]});
            deployment.aws("stepfunctions", "stop_execution", &stop)?;
        }
    }
    Ok(())
}

/// What CloudFormation says that it did not delete.
struct Kept {
    kind: String,
    id: String,
}

fn kept_of(deployment: &Deployment, stack_id: &Value) -> anyhow::Result<Vec<Kept>> {
    let which = json!({"StackName": stack_id});
    let events = deployment.aws("cloudformation", "describe_stack_events", &which)?;
    let events = events["StackEvents"].as_array().into_iter().flatten();
    let skipped = events.filter(|event| event["ResourceStatus"] == "DELETE_SKIPPED");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut kept: Vec<Kept> = skipped
        .map(|event| Kept {
            kind: text(&event["ResourceType"]),
            id: text(&event["PhysicalResourceId"]),
        })
        .collect();
    kept.retain(|it| !it.id.is_empty());
    ensure!(
        !kept.is_empty(),
        "it keeps nothing, against what the template says"
    );
    Ok(kept)
}

fn delete(deployment: &Deployment, kept: &Kept) -> anyhow::Result<()> {
    let id = &kept.id;
    let call = |service, operation, arguments: Value| {
        let called = deployment.aws(service, operation, &arguments);
        called.map(drop).or_else(unless_gone)
    };
    match kept.kind.as_str() {
        "AWS::DynamoDB::Table" => {
            let table = deployment.aws("dynamodb", "describe_table", &json!({"TableName": id}))?;
            if table["Table"]["DeletionProtectionEnabled"] == true {
                let open = json!({"TableName": id, "DeletionProtectionEnabled": false});
                call("dynamodb", "update_table", open)?;
            }
            call("dynamodb", "delete_table", json!({"TableName": id}))
        }
        "AWS::SecretsManager::Secret" => {
            let which = json!({"SecretId": id, "ForceDeleteWithoutRecovery": true});
            call("secretsmanager", "delete_secret", which)
        }
        "AWS::StepFunctions::StateMachine" => {
            let which = json!({"stateMachineArn": id});
            call("stepfunctions", "delete_state_machine", which)
        }
        "AWS::IAM::Role" => {
            let policies = deployment.aws("iam", "list_role_policies", &json!({"RoleName": id}));
            let Ok(policies) = policies else {
                return policies.map(drop).or_else(unless_gone);
            };
            for policy in policies["PolicyNames"].as_array().into_iter().flatten() {
                let which = json!({"RoleName": id, "PolicyName": policy});
                call("iam", "delete_role_policy", which)?;
            }
            call("iam", "delete_role", json!({"RoleName": id}))
        }
        // They go with the function or the machine.
        "AWS::Lambda::Version"
        | "AWS::StepFunctions::StateMachineAlias"
        | "AWS::StepFunctions::StateMachineVersion" => Ok(()),
        kind => bail!("a {kind} is kept, which this does not know: {id}"),
    }
}

/// A deletion that is tried again finds nothing.
fn unless_gone(error: anyhow::Error) -> anyhow::Result<()> {
    let said = format!("{error:#}");
    let gone = [
        "ResourceNotFoundException",
        "NoSuchEntity",
        "StateMachineDoesNotExist",
    ];
    if gone.iter().any(|code| said.contains(code)) {
        return Ok(());
    }
    Err(error)
}

fn nothing_left(deployment: &Deployment, kept: &[Kept]) -> anyhow::Result<()> {
    let name = &deployment.target.stack;
    let mut left = Vec::new();
    for (service, operation) in LISTS {
        let listed = deployment.aws(service, operation, &json!({}))?.to_string();
        let ids = kept.iter().map(|it| &it.id).chain([name]);
        let found = ids.filter(|id| listed.contains(id.as_str()));
        left.extend(found.map(|id| format!("{service}: {id}")));
    }
    ensure!(left.is_empty(), "{left:?}");
    Ok(())
}
