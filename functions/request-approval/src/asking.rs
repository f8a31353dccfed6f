//! Asking for the first time and again, and asking others where nobody may decide or can be reached.

use domain::approval::{Approval, Deadlock};
use domain::audit::AuditRecord;
use domain::failure::{Failure, Interrupted};
use domain::id::TeamId;
use domain::mail::Mailer;
use domain::request::{Event, Request};
use domain::table::{Stored, Table, Write};
use domain::task::{ApprovalConfig, AskConfig, StateEntry, WaitingTask};
use domain::workflow::Workflow;

use crate::due::Why;
use crate::{Case, RequestApproval};

/// Asking a team again.
pub(crate) struct Again<'a> {
    pub(crate) waiting: &'a WaitingTask<AskConfig>,
    pub(crate) config: &'a ApprovalConfig,
    pub(crate) why: Why,
}

/// The same waiting task with the configuration of its kind.
fn narrowed<C: Clone>(waiting: &WaitingTask<AskConfig>, config: &C) -> WaitingTask<C> {
    WaitingTask {
        task: waiting.task.with(config.clone()),
        task_token: waiting.task_token.clone(),
    }
}

impl<T: Table, M: Mailer, W: Workflow> RequestApproval<T, M, W> {
    /// Stores the question, its links and the record of it in one transaction.
    pub(crate) async fn ask(
        &self,
        case: &mut Case,
        old: Option<Stored<Approval>>,
        round: u32,
        waiting: &WaitingTask<AskConfig>,
    ) -> Result<Stored<Approval>, Interrupted> {
        let task = &waiting.task;
        let mut value = self.question(&case.request.value, round, waiting)?;
        let event = match &task.config {
            AskConfig::Approval(_) => Event::Asked {
                responsible: &value.responsible,
            },
            AskConfig::Choice(_) => Event::Offered,
        };
        let mut records = vec![case.request.value.apply(&event, task.state_entry())];
        if let AskConfig::Approval(config) = &task.config {
            records.extend(self.see_who_can_decide(case, &mut value, config, task.state_entry()));
        }
        let links = value.links(&self.link_key);
        let links = links.iter().map(Write::create).collect();
        // A new one becomes the first version of itself.
        let version = old.map_or(0, |old| old.version);
        self.store(case, Stored { value, version }, &records, links)
            .await
    }

    /// What is asked, and of whom.
    fn question(
        &self,
        request: &Request,
        round: u32,
        waiting: &WaitingTask<AskConfig>,
    ) -> Result<Approval, Failure> {
        match &waiting.task.config {
            AskConfig::Approval(config) => {
                let team = self.members(&config.team)?;
                Ok(Approval::ask(&narrowed(waiting, config), round, team))
            }
            AskConfig::Choice(config) => {
                let field = &config.to;
                let to = request.value(field).map(ToString::to_string);
                let missing = || Failure::PayloadInvalid(format!("the request has no {field}"));
                let waiting = narrowed(waiting, config);
                Approval::offer(
                    &waiting,
                    round,
                    request,
                    &to.ok_or_else(missing)?,
                    &self.link_key,
                )
                .map_err(|error| Failure::PayloadInvalid(error.to_string()))
            }
        }
    }

    /// Stores that everybody is asked again, and with them whoever joined a team since; or another team
    /// too; or, after a mail came back, those alone who were not asked yet.
    pub(crate) async fn ask_again(
        &self,
        case: &mut Case,
        mut approval: Stored<Approval>,
        again: &Again<'_>,
    ) -> Result<Stored<Approval>, Interrupted> {
        let Again {
            waiting,
            config,
            why,
        } = again;
        let state_entry = waiting.task.state_entry();
        let value = &mut approval.value;
        value.task_token = waiting.task_token.clone();
        value.entered_at = state_entry.at;
        value.woken = false;
        let known = value.approvers.len();
        value.add_approvers(self.members(&config.team)?);
        let mut records = Vec::new();
        match why {
            Why::Reminder => records.push(case.request.value.apply(&Event::Reminded, state_entry)),
            Why::Escalation => records.extend(self.escalate(case, value, config, state_entry)),
            Why::Bounce => value.mark_already_notified(),
        }
        records.extend(self.see_who_can_decide(case, value, config, state_entry));
        let new = value.approvers[known..].iter();
        let links = new
            .map(|approver| Write::create(&value.link(&self.link_key, &approver.email)))
            .collect();
        self.store(case, approval, &records, links).await
    }

