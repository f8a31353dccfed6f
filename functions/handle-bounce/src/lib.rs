//! Handles the bounces and complaints that SES reports.
//!
//! The address is suppressed: nothing is mailed to it for some time. If the mail asked an approver, the approval's
//! waiting state is entered again at once, and others are asked where too few are left. If it went to the customer,
//! the request's audit log says so, for the team to see.
//!
//! SNS may deliver a message twice, and Lambda repeats a failed invocation. Each step here changes nothing the
//! second time.

use adapters::Cached;
use domain::approval::{Approval, LinkKeys};
use domain::failure::Failure;
use domain::id::TaskToken;
use domain::mail::{RelatedRequest, is_same_address};
use domain::optimistic::{AttemptError, Attempts};
use domain::processed_event::{ProcessedEvent, Source};
use domain::request::{Event, Request};
use domain::request_store::RequestStore;
use domain::suppression::suppress;
use domain::table::{Stored, Table, Write};
use domain::task::{Outcome, StateEntry};
use domain::workflow::{self, ASK_OTHERS, TaskAnswer, TokenState, Workflow, WorkflowError};

mod report;

use report::DeliveryReport;
pub use report::{Message, Record, SnsEvent};

/// What the function works with.
#[derive(Debug)]
pub struct HandleBounce<T, W> {
    /// The requests.
    pub store: RequestStore<T>,
    /// The executions that wait.
    pub workflow: W,
    /// For the hashes of suppressed addresses.
    pub link_keys: Cached<LinkKeys>,
}

impl<T: Table, W: Workflow> HandleBounce<T, W> {
    /// Handles an event of SES. Lambda repeats whatever fails.
    pub async fn handle(&self, event: SnsEvent) -> Result<Outcome, Failure> {
        self.link_keys.refresh().await;
        for record in &event.records {
            let Some(report) = DeliveryReport::read(&record.sns)? else {
                continue;
            };
            for address in &report.addresses {
                let (table, keys) = (self.store.table(), self.link_keys.current());
                suppress(table, &keys, address, report.reason, report.at).await?;
                self.update_request(address, &report).await?;
            }
        }
        Ok(Outcome::new("noted"))
    }

    /// Updates the request that the mail was about.
    async fn update_request(&self, address: &str, report: &DeliveryReport) -> Result<(), Failure> {
        let Some(related) = &report.related_request else {
            tracing::info!(reason = ?report.reason, "an address was suppressed");
            return Ok(());
        };
        let (request, phase) = (related.request, &related.phase);
        adapters::log_context(request, phase);
        tracing::info!(reason = ?report.reason, "an address was suppressed");
        let mut attempts = Attempts::default();
        let mut stale = None;
        loop {
            let attempt = self.attempt(address, report, related, &mut stale).await;
            if let Some(result) = attempts.finish(attempt) {
                return result;
            }
        }
    }

    /// Records the report and has the approval's state entered again where others have to be asked.
    async fn attempt(
        &self,
        address: &str,
        report: &DeliveryReport,
        related: &RelatedRequest,
        stale: &mut Option<TaskToken>,
    ) -> Result<(), AttemptError> {
        let Some(token) = self.record(address, report, related).await? else {
            return Ok(());
        };
        // The same token again: the next state entry has begun and has not stored its own yet.
        if stale.as_ref() == Some(&token) {
            return Err(Failure::from(WorkflowError::TokenGone).into());
        }
        let error = TaskAnswer::Error(ASK_OTHERS);
        match workflow::answer(&self.workflow, &token, error).await? {
            TokenState::Answered => Ok(()),
            TokenState::Stale => {
                *stale = Some(token);
                Err(AttemptError::Conflict)
            }
        }
    }

    /// Stores what the report means for the request. Returns the token of a task that has to end its waiting.
    async fn record(
        &self,
        address: &str,
        report: &DeliveryReport,
        related: &RelatedRequest,
    ) -> Result<Option<TaskToken>, AttemptError> {
        let Some(mut request) = self.store.request(related.request).await? else {
            return Ok(None);
        };
        if request
            .value
            .emails()
            .any(|own| is_same_address(own, address))
        {
            self.record_customer(&mut request, report).await?;
            return Ok(None);
        }
        let approval = self.store.approval(related.request, &related.phase).await?;
        match approval {
            Some(approval) => {
                self.record_approver(&mut request, approval, address, report)
                    .await
            }
            None => Ok(None),
        }
    }

    async fn record_customer(
        &self,
        request: &mut Stored<Request>,
        report: &DeliveryReport,
    ) -> Result<(), AttemptError> {
        let processed = ProcessedEvent {
            source: Source::Mail,
            id: report.feedback_id.clone(),
            at: report.at,
        };
        if processed.is_known(self.store.table()).await? {
            return Ok(());
        }
        let event = Event::CustomerUnreachable(report.reason);
        let phase = request.value.phase.clone();
        let record = request
            .value
            .apply(&event, StateEntry::during(&phase, report.at));
        let writes = vec![Write::create(&processed)];
        self.store.save(request, &record, writes).await?;
        Ok(())
    }

    /// Notes that an approver is not reached, while that matters.
    async fn record_approver(
        &self,
        request: &mut Stored<Request>,
        mut approval: Stored<Approval>,
        address: &str,
        report: &DeliveryReport,
    ) -> Result<Option<TaskToken>, AttemptError> {
        let value = &mut approval.value;
        let is_open = value.decision().is_none() && request.value.phase == value.phase;
        if !is_open {
            return Ok(None);
        }
        if value.set_reachability(address, true, report.at) {
            value.asks_others = true;
            let phase = value.phase.clone();
            let event = Event::Unreachable(address);
            let record = request
                .value
                .apply(&event, StateEntry::during(&phase, report.at));
            let writes = vec![Write::update(&approval)];
            self.store.save(request, &record, writes).await?;
        }
        let Approval {
            asks_others,
            task_token,
            ..
        } = approval.value;
        Ok(asks_others.then_some(task_token))
    }
}

#[cfg(test)]
mod tests;
