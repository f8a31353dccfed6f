//! Asks a team to approve or the customer to choose, and leaves the execution waiting with its task token.
//!
//! The waiting state is entered again and again until somebody decides: its timeout is the time
//! between two reminders, or all the time that the customer has; and it is entered again at once when a
//! mail to an approver bounces or a team changes. Each state entry reads the approval as it is stored and does the one action that is
//! [due](due::Due), so a decision that found an earlier token stale answers the next one.

use std::collections::BTreeSet;

use adapters::{Cached, Settings};
use domain::approval::{Approval, LinkKeys};
use domain::failure::Failure;
use domain::id::PhaseName;
use domain::mail::Mailer;
use domain::optimistic::{AttemptError, update};
use domain::request::{Event, Request};
use domain::request_store::RequestStore;
use domain::suppression::is_suppressed;
use domain::table::{ReadError, Stored, Table, Write};
use domain::task::{AskConfig, Outcome, Task, WaitingTask, outcome};
use domain::team::Teams;
use domain::workflow::{self, TaskAnswer, Workflow};

mod asking;
mod due;
mod writing;

use due::{Due, due};

/// What the function works with.
#[derive(Debug)]
pub struct AskApprovers<T, M, W> {
    /// The requests.
    pub store: RequestStore<T>,
    /// The mail service.
    pub mailer: M,
    /// The process that waits.
    pub workflow: W,
    /// Who is on which team.
    pub settings: Cached<Settings>,
    /// For links and codes.
    pub link_keys: Cached<LinkKeys>,
}

/// What is stored about the approval, and what asking depends on.
struct AskContext {
    request: Stored<Request>,
    approval: Option<Stored<Approval>>,
    /// The approvals that this one is kept separate from.
    earlier: Vec<Approval>,
    /// The teams that are or may be asked or notified, as they are now.
    teams: Teams,
    /// The addresses, of all that are or may be asked to approve, that no mail reaches.
    unreachable: BTreeSet<String>,
}

impl<T: Table, M: Mailer, W: Workflow> AskApprovers<T, M, W> {
    /// Does what is due. The outcome only says what that was: the execution goes on with the answer to its token.
    pub async fn handle(&self, waiting: WaitingTask<AskConfig>) -> Result<Outcome, Failure> {
        tokio::join!(self.settings.refresh(), self.link_keys.refresh());
        update(|| self.attempt(&waiting)).await
    }

    async fn attempt(&self, waiting: &WaitingTask<AskConfig>) -> Result<Outcome, AttemptError> {
        let task = &waiting.task;
        let mut context = self.load(task).await?;
        let old = context.approval.take();
        let due = due(
            &context.request.value,
            old.as_ref().map(|a| &a.value),
            waiting,
        );
        match (due, old) {
            (Due::Ask { round }, old) => {
                let approval = self.ask(&mut context, old, round, waiting).await?;
                self.write_to_all(&mut context, approval, task).await?;
                Ok(Outcome::new("asked"))
            }
            (Due::Wait, Some(approval)) => {
                let approval = match &task.config {
                    AskConfig::Approval(config) => {
                        self.resume(&mut context, approval, waiting, config).await?
                    }
                    AskConfig::Choice(_) => self.wait_with_token(approval, waiting).await?,
                };
                self.write_to_all(&mut context, approval, task).await?;
                Ok(Outcome::new("resumed"))
            }
            (Due::AskAgain { config, reason }, Some(approval)) => {
                let approval = self
                    .ask_again(&mut context, approval, waiting, config, reason)
                    .await?;
                self.write_to_all(&mut context, approval, task).await?;
                Ok(Outcome::new(reason.outcome()))
            }
            (Due::Expire { reason }, Some(mut approval)) => {
                approval.value.expire(task.entered_at, reason);
                let event = reason.map_or(Event::NotChosen, Event::Expired);
                let record = context.request.value.apply(&event, task.state_entry());
                let writes = vec![Write::update(&approval)];
                self.store
                    .save(&mut context.request, &record, writes)
                    .await?;
                self.deliver(waiting, outcome::EXPIRE).await
            }
            (Due::Deliver { outcome }, Some(approval)) => {
                // Stored before the execution goes on: another attempt of this state entry that comes
                // late finds that it is not a new one.
                if task.entered_at > approval.value.entered_at {
                    self.wait_with_token(approval, waiting).await?;
                }
                self.deliver(waiting, &outcome).await
            }
            (Due::Nothing, _) => Ok(Outcome::new("belated")),
            (_, None) => unreachable!("without an approval there is one to be asked for"),
        }
    }

