//! The process on AWS Step Functions.

mod executions;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::RoutingConfigurationListItem;

use domain::id::{RequestId, TaskToken};
use domain::task::Outcome;
use domain::workflow::{RoutedVersion, Workflow, WorkflowError};

pub use executions::SfnExecutions;

/// Step Functions.
#[derive(Debug, Clone)]
pub struct SfnWorkflow {
    client: Client,
}

impl SfnWorkflow {
    /// A client for this environment.
    pub fn new(config: &aws_config::SdkConfig) -> Self {
        Self {
            client: Client::new(config),
        }
    }
}

fn unavailable(error: &impl ProvideErrorMetadata) -> WorkflowError {
    WorkflowError::Unavailable(error.code().unwrap_or("no answer").to_owned())
}

/// Why a waiting task could not be answered.
fn of_token(error: &impl ProvideErrorMetadata) -> WorkflowError {
    match error.code() {
        Some("TaskTimedOut" | "InvalidToken" | "TaskDoesNotExist") => WorkflowError::TokenGone,
        _ => unavailable(error),
    }
}

impl Workflow for SfnWorkflow {
    async fn versions(&self, alias: &str) -> Result<Vec<RoutedVersion>, WorkflowError> {
        let call = self.client.describe_state_machine_alias();
        let answer = call.state_machine_alias_arn(alias).send().await;
        let routes = answer
            .map_err(|error| unavailable(&error))?
            .routing_configuration;
        let routes = routes.into_iter().flatten();
        let version = |route: RoutingConfigurationListItem| RoutedVersion {
            arn: route.state_machine_version_arn,
            percent: u8::try_from(route.weight).unwrap_or_default(),
        };
        Ok(routes.map(version).collect())
    }

    async fn definition(&self, version: &str) -> Result<String, WorkflowError> {
        let call = self.client.describe_state_machine();
        match call.state_machine_arn(version).send().await {
            Ok(machine) => Ok(machine.definition),
            Err(error) if error.code() == Some("StateMachineDoesNotExist") => {
                Err(WorkflowError::VersionGone)
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn start(&self, version: &str, request: RequestId) -> Result<(), WorkflowError> {
        let input = serde_json::json!({ "requestId": request }).to_string();
        let call = self.client.start_execution().state_machine_arn(version);
        match call.name(request.to_string()).input(input).send().await {
            Ok(_) => Ok(()),
            // It was started before, and may even have ended: that is what was wanted.
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(()),
            Err(error) if error.code() == Some("StateMachineDoesNotExist") => {
                Err(WorkflowError::VersionGone)
            }
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn succeed(&self, token: &TaskToken, outcome: &Outcome) -> Result<(), WorkflowError> {
        let output = serde_json::to_string(outcome).expect("an outcome is a word");
        let call = self.client.send_task_success().task_token(token.as_str());
        let answer = call.output(output).send().await;
        answer.map(drop).map_err(|error| of_token(&error))
    }

    async fn fail(&self, token: &TaskToken, name: &str) -> Result<(), WorkflowError> {
        let call = self.client.send_task_failure().task_token(token.as_str());
        let answer = call.error(name).send().await;
        answer.map(drop).map_err(|error| of_token(&error))
    }
}
