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
use domain::failure::{Failure, Interrupted};
use domain::id::TaskToken;
use domain::mail::About;
use domain::processed_event::{Seen, Source};
use domain::request::{Event, Request};
use domain::request_store::Desk;
use domain::suppression::mark;
use domain::table::{Stored, Table, Write};
use domain::task::{Outcome, Passage};
use domain::workflow::{APPROVER_UNREACHABLE, Workflow, WorkflowError};

mod news;

use news::News;
pub use news::{Message, Record, SnsEvent};

/// How often news are taken in anew because somebody else wrote at the same time.
const ATTEMPTS: usize = 8;

/// What the function works with.
#[derive(Debug)]
pub struct NoteBounce<T, W> {
    /// The requests.
    pub desk: Desk<T>,
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
            let Some(news) = News::read(&record.sns)? else {
                continue;
            };
            for address in &news.addresses {
                let table = self.desk.table();
                mark(table, &self.link_key, address, news.trouble, news.at).await?;
                self.tell(address, &news).await?;
            }
        }
        Ok(Outcome::new("noted"))
    }

    /// Tells the request that the mail was about.
    async fn tell(&self, address: &str, news: &News) -> Result<(), Failure> {
        let Some(about) = &news.about else {
            tracing::info!(trouble = ?news.trouble, "an address was marked");
            return Ok(());
        };
        let (request, phase) = (about.request, &about.phase);
        adapters::about(request, phase);
        tracing::info!(trouble = ?news.trouble, "an address was marked");
        let mut gone = None;
        for _ in 0..ATTEMPTS {
            let token = match self.record(address, news, about).await {
                Ok(Next::Done) => return Ok(()),
                Ok(Next::Wake(token)) => token,
                Err(Interrupted::Conflict) => continue,
                Err(Interrupted::Failed(failure)) => return Err(failure),
            };
            // The same token again: the next passage has begun and has not said its own yet.
            if gone.as_ref() == Some(&token) {
                break;
            }
            match self.workflow.fail(&token, APPROVER_UNREACHABLE).await {
                Ok(()) => return Ok(()),
                Err(WorkflowError::TokenGone) => gone = Some(token),
                Err(error) => return Err(Failure::WorkflowUnavailable(error.to_string())),
            }
        }
        let problem = "the approval could not be woken just now";
        Err(Failure::WorkflowUnavailable(problem.to_owned()))
    }

    async fn record(&self, address: &str, news: &News, about: &About) -> Result<Next, Interrupted> {
        let Some(mut request) = self.desk.request(about.request).await? else {
            return Ok(Next::Done);
        };
        if request
            .value
            .emails()
            .any(|own| is_same_person(own, address))
        {
            self.record_customer(&mut request, news).await?;
            return Ok(Next::Done);
        }
        let approval = self.desk.approval(about.request, &about.phase).await?;
        match approval {
            Some(approval) => {
                self.record_approver(&mut request, approval, address, news)
                    .await
            }
            None => Ok(Next::Done),
        }
    }

    async fn record_customer(
        &self,
        request: &mut Stored<Request>,
        news: &News,
    ) -> Result<(), Interrupted> {
        let seen = Seen {
            source: Source::Mail,
            id: news.feedback_id.clone(),
            at: news.at,
        };
        if seen.is_known(self.desk.table()).await? {
            return Ok(());
        }
        let event = Event::CustomerUnreachable {
            trouble: news.trouble,
        };
        let phase = request.value.phase.clone();
        let record = request
            .value
            .apply(&event, Passage::during(&phase, news.at));
        let writes = vec![Write::create(&seen)];
        self.desk.save(request, &record, writes).await?;
        Ok(())
    }

    /// Notes that an approver is not reached, while that matters.
    async fn record_approver(
        &self,
        request: &mut Stored<Request>,
        mut approval: Stored<Approval>,
        address: &str,
        news: &News,
    ) -> Result<Next, Interrupted> {
        let value = &mut approval.value;
        let is_open = value.decision().is_none() && request.value.phase == value.phase;
        if !is_open {
            return Ok(Next::Done);
        }
        if value.note_reach(address, true, news.at) {
            value.woken = true;
            let phase = value.phase.clone();
            let event = Event::Unreachable { approver: address };
            let record = request
                .value
                .apply(&event, Passage::during(&phase, news.at));
            let writes = vec![Write::update(&approval)];
            self.desk.save(request, &record, writes).await?;
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
