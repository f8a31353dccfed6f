//! The process on AWS Step Functions.

mod executions;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata;

use domain::id::{RequestId, TaskToken};
use domain::task::Outcome;
use domain::workflow::{Workflow, WorkflowError};

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

/// The machine that an alias belongs to. Step Functions starts executions by alias and describes an
/// alias only by where it leads; the machine itself has the newest definition, which is also the form
/// that a customer is to see while a deployment is under way.
fn without_alias(machine: &str) -> &str {
    match machine.match_indices(':').nth(6) {
        Some((end, _)) => &machine[..end],
        None => machine,
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
    async fn start(&self, machine: &str, request: RequestId) -> Result<(), WorkflowError> {
        let input = serde_json::json!({ "requestId": request }).to_string();
        let call = self
            .client
            .start_execution()
            .state_machine_arn(machine)
            .name(request.to_string())
            .input(input);
        match call.send().await {
            Ok(_) => Ok(()),
            // It was started before, and may even have ended: that is what was wanted.
            Err(error) if error.code() == Some("ExecutionAlreadyExists") => Ok(()),
            Err(error) => Err(unavailable(&error)),
        }
    }

    async fn definition(&self, machine: &str) -> Result<String, WorkflowError> {
        let answer = self
            .client
            .describe_state_machine()
            .state_machine_arn(without_alias(machine))
            .send()
            .await;
        answer
            .map(|machine| machine.definition)
            .map_err(|error| unavailable(&error))
    }

    async fn succeed(&self, token: &TaskToken, outcome: &Outcome) -> Result<(), WorkflowError> {
        let output = serde_json::to_string(outcome).expect("an outcome is a word");
        let call = self
            .client
            .send_task_success()
            .task_token(token.as_str())
            .output(output);
        let answer = call.send().await;
        answer.map(drop).map_err(|error| of_token(&error))
    }

    async fn fail(&self, token: &TaskToken, name: &str) -> Result<(), WorkflowError> {
        let call = self
            .client
            .send_task_failure()
            .task_token(token.as_str())
            .error(name);
        let answer = call.send().await;
        answer.map(drop).map_err(|error| of_token(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::without_alias;

    #[test]
    fn an_alias_is_described_by_its_machine() {
        let machine = "arn:aws:states:us-east-1:000000000000:stateMachine:store";
        assert_eq!(without_alias(machine), machine);
        assert_eq!(without_alias(&format!("{machine}:live")), machine);
    }
}
