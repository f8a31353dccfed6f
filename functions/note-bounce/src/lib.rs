//! Hears from SES that mail to an address comes back, or that its owner does not want it.
//!
//! The address is marked, so that nobody is written to in vain. If the mail asked an approver, the
//! approval's execution is woken: its state is entered again at once, and others are asked where too few
//! are left. A customer's address is noted in the request's trail, for the team to see; nothing else
//! follows from it.
//!
//! SNS may deliver a message twice, and Lambda runs a function again that failed. Each thing here is
//! found done the second time.

use domain::approval::LinkKey;
use domain::approval::{Approval, is_same_person};
use domain::failure::Failure;
use domain::id::TaskToken;
use domain::mail::RelatedRequest;
use domain::optimistic::AttemptError;
use domain::processed_event::{ProcessedEvent, Source};
use domain::request::{Event, Request};
use domain::request_store::RequestStore;
use domain::suppression::mark;
use domain::table::{Stored, Table, Write};
use domain::task::{Outcome, StateEntry};
use domain::workflow::{APPROVER_UNREACHABLE, Workflow, WorkflowError};

mod report;

use report::DeliveryReport;
pub use report::{Message, Record, SnsEvent};

/// How often news are taken in anew because somebody else wrote at the same time.
const ATTEMPTS: usize = 8;

/// What the function works with.
#[derive(Debug)]
pub struct NoteBounce<T, W> {
    /// The requests.
    pub store: RequestStore<T>,
    /// The processes that wait.
    pub workflow: W,
    /// For the marks.
    pub link_key: LinkKey,
}

/// What is left to do after something was written down.
enum Next {
    /// Nothing.
    Done,
    /// The execution that waits with this token has to be woken.
    Wake(TaskToken),
}

impl<T: Table, W: Workflow> NoteBounce<T, W> {
    /// Takes in what SES tells. Whatever fails, Lambda tries again.
    pub async fn handle(&self, event: SnsEvent) -> Result<Outcome, Failure> {
        for record in &event.records {
            let Some(report) = DeliveryReport::read(&record.sns)? else {
                continue;
            };
            for address in &report.addresses {
                let table = self.store.table();
                mark(table, &self.link_key, address, report.trouble, report.at).await?;
                self.tell(address, &report).await?;
            }
        }
        Ok(Outcome::new("noted"))
    }

    /// Tells the request that the mail was about.
    async fn tell(&self, address: &str, report: &DeliveryReport) -> Result<(), Failure> {
        let Some(related) = &report.related_request else {
            tracing::info!(trouble = ?report.trouble, "an address was marked");
            return Ok(());
        };
        let (request, phase) = (related.request, &related.phase);
        adapters::log_context(request, phase);
        tracing::info!(trouble = ?report.trouble, "an address was marked");
        let mut gone = None;
        for _ in 0..ATTEMPTS {
            let token = match self.record(address, report, related).await {
                Ok(Next::Done) => return Ok(()),
                Ok(Next::Wake(token)) => token,
                Err(AttemptError::Conflict) => continue,
                Err(AttemptError::Failed(failure)) => return Err(failure),
            };
            // The same token again: the next state entry has begun and has not said its own yet.
            if gone.as_ref() == Some(&token) {
                break;
            }
            match self.workflow.fail(&token, APPROVER_UNREACHABLE).await {
                Ok(()) => return Ok(()),
                Err(WorkflowError::TokenGone) => gone = Some(token),
                Err(error) => return Err(error.into()),
            }
        }
        let problem = "the approval could not be woken just now";
        Err(WorkflowError::Unavailable(problem.to_owned()).into())
    }

    async fn record(
        &self,
        address: &str,
        report: &DeliveryReport,
        related: &RelatedRequest,
    ) -> Result<Next, AttemptError> {
        let Some(mut request) = self.store.request(related.request).await? else {
            return Ok(Next::Done);
        };
        if request
            .value
            .emails()
            .any(|own| is_same_person(own, address))
        {
            self.record_customer(&mut request, report).await?;
            return Ok(Next::Done);
        }
        let approval = self.store.approval(related.request, &related.phase).await?;
        match approval {
            Some(approval) => {
                self.record_approver(&mut request, approval, address, report)
                    .await
            }
            None => Ok(Next::Done),
        }
    }

    async fn record_customer(
        &self,
        request: &mut Stored<Request>,
        report: &DeliveryReport,
    ) -> Result<(), AttemptError> {
        let seen = ProcessedEvent {
            source: Source::Mail,
            id: report.feedback_id.clone(),
            at: report.at,
        };
        if seen.is_known(self.store.table()).await? {
            return Ok(());
        }
        let event = Event::CustomerUnreachable {
            trouble: report.trouble,
        };
        let phase = request.value.phase.clone();
        let record = request
            .value
            .apply(&event, StateEntry::during(&phase, report.at));
        let writes = vec![Write::create(&seen)];
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
    ) -> Result<Next, AttemptError> {
        let value = &mut approval.value;
        let is_open = value.decision().is_none() && request.value.phase == value.phase;
        if !is_open {
            return Ok(Next::Done);
        }
        if value.set_reachability(address, true, report.at) {
            value.woken = true;
            let phase = value.phase.clone();
            let event = Event::Unreachable { approver: address };
            let record = request
                .value
                .apply(&event, StateEntry::during(&phase, report.at));
            let writes = vec![Write::update(&approval)];
            self.store.save(request, &record, writes).await?;
        }
        Ok(if approval.value.woken {
            Next::Wake(approval.value.task_token)
        } else {
            Next::Done
        })
    }
}

#[cfg(test)]
mod tests;
