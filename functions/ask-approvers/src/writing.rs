//! The mails of a state entry: to each who is asked, and to the team that has to solve a deadlock.

use domain::approval::{Approval, Approver, Asked, Deadlock};
use domain::failure::Failure;
use domain::mail::{Mailer, send_all};
use domain::optimistic::AttemptError;
use domain::table::{Stored, Table};
use domain::task::{AskConfig, Task};
use domain::text::TextError;
use domain::workflow::Workflow;
use web::emails::{ApprovalEmail, NotificationReason, nobody_may_decide};

use crate::{AskApprovers, AskContext};

impl<T: Table, M: Mailer, W: Workflow> AskApprovers<T, M, W> {
    /// Writes to everybody who is asked and was not written to in this state entry, and remembers each.
    ///
    /// One address that the service refuses does not keep the others from being asked.
    pub(crate) async fn write_to_all(
        &self,
        context: &AskContext,
        mut approval: Stored<Approval>,
        task: &Task<AskConfig>,
    ) -> Result<(), AttemptError> {
        let request = &context.request.value;
        for position in 0..approval.value.approvers.len() {
            let value = &approval.value;
            let approver = &value.approvers[position];
            if !self.is_to_be_written_to(value, approver) {
                continue;
            }
            let ineligible = value.ineligible(&approver.email, request, &context.earlier);
            // Who must not decide is mailed that once, and not reminded.
            if ineligible.is_none() || approver.notified_for.is_none() {
                let email = ApprovalEmail {
                    request,
                    approval: value,
                    to: &approver.email,
                    keys: &self.link_keys.current(),
                    reason: reason(value, approver),
                    ineligible: ineligible.as_ref(),
                };
                let invalid = |error: TextError| Failure::PayloadInvalid(error.to_string());
                let mail = email.render().map_err(invalid)?;
                send_all(&self.mailer, &[mail]).await?;
            }
            let address = approver.email.clone();
            approval.value.note_mail(&address);
            self.store.save_approval(&mut approval).await?;
        }
        if let (Deadlock::Unnotified, AskConfig::Approval(config)) =
            (approval.value.deadlock, &task.config)
        {
            let members = self.members_if_known(&config.attention);
            let mails = members.iter();
            let mails = mails.map(|to| nobody_may_decide(request, &approval.value, to));
            send_all(&self.mailer, &mails.collect::<Vec<_>>()).await?;
            approval.value.deadlock = Deadlock::Notified;
            self.store.save_approval(&mut approval).await?;
        }
        Ok(())
    }

    fn is_to_be_written_to(&self, approval: &Approval, approver: &Approver) -> bool {
        match &approval.asked {
            // A customer is asked once, and mailed again only where the link was replaced.
            Asked::Customer(_) => {
                approver.notified_for.is_none() || approver.mailed_generation != approver.generation
            }
            // Who left all of the teams since they were asked is not reminded.
            Asked::Team(team) => {
                approver.notified_for != Some(approval.entered_at)
                    && approval.waits_for(approver)
                    && approver.unreachable.is_none()
                    && self
                        .settings
                        .current()
                        .teams
                        .include(&team.teams, &approver.email)
            }
        }
    }
}

fn reason<'a>(approval: &'a Approval, approver: &Approver) -> NotificationReason<'a> {
    match (approver.notified_for, &approver.team) {
        (Some(_), _) if approver.mailed_generation != approver.generation => {
            NotificationReason::LinkReplaced
        }
        (Some(_), _) => NotificationReason::Reminded,
        (None, Some(_)) => NotificationReason::Escalated {
            from: approval.asked.responsible(),
        },
        (None, None) => NotificationReason::Asked,
    }
}