    /// Stores which state entry it is that waits now, if that is not known yet.
    async fn wait_with_token(
        &self,
        mut approval: Stored<Approval>,
        waiting: &WaitingTask<AskConfig>,
    ) -> Result<Stored<Approval>, AttemptError> {
        let entered_at = waiting.task.entered_at;
        let value = &mut approval.value;
        if value.task_token != waiting.task_token || value.entered_at != entered_at {
            value.task_token = waiting.task_token.clone();
            value.entered_at = entered_at;
            self.store.save_approval(&mut approval).await?;
        }
        Ok(approval)
    }

    async fn load(&self, task: &Task<AskConfig>) -> Result<AskContext, AttemptError> {
        let id = task.request_id;
        let separate: &[PhaseName] = match &task.config {
            AskConfig::Approval(config) => &config.separate_from,
            AskConfig::Choice(_) => &[],
        };
        let request = self.store.request(id).await?;
        let approval = self.store.approval(id, &task.phase).await?;
        let teams = self.teams(task).await?;
        if let Some(approval) = &approval {
            self.link_keys.knowing(approval.value.key_id()).await;
        }
        Ok(AskContext {
            request: request.ok_or(Failure::RequestNotFound)?,
            unreachable: self.unreachable(task, &teams, approval.as_ref()).await?,
            teams,
            approval,
            earlier: self.store.approvals(id, separate).await?,
        })
    }

    /// The teams that are or may be asked or notified, as they are now.
    pub(crate) async fn teams(&self, task: &Task<AskConfig>) -> Result<Teams, ReadError> {
        let AskConfig::Approval(config) = &task.config else {
            return Ok(Teams::default());
        };
        let mut teams = vec![&config.team, &config.attention];
        if let Some(escalation) = &config.escalate {
            teams.push(&escalation.team);
        }
        let deployed = &self.settings.current().teams;
        deployed.current(self.store.table(), teams).await
    }

    /// Which of those who are or may be asked to approve no mail reaches.
    async fn unreachable(
        &self,
        task: &Task<AskConfig>,
        teams: &Teams,
        approval: Option<&Stored<Approval>>,
    ) -> Result<BTreeSet<String>, AttemptError> {
        let mut unreachable = BTreeSet::new();
        let AskConfig::Approval(config) = &task.config else {
            return Ok(unreachable);
        };
        let asking = config.escalate.iter().map(|it| &it.team);
        let asking = asking.chain([&config.team]);
        let keys = self.link_keys.current();
        let asked = approval.iter().flat_map(|it| &it.value.approvers);
        let addresses: BTreeSet<&String> = asking
            .filter_map(|team| teams.members(team))
            .flatten()
            .chain(asked.map(|approver| &approver.email))
            .collect();
        for address in addresses {
            let (table, at) = (self.store.table(), task.entered_at);
            if is_suppressed(table, &keys, address, at).await? {
                unreachable.insert(address.clone());
            }
        }
        Ok(unreachable)
    }

    async fn deliver(
        &self,
        waiting: &WaitingTask<AskConfig>,
        outcome: &str,
    ) -> Result<Outcome, AttemptError> {
        // A stale token was answered by whoever recorded the decision.
        let answer = TaskAnswer::Outcome(outcome);
        workflow::answer(&self.workflow, &waiting.task_token, answer).await?;
        Ok(Outcome::new("delivered"))
    }
}

#[cfg(test)]
mod tests;
