//! The mails of a state entry: to each who is asked, and to the team that has to solve a deadlock.

use domain::approval::{Approval, Approver, Asked, Deadlock};
use domain::failure::Failure;
use domain::mail::{Mail, Mailer};
use domain::optimistic::AttemptError;
use domain::request::Event;
use domain::suppression::{SuppressionReason, send_all};
use domain::table::{Stored, Table};
use domain::task::{AskConfig, Task};
use domain::text::TextError;
use domain::workflow::Workflow;
use web::emails::{ApprovalEmail, NotificationReason, nobody_may_decide};

use crate::{AskApprovers, AskContext};

impl<T: Table, M: Mailer, W: Workflow> AskApprovers<T, M, W> {
    /// Writes to everybody who is asked and was not written to in this state entry, and remembers each.
    ///
    /// One address that the service refuses does not keep the others from being asked. It counts as unreachable, like
    /// one that mail comes back from: another attempt finds that, and asks others where too few are left.
    pub(crate) async fn write_to_all(
        &self,
        context: &mut AskContext,
        mut approval: Stored<Approval>,
        task: &Task<AskConfig>,
    ) -> Result<(), AttemptError> {
        let mut is_everybody_reached = true;
        for position in 0..approval.value.approvers.len() {
            let value = &approval.value;
            let approver = &value.approvers[position];
            if !context.is_to_be_written_to(value, approver) {
                continue;
            }
            let is_accepted = self.write_to(context, value, approver, task).await?;
            let (address, asked) = (approver.email.clone(), &value.asked);
            match (is_accepted, asked) {
                (true, _) => {
                    approval.value.note_mail(&address);
                    self.store.save_approval(&mut approval).await?;
                }
                (false, Asked::Team(_)) => is_everybody_reached = false,
                (false, Asked::Customer(_)) => {
                    approval.value.note_mail(&address);
                    let trouble = SuppressionReason::Refused;
                    let event = Event::CustomerUnreachable(trouble);
                    let record = context.request.value.apply(&event, task.state_entry());
                    approval = self.store(context, approval, &[record], Vec::new()).await?;
                }
            }
        }
        if !is_everybody_reached {
            return Err(AttemptError::Conflict);
        }
        // Who changed a team while this was stored may not have found it: another attempt asks who joined.
        if self.teams(task).await? != context.teams {
            return Err(AttemptError::Conflict);
        }
        if let (Deadlock::Unnotified, AskConfig::Approval(config)) =
            (approval.value.deadlock, &task.config)
        {
            let (request, keys) = (&context.request.value, self.link_keys.current());
            let (asked, earlier) = (&approval.value, &context.earlier);
            let mails = context.members_if_known(&config.attention).iter();
            let brand = self.settings.current().brand.with(&request.brand);
            let mails =
                mails.map(|to| nobody_may_decide(&brand, request, asked, earlier, &keys, to));
            self.send(&mails.collect::<Vec<_>>(), task).await?;
            approval.value.deadlock = Deadlock::Notified;
            self.store.save_approval(&mut approval).await?;
        }
        Ok(())
    }

    /// Writes to one who is asked. Says whether the service accepted the mail.
    async fn write_to(
        &self,
        context: &AskContext,
        approval: &Approval,
        approver: &Approver,
        task: &Task<AskConfig>,
    ) -> Result<bool, Failure> {
        let request = &context.request.value;
        let ineligible = approval.ineligible(&approver.email, request, &context.earlier);
        // Who must not decide is mailed that once, and not reminded.
        if ineligible.is_some() && approver.notified_for.is_some() {
            return Ok(true);
        }
        let email = ApprovalEmail {
            brand: &self.settings.current().brand.with(&request.brand),
            request,
            approval,
            to: &approver.email,
            keys: &self.link_keys.current(),
            reason: reason(context, approval, approver),
            ineligible: ineligible.as_ref(),
        };
        let invalid = |error: TextError| Failure::PayloadInvalid(error.to_string());
        let mail = email.render().map_err(invalid)?;
        Ok(self.send(&[mail], task).await? > 0)
    }

    /// Sends mails, and returns how many the service accepted.
    async fn send(&self, mails: &[Mail], task: &Task<AskConfig>) -> Result<usize, Failure> {
        let keys = self.link_keys.current();
        let storage = (self.store.table(), &*keys);
        send_all(&self.mailer, storage, mails, task.entered_at).await
    }
}

impl AskContext {
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
                    && self.teams.include(&team.teams, &approver.email)
            }
        }
    }
}

fn reason<'a>(
    context: &AskContext,
    approval: &'a Approval,
    approver: &Approver,
) -> NotificationReason<'a> {
    match (approver.notified_for, &approver.team) {
        (Some(_), _) if approver.mailed_generation != approver.generation => {
            NotificationReason::LinkReplaced
        }
        (Some(_), _) => NotificationReason::Reminded,
        (None, Some(_)) => NotificationReason::Escalated {
            from: approval.asked.responsible(),
            ability: approval.team_ability(&context.request.value, &context.earlier),
        },
        (None, None) => NotificationReason::Asked,
    }
}
