//! Asks a team to approve, and leaves the execution waiting with its task token.
//!
//! The waiting state is entered again and again until somebody decides: its timeout is the time
//! between two reminders. Each passage finds the approval as it is and does the one thing that is
//! due, so a decision that could not be handed to an earlier token is handed to the next.

use shared::approval::{Approval, Decision, LinkKey};
use shared::config::Teams;
use shared::desk::Desk;
use shared::failure::Failure;
use shared::mail::{MailError, Mailer};
use shared::request::{Event, Request};
use shared::table::{CommitError, ReadError, Stored, Table, Write};
use shared::task::{ApprovalConfig, Outcome, Passage, WaitingTask, outcome};
use shared::workflow::{Workflow, WorkflowError};

mod letter;

use letter::letter;

/// How often a passage starts over because somebody else wrote at the same time. Each loss means that
/// another write succeeded, and few people are asked at once.
const ATTEMPTS: usize = 5;

/// What the function works with.
#[derive(Debug)]
pub struct RequestApproval<T, M, W> {
    /// The requests.
    pub desk: Desk<T>,
    /// The mail service.
    pub mailer: M,
    /// The process that waits.
    pub workflow: W,
    /// Who is on which team.
    pub teams: Teams,
    /// For links and codes.
    pub link_key: LinkKey,
}

/// The one thing that is due in a passage through the waiting state.
#[derive(Debug, PartialEq)]
enum Due {
    /// Nobody was asked yet in this round.
    Ask { round: u32 },
    /// An earlier attempt of this very passage has asked: finish what it left.
    Resume,
    /// They were asked, and nobody answered.
    Remind,
    /// Nobody answered in time.
    Expire,
    /// Somebody decided, and the execution does not know yet.
    Deliver(Decision),
}

fn due(
    request: &Request,
    approval: Option<&Approval>,
    waiting: &WaitingTask<ApprovalConfig>,
) -> Due {
    let now = waiting.task.entered_at;
    let Some(approval) = approval else {
        return Due::Ask { round: 1 };
    };
    match &approval.decision {
        // The request has moved on since and came back: that is another question.
        Some(_) if request.phase != approval.phase => Due::Ask {
            round: approval.round + 1,
        },
        Some(decision) => Due::Deliver(decision.clone()),
        None if now == approval.entered_at => Due::Resume,
        None if now >= approval.decide_until => Due::Expire,
        None => Due::Remind,
    }
}

impl<T: Table, M: Mailer, W: Workflow> RequestApproval<T, M, W> {
    /// Does what is due. The answer says what that was; the execution goes on with its token's.
    pub async fn handle(&self, waiting: WaitingTask<ApprovalConfig>) -> Result<Outcome, Failure> {
        for _ in 0..ATTEMPTS {
            match self.pass(&waiting).await {
                Err(Interrupted::Conflict) => {}
                Err(Interrupted::Failed(failure)) => return Err(failure),
                Ok(outcome) => return Ok(outcome),
            }
        }
        Err(Failure::StoreUnavailable(
            "others kept writing at the same time".to_owned(),
        ))
    }

    async fn pass(&self, waiting: &WaitingTask<ApprovalConfig>) -> Result<Outcome, Interrupted> {
        let task = &waiting.task;
        let mut request = self
            .desk
            .request(task.request_id)
            .await?
            .ok_or(Failure::RequestNotFound)?;
        let approval = self.desk.approval(task.request_id, &task.phase).await?;
        let due = due(&request.value, approval.as_ref().map(|a| &a.value), waiting);
        match (due, approval) {
            (Due::Ask { round }, old) => {
                let approval = self.ask(&mut request, old, round, waiting).await?;
                self.write_to_all(&request.value, approval, false).await?;
                Ok(Outcome::new("asked"))
            }
            (Due::Resume, Some(mut approval)) => {
                let is_reminder = approval.value.asked_at != approval.value.entered_at;
                if approval.value.task_token != waiting.task_token {
                    approval.value.task_token = waiting.task_token.clone();
                    self.desk.save_approval(&mut approval).await?;
                }
                self.write_to_all(&request.value, approval, is_reminder)
                    .await?;
                Ok(Outcome::new("resumed"))
            }
            (Due::Remind, Some(mut approval)) => {
                approval.value.task_token = waiting.task_token.clone();
                approval.value.entered_at = task.entered_at;
                self.change(
                    &mut request,
                    &mut approval,
                    &Event::Reminded,
                    task.passage(),
                )
                .await?;
                self.write_to_all(&request.value, approval, true).await?;
                Ok(Outcome::new("reminded"))
            }
            (Due::Expire, Some(mut approval)) => {
                let reason = &task.config.expire_reason;
                approval.value.decision = Some(Decision {
                    outcome: outcome::EXPIRE.to_owned(),
                    by: None,
                    at: task.entered_at,
                    reason: Some(reason.clone()),
                });
                self.change(
                    &mut request,
                    &mut approval,
                    &Event::Expired { reason },
                    task.passage(),
                )
                .await?;
                self.deliver(waiting, outcome::EXPIRE).await
            }
            (Due::Deliver(decision), _) => self.deliver(waiting, &decision.outcome).await,
            (Due::Resume | Due::Remind | Due::Expire, None) => {
                unreachable!("only an approval that exists can be resumed, reminded of or expire")
            }
        }
    }