    /// Where too few of those who are asked may decide and get mail, others are asked at once; if that
    /// does not help, the audit log says so, and the team that looks after such things will be told.
    fn see_who_can_decide(
        &self,
        case: &mut Case,
        approval: &mut Approval,
        config: &ApprovalConfig,
        state_entry: StateEntry<'_>,
    ) -> Vec<AuditRecord> {
        let mut records = note_unreachable(case, approval, state_entry);
        let is_decidable = |case: &Case, approval: &Approval| {
            approval.is_decidable(&case.request.value, &case.earlier)
        };
        if !is_decidable(case, approval) && approval.escalated_at.is_none() {
            records.extend(self.escalate(case, approval, config, state_entry));
            records.extend(note_unreachable(case, approval, state_entry));
        }
        if is_decidable(case, approval) {
            approval.deadlock = Deadlock::None;
        } else if approval.deadlock == Deadlock::None {
            approval.deadlock = Deadlock::Unnotified;
            let event = Event::NobodyMayDecide {
                responsible: &config.responsible,
            };
            records.push(case.request.value.apply(&event, state_entry));
        }
        records
    }

    /// Asks the team that stands by, where there is one.
    fn escalate(
        &self,
        case: &mut Case,
        approval: &mut Approval,
        config: &ApprovalConfig,
        state_entry: StateEntry<'_>,
    ) -> Option<AuditRecord> {
        let escalation = config.escalate.as_ref()?;
        let team = self.others(&escalation.team);
        approval.escalate(&escalation.responsible, team, state_entry.at);
        let event = Event::Escalated {
            responsible: &escalation.responsible,
        };
        Some(case.request.value.apply(&event, state_entry))
    }

    /// Stores an approval with the records of what happened, if anything did.
    async fn store(
        &self,
        case: &mut Case,
        mut approval: Stored<Approval>,
        records: &[AuditRecord],
        mut writes: Vec<Write>,
    ) -> Result<Stored<Approval>, Interrupted> {
        writes.push(Write::update(&approval));
        match records.split_first() {
            Some((first, more)) => {
                writes.extend(more.iter().map(Write::create));
                self.store.save(&mut case.request, first, writes).await?;
            }
            None => self.store.table().commit(writes).await?,
        }
        approval.version += 1;
        Ok(approval)
    }

    fn members(&self, team: &TeamId) -> Result<&[String], Failure> {
        let missing = || Failure::ConfigInvalid(format!("TEAMS has no {team}"));
        self.teams.members(team).ok_or_else(missing)
    }

    /// A team that is asked in addition. That it is missing must not keep the others from deciding.
    pub(crate) fn others(&self, team: &TeamId) -> &[String] {
        self.teams.members(team).unwrap_or_else(|| {
            tracing::error!(%team, "TEAMS has no such team: nobody else is asked");
            &[]
        })
    }
}

/// Notes whom no mail reaches by now, and whom it reaches again.
fn note_unreachable(
    case: &mut Case,
    approval: &mut Approval,
    state_entry: StateEntry<'_>,
) -> Vec<AuditRecord> {
    let asked = approval.approvers.iter();
    let asked: Vec<String> = asked.map(|approver| approver.email.clone()).collect();
    let mut records = Vec::new();
    for email in asked {
        let is_suppressed = case.unreachable.contains(&email);
        if approval.set_reachability(&email, is_suppressed, state_entry.at) {
            let event = Event::Unreachable { approver: &email };
            records.push(case.request.value.apply(&event, state_entry));
        }
    }
    records
}
