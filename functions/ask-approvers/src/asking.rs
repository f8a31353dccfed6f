//! Asking for the first time and again, and asking others where too few may decide or get mail.

use domain::approval::{Approval, Deadlock};
use domain::audit::AuditRecord;
use domain::failure::Failure;
use domain::id::TeamId;
use domain::mail::Mailer;
use domain::optimistic::AttemptError;
use domain::request::Event;
use domain::table::{Stored, Table, Write};
use domain::task::{ApprovalConfig, AskConfig, StateEntry, WaitingTask};
use domain::workflow::Workflow;

use crate::due::RepeatReason;
use crate::{AskApprovers, AskContext};

/// The same waiting task with the configuration of its kind.
fn narrowed<C: Clone>(waiting: &WaitingTask<AskConfig>, config: &C) -> WaitingTask<C> {
    WaitingTask {
        task: waiting.task.with(config.clone()),
        task_token: waiting.task_token.clone(),
    }
}

impl<T: Table, M: Mailer, W: Workflow> AskApprovers<T, M, W> {
    /// Stores the question, its links and the record of it in one transaction.
    pub(crate) async fn ask(
        &self,
        context: &mut AskContext,
        old: Option<Stored<Approval>>,
        round: u32,
        waiting: &WaitingTask<AskConfig>,
    ) -> Result<Stored<Approval>, AttemptError> {
        let task = &waiting.task;
        let mut value = self.new_approval(context, round, waiting)?;
        let event = match &task.config {
            AskConfig::Approval(_) => Event::Asked(value.asked.responsible()),
            AskConfig::Choice(_) => Event::Offered,
        };
        let mut records = vec![context.request.value.apply(&event, task.state_entry())];
        if let AskConfig::Approval(config) = &task.config {
            records.extend(context.ensure_decidable(&mut value, config, task.state_entry()));
        }
        let links = value.links(&self.link_keys.current());
        let links = links.iter().map(Write::create).collect();
        // A new one becomes the first version of itself.
        let version = old.map_or(0, |old| old.version);
        self.store(context, Stored { value, version }, &records, links)
            .await
    }

    /// A new approval or choice.
    fn new_approval(
        &self,
        context: &AskContext,
        round: u32,
        waiting: &WaitingTask<AskConfig>,
    ) -> Result<Approval, Failure> {
        let request = &context.request.value;
        match &waiting.task.config {
            AskConfig::Approval(config) => {
                let (waiting, keys) = (narrowed(waiting, config), self.link_keys.current());
                let team = context.teams.known_members(&config.team)?;
                Ok(Approval::ask(&waiting, round, team, &keys))
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
                    &self.link_keys.current(),
                )
                .map_err(|error| Failure::PayloadInvalid(error.to_string()))
            }
        }
    }

    /// Stores that the team is asked again, with whoever joined it since; after a bounce, only those who were not
    /// asked yet.
    pub(crate) async fn ask_again(
        &self,
        context: &mut AskContext,
        mut approval: Stored<Approval>,
        waiting: &WaitingTask<AskConfig>,
        config: &ApprovalConfig,
        reason: RepeatReason,
    ) -> Result<Stored<Approval>, AttemptError> {
        let state_entry = waiting.task.state_entry();
        let value = &mut approval.value;
        value.task_token = waiting.task_token.clone();
        value.entered_at = state_entry.at;
        value.asks_others = false;
        let keys = self.link_keys.current();
        // Those who have links that open: nobody, where the key of these was removed.
        let linked = if value.replace_key(&keys) {
            0
        } else {
            value.approvers.len()
        };
        let returned = context.add_members(value, config)?;
        let mut records = Vec::new();
        match reason {
            RepeatReason::Reminder => {
                value.reminded_at = Some(state_entry.at);
                records.push(context.request.value.apply(&Event::Reminded, state_entry));
            }
            RepeatReason::Escalation => {
                value.reminded_at = Some(state_entry.at);
                records.extend(context.escalate(value, config, state_entry));
            }
            RepeatReason::Others => value.mark_already_notified(),
        }
        records.extend(context.ensure_decidable(value, config, state_entry));
        self.store_asked(context, approval, (linked, &returned), &records)
            .await
    }

    /// Goes on in a state entry in which an earlier attempt has asked: stores the token that waits now, and that
    /// others are asked who joined since, or in place of whom no mail has reached.
    pub(crate) async fn resume(
        &self,
        context: &mut AskContext,
        mut approval: Stored<Approval>,
        waiting: &WaitingTask<AskConfig>,
        config: &ApprovalConfig,
    ) -> Result<Stored<Approval>, AttemptError> {
        let before = approval.value.clone();
        let value = &mut approval.value;
        value.task_token = waiting.task_token.clone();
        let linked = value.approvers.len();
        let state_entry = waiting.task.state_entry();
        let returned = context.add_members(value, config)?;
        let records = context.ensure_decidable(value, config, state_entry);
        if *value == before {
            return Ok(approval);
        }
        self.store_asked(context, approval, (linked, &returned), &records)
            .await
    }

    /// Stores an approval with the records of what happened and the links of those who were not `linked`, or need another.
    async fn store_asked(
        &self,
        context: &mut AskContext,
        approval: Stored<Approval>,
        (linked, returned): (usize, &[String]),
        records: &[AuditRecord],
    ) -> Result<Stored<Approval>, AttemptError> {
        let value = &approval.value;
        let emails = value.approvers.iter().map(|approver| &approver.email);
        let new = emails
            .enumerate()
            .filter(|(position, email)| *position >= linked || returned.contains(*email));
        let keys = self.link_keys.current();
        let links = new
            .map(|(_, email)| Write::create(&value.link(&keys, email)))
            .collect();
        self.store(context, approval, records, links).await
    }

    /// Stores an approval with the records of what happened, if anything did.
    pub(crate) async fn store(
        &self,
        context: &mut AskContext,
        mut approval: Stored<Approval>,
        records: &[AuditRecord],
        mut writes: Vec<Write>,
    ) -> Result<Stored<Approval>, AttemptError> {
        writes.push(Write::update(&approval));
        match records.split_first() {
            Some((first, more)) => {
                writes.extend(more.iter().map(Write::create));
                self.store.save(&mut context.request, first, writes).await?;
            }
            None => self.store.table().commit(writes).await?,
        }
        approval.version += 1;
        Ok(approval)
    }
}