    /// Stores the question, its links and the record of it in one transaction.
    async fn ask(
        &self,
        request: &mut Stored<Request>,
        old: Option<Stored<Approval>>,
        round: u32,
        waiting: &WaitingTask<ApprovalConfig>,
    ) -> Result<Stored<Approval>, Interrupted> {
        let task = &waiting.task;
        let team = self.teams.members(&task.config.team);
        let team = team
            .ok_or_else(|| Failure::ConfigInvalid(format!("TEAMS has no {}", task.config.team)))?;
        let value = Approval::ask(waiting, round, team);
        let approval = Stored {
            value,
            version: old.as_ref().map_or(1, |old| old.version + 1),
        };
        let mut writes = vec![match old {
            None => Write::create(&approval.value),
            Some(old) => Write::update(&Stored {
                value: approval.value.clone(),
                version: old.version,
            }),
        }];
        writes.extend(
            approval
                .value
                .links(&self.link_key)
                .iter()
                .map(Write::create),
        );
        let event = Event::Asked {
            responsible: &task.config.responsible,
        };
        let record = request.value.apply(&event, task.passage());
        self.desk.save(request, &record, writes).await?;
        Ok(approval)
    }

    /// Stores a change of the approval together with what it means for the request.
    async fn change(
        &self,
        request: &mut Stored<Request>,
        approval: &mut Stored<Approval>,
        event: &Event<'_>,
        passage: Passage<'_>,
    ) -> Result<(), Interrupted> {
        let record = request.value.apply(event, passage);
        self.desk
            .save(request, &record, vec![Write::update(approval)])
            .await?;
        approval.version += 1;
        Ok(())
    }

    /// Writes to every approver who was not written to in this passage, and remembers each.
    ///
    /// One address that the service refuses does not keep the others from being asked.
    async fn write_to_all(
        &self,
        request: &Request,
        mut approval: Stored<Approval>,
        is_reminder: bool,
    ) -> Result<(), Interrupted> {
        let passage = approval.value.entered_at;
        for position in 0..approval.value.approvers.len() {
            let approver = &approval.value.approvers[position];
            if approver.notified_for == Some(passage) {
                continue;
            }
            let mail = letter(
                request,
                &approval.value,
                &approver.email,
                &self.link_key,
                is_reminder,
            );
            match self.mailer.send(&mail).await {
                Ok(()) => {}
                Err(MailError::Refused(why)) => {
                    tracing::error!(why, "an approver's address was refused");
                }
                Err(error @ MailError::Unavailable(_)) => {
                    return Err(Failure::MailUnavailable(error.to_string()).into());
                }
            }
            approval.value.approvers[position].notified_for = Some(passage);
            self.desk.save_approval(&mut approval).await?;
        }
        Ok(())
    }

    async fn deliver(
        &self,
        waiting: &WaitingTask<ApprovalConfig>,
        outcome: &str,
    ) -> Result<Outcome, Interrupted> {
        match self
            .workflow
            .succeed(&waiting.task_token, &Outcome::new(outcome))
            .await
        {
            // Whoever recorded the decision has handed it over just now.
            Ok(()) | Err(WorkflowError::TokenGone) => Ok(Outcome::new("delivered")),
            Err(error) => Err(Failure::WorkflowUnavailable(error.to_string()).into()),
        }
    }
}

/// Why a passage was not finished.
enum Interrupted {
    /// Somebody else wrote first: what is due may be something else now.
    Conflict,
    Failed(Failure),
}

impl From<CommitError> for Interrupted {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict => Interrupted::Conflict,
            CommitError::Unavailable(_) => Interrupted::Failed(error.into()),
        }
    }
}

impl From<Failure> for Interrupted {
    fn from(failure: Failure) -> Self {
        Interrupted::Failed(failure)
    }
}

impl From<ReadError> for Interrupted {
    fn from(error: ReadError) -> Self {
        Interrupted::Failed(error.into())
    }
}

#[cfg(test)]
mod tests;
