//! The mails of a passage: to each approver, and to the team that looks after an impasse.

use shared::approval::{Approval, Approver, Impasse};
use shared::failure::Failure;
use shared::letter::{Letter, Occasion, nobody_may_decide};
use shared::mail::{Mail, MailError, Mailer};
use shared::table::{Stored, Table};
use shared::task::{ApprovalConfig, Task};
use shared::workflow::Workflow;

use crate::{Case, Interrupted, RequestApproval};

impl<T: Table, M: Mailer, W: Workflow> RequestApproval<T, M, W> {
    /// Writes to every approver who was not written to in this passage, and remembers each.
    ///
    /// One address that the service refuses does not keep the others from being asked.
    pub(crate) async fn write_to_all(
        &self,
        case: &Case,
        mut approval: Stored<Approval>,
        task: &Task<ApprovalConfig>,
    ) -> Result<(), Interrupted> {
        let passage = approval.value.entered_at;
        let request = &case.request.value;
        for position in 0..approval.value.approvers.len() {
            let value = &approval.value;
            let approver = &value.approvers[position];
            // Who left all of the teams since they were asked is not reminded.
            if approver.notified_for == Some(passage)
                || !value.waits_for(approver)
                || approver.unreachable.is_some()
                || !self.teams.include(&value.teams, &approver.email)
            {
                continue;
            }
            let barred = value.barred(&approver.email, request, &case.earlier);
            // Who must not decide is told so once, and not reminded of it.
            if barred.is_none() || approver.notified_for.is_none() {
                let letter = Letter {
                    request,
                    approval: value,
                    to: &approver.email,
                    key: &self.link_key,
                    occasion: occasion(value, approver),
                    barred: barred.as_ref(),
                };
                self.send(&letter.mail()).await?;
            }
            let email = approver.email.clone();
            approval.value.note_mail(&email);
            self.desk.save_approval(&mut approval).await?;
        }
        if approval.value.impasse == Impasse::Untold {
            for address in self.others(&task.config.attention) {
                let mail = nobody_may_decide(request, &approval.value, address);
                self.send(&mail).await?;
            }
            approval.value.impasse = Impasse::Told;
            self.desk.save_approval(&mut approval).await?;
        }
        Ok(())
    }

    async fn send(&self, mail: &Mail) -> Result<(), Failure> {
        match self.mailer.send(mail).await {
            Ok(()) => Ok(()),
            Err(MailError::Refused(why)) => {
                tracing::error!(why, "an address of a team was refused");
                Ok(())
            }
            Err(error @ MailError::Unavailable(_)) => {
                Err(Failure::MailUnavailable(error.to_string()))
            }
        }
    }
}

fn occasion<'a>(approval: &'a Approval, approver: &Approver) -> Occasion<'a> {
    match (approver.notified_for, &approver.team) {
        (Some(_), _) if approver.mailed_generation != approver.generation => Occasion::Renewed,
        (Some(_), _) => Occasion::Reminded,
        (None, Some(_)) => Occasion::Escalated {
            from: &approval.responsible,
        },
        (None, None) => Occasion::Asked,
    }
}