impl AskContext {
    /// The members of a team that is asked or notified in addition. That it is missing must not keep the others from
    /// deciding.
    pub(crate) fn members_if_known(&self, team: &TeamId) -> &[String] {
        self.teams.known_members(team).unwrap_or_else(|error| {
            tracing::error!(%error, "nobody of this team is asked or notified");
            &[]
        })
    }

    /// Asks who joined the teams that are asked by now, and those again who handed it to somebody who left. Returns these.
    fn add_members(
        &self,
        approval: &mut Approval,
        config: &ApprovalConfig,
    ) -> Result<Vec<String>, Failure> {
        approval.add_approvers(self.teams.known_members(&config.team)?, None);
        if let (Some(_), Some(escalation)) = (approval.escalated_at, &config.escalate) {
            let team = self.members_if_known(&escalation.team);
            approval.add_approvers(team, Some(&escalation.responsible));
        }
        Ok(approval.take_back(&self.teams))
    }

    /// Where too few of those who are asked may decide and get mail, others are asked at once. If that does not
    /// help, the audit log says so, and the team that has to solve it is notified later.
    fn ensure_decidable(
        &mut self,
        approval: &mut Approval,
        config: &ApprovalConfig,
        state_entry: StateEntry<'_>,
    ) -> Vec<AuditRecord> {
        let mut records = Vec::from_iter(self.note_unreachable(approval, state_entry));
        let is_decidable = |context: &Self, approval: &Approval| {
            approval.is_decidable(&context.request.value, &context.earlier, &context.teams)
        };
        if !is_decidable(self, approval) && approval.escalated_at.is_none() {
            records.extend(self.escalate(approval, config, state_entry));
            records.extend(self.note_unreachable(approval, state_entry));
        }
        if is_decidable(self, approval) {
            approval.deadlock = Deadlock::None;
        } else if approval.deadlock == Deadlock::None {
            approval.deadlock = Deadlock::Unnotified;
            let event = Event::NobodyMayDecide(&config.responsible);
            records.push(self.request.value.apply(&event, state_entry));
        }
        records
    }

    /// Asks the team of the escalation, if the definition names one.
    fn escalate(
        &mut self,
        approval: &mut Approval,
        config: &ApprovalConfig,
        state_entry: StateEntry<'_>,
    ) -> Option<AuditRecord> {
        let escalation = config.escalate.as_ref()?;
        let team = self.members_if_known(&escalation.team);
        approval.add_approvers(team, Some(&escalation.responsible));
        approval.escalated_at = Some(state_entry.at);
        let event = Event::Escalated(&escalation.responsible);
        Some(self.request.value.apply(&event, state_entry))
    }

    /// Notes which addresses are suppressed by now, and which no longer.
    fn note_unreachable(
        &mut self,
        approval: &mut Approval,
        state_entry: StateEntry<'_>,
    ) -> Option<AuditRecord> {
        let asked = approval.approvers.iter();
        let mut asked: Vec<String> = asked.map(|approver| approver.email.clone()).collect();
        asked.retain(|email| {
            let is_suppressed = self.unreachable.contains(email);
            approval.set_reachability(email, is_suppressed, state_entry.at)
        });
        let approvers = asked.join(", ");
        let event = Event::Unreachable(&approvers);
        (!asked.is_empty()).then(|| self.request.value.apply(&event, state_entry))
    }
}
