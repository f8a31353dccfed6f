//! Asking for the first time and again, and asking others where nobody may decide.

use shared::approval::{Approval, Impasse};
use shared::failure::Failure;
use shared::id::TeamId;
use shared::mail::Mailer;
use shared::request::Event;
use shared::table::{Stored, Table, Write};
use shared::task::{ApprovalConfig, Task, WaitingTask};
use shared::workflow::Workflow;

use crate::{Case, Interrupted, RequestApproval};

impl<T: Table, M: Mailer, W: Workflow> RequestApproval<T, M, W> {
    /// Stores the question, its links and the record of it in one transaction.
    pub(crate) async fn ask(
        &self,
        case: &mut Case,
        old: Option<Stored<Approval>>,
        round: u32,
        waiting: &WaitingTask<ApprovalConfig>,
    ) -> Result<Stored<Approval>, Interrupted> {
        let task = &waiting.task;
        let mut value = Approval::ask(waiting, round, self.members(&task.config.team)?);
        let event = Event::Asked {
            responsible: &task.config.responsible,
        };
        let record = case.request.value.apply(&event, task.passage());
        let mut writes = self.resolve_impasse(case, &mut value, task);
        writes.extend(value.links(&self.link_key).iter().map(Write::create));
        let approval = match old {
            None => {
                writes.push(Write::create(&value));
                Stored { value, version: 1 }
            }
            Some(Stored { version, .. }) => {
                let changed = Stored { value, version };
                writes.push(Write::update(&changed));
                Stored {
                    version: version + 1,
                    ..changed
                }
            }
        };
        self.desk.save(&mut case.request, &record, writes).await?;
        Ok(approval)
    }

    /// Stores that everybody is asked again, and with them whoever joined a team since; with
    /// `escalates` another team too.
    pub(crate) async fn ask_again(
        &self,
        case: &mut Case,
        mut approval: Stored<Approval>,
        waiting: &WaitingTask<ApprovalConfig>,
        escalates: bool,
    ) -> Result<Stored<Approval>, Interrupted> {
        let task = &waiting.task;
        let value = &mut approval.value;
        value.task_token = waiting.task_token.clone();
        value.entered_at = task.entered_at;
        let known = value.approvers.len();
        value.enlist(self.members(&task.config.team)?);
        let event = match &task.config.escalate {
            Some(escalation) if escalates => {
                let team = self.others(&escalation.team);
                value.escalate(&escalation.responsible, team, task.entered_at);
                Event::Escalated {
                    responsible: &escalation.responsible,
                }
            }
            Some(_) | None => Event::Reminded,
        };
        let record = case.request.value.apply(&event, task.passage());
        let mut writes = self.resolve_impasse(case, value, task);
        for approver in &value.approvers[known..] {
            writes.push(Write::create(&value.link(&self.link_key, &approver.email)));
        }
        writes.push(Write::update(&approval));
        self.desk.save(&mut case.request, &record, writes).await?;
        approval.version += 1;
        Ok(approval)
    }

    /// Where too few of those who are asked may decide, others are asked at once; if that does not help,
    /// the trail says so, and the team that looks after such things will be told.
    fn resolve_impasse(
        &self,
        case: &mut Case,
        approval: &mut Approval,
        task: &Task<ApprovalConfig>,
    ) -> Vec<Write> {
        let config = &task.config;
        let request = &mut case.request.value;
        let mut records = Vec::new();
        if let (false, Some(escalation), None) = (
            approval.is_decidable(request, &case.earlier),
            &config.escalate,
            approval.escalated_at,
        ) {
            let team = self.others(&escalation.team);
            approval.escalate(&escalation.responsible, team, task.entered_at);
            let event = Event::Escalated {
                responsible: &escalation.responsible,
            };
            records.push(request.apply(&event, task.passage()));
        }
        if approval.is_decidable(request, &case.earlier) {
            approval.impasse = Impasse::None;
        } else if approval.impasse == Impasse::None {
            approval.impasse = Impasse::Untold;
            let event = Event::NobodyMayDecide {
                responsible: &config.responsible,
            };
            records.push(request.apply(&event, task.passage()));
        }
        records.iter().map(Write::create).collect()
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
