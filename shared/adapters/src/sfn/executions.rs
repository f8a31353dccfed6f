//! What operators do with executions, on AWS Step Functions.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::error::ProvideErrorMetadata;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};
use jiff::Timestamp;

use super::unavailable;
use domain::id::RequestId;
use domain::workflow::{Executions, StoppedExecution, WorkflowError};

/// How an execution can end other than in an end phase.
const STOPPED: [(ExecutionStatus, &str); 3] = [
    (ExecutionStatus::Failed, "FAILED"),
    (ExecutionStatus::TimedOut, "TIMED_OUT"),
    (ExecutionStatus::Aborted, "ABORTED"),
];

/// The executions of a stack's state machines.
#[derive(Debug, Clone)]
pub struct SfnExecutions {
    client: Client,
    /// What the names of the stack's state machines begin with, and those of no other: no stack's name has a `_`.
    prefix: String,
}

impl SfnExecutions {
    /// Those of the stack of that name.
    pub fn new(config: &aws_config::SdkConfig, stack: &str) -> Self {
        Self {
            client: Client::new(config),
            prefix: format!("{stack}_"),
        }
    }

    async fn machines(&self) -> Result<Vec<String>, WorkflowError> {
        let mut machines = Vec::new();
        let mut pages = self.client.list_state_machines().into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| unavailable(&error))?;
            let own = page.state_machines.into_iter();
            let own = own.filter(|machine| machine.name.starts_with(&self.prefix));
            machines.extend(own.map(|machine| machine.state_machine_arn));
        }
        Ok(machines)
    }

    /// Those of that status, of these state machines.
    async fn list(
        &self,
        machines: &[String],
        status: &ExecutionStatus,
    ) -> Result<Vec<ExecutionListItem>, WorkflowError> {
        let mut all = Vec::new();
        for machine in machines {
            let list = self.client.list_executions().state_machine_arn(machine);
            let mut pages = list.status_filter(status.clone()).into_paginator().send();
            while let Some(page) = pages.next().await {
                all.extend(page.map_err(|error| unavailable(&error))?.executions);
            }
        }
        Ok(all)
    }
}

/// An execution of ours: all of them are named by their requests' ids.
fn stopped(item: ExecutionListItem, status: &'static str) -> Option<StoppedExecution> {
    let stopped_at = item.stop_date.unwrap_or(item.start_date);
    Some(StoppedExecution {
        request_id: item.name.parse().ok()?,
        arn: item.execution_arn,
        status,
        stopped_at: Timestamp::from_second(stopped_at.secs()).ok()?,
    })
}

impl Executions for SfnExecutions {
    async fn stopped(&self) -> Result<Vec<StoppedExecution>, WorkflowError> {
        let (machines, mut all) = (self.machines().await?, Vec::new());
        for (filter, status) in STOPPED {
            let items = self.list(&machines, &filter).await?.into_iter();
            all.extend(items.filter_map(|item| stopped(item, status)));
        }
        Ok(all)
    }

    async fn running(&self) -> Result<Vec<RequestId>, WorkflowError> {
        let machines = self.machines().await?;
        let items = self.list(&machines, &ExecutionStatus::Running).await?;
        let items = items.into_iter();
        Ok(items.filter_map(|item| item.name.parse().ok()).collect())
    }

    async fn redrive(&self, execution: &StoppedExecution) -> Result<(), String> {
        let call = self.client.redrive_execution();
        let answer = call.execution_arn(&execution.arn).send().await;
        answer.map(drop).map_err(|error| {
            let code = error.code().unwrap_or("no answer");
            format!("{code}: {}", error.message().unwrap_or_default())
        })
    }
}
