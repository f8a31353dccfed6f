//! What follows from an action once it is stored: the task's answer, and mails to a colleague or the customer.

use domain::approval::Refusal;
use domain::mail::{Mail, MailError, Mailer};
use domain::table::Table;
use domain::workflow::{self, TaskAnswer, TokenState, Workflow};
use web::emails::{ApprovalEmail, NotificationReason, to_customer};

use crate::actions::ActionOutcome;
use crate::{OpenedLink, RecordApproval};

/// How often a mail is tried while the mail service does not respond, and how many tokens in a row may be stale.
const ATTEMPTS: usize = 3;

impl<T: Table, M: Mailer, W: Workflow> RecordApproval<T, M, W> {
    /// Answers the waiting task, once there is a decision. The decision stands whether or not this succeeds: the
    /// waiting state is entered again after its reminder time and then finds it.
    pub(crate) async fn answer_task(&self, opened: &OpenedLink, outcome: &ActionOutcome) {
        let decision = match outcome {
            ActionOutcome::Decided(recorded) if recorded.missing() == 0 => recorded.decision(),
            // Whoever made it may have died before this.
            ActionOutcome::Refused(Refusal::Decided(decision)) => decision,
            ActionOutcome::Decided(_)
            | ActionOutcome::Refused(_)
            | ActionOutcome::Shown
            | ActionOutcome::HandedOver { .. }
            | ActionOutcome::CustomerIdentified { .. }
            | ActionOutcome::OwnershipConfirmed { .. }
            | ActionOutcome::Inquired { .. }
            | ActionOutcome::Invalid { .. } => return,
        };
        let answer = TaskAnswer::Outcome(decision.outcome());
        let mut token = opened.approval.value.task_token.clone();
        for _ in 0..ATTEMPTS {
            match workflow::answer(&self.workflow, &token, answer).await {
                Ok(TokenState::Answered) => return,
                Ok(TokenState::Stale) => {
                    // Either the state was entered anew while the decision was made, and there is a newer token, or
                    // the task was answered already.
                    let link = &opened.link.value;
                    let newest = self.store.approval(link.request_id, &link.phase).await;
                    match newest {
                        Ok(Some(newest)) if newest.value.task_token != token => {
                            token = newest.value.task_token;
                        }
                        Ok(_) | Err(_) => return,
                    }
                }
                Err(error) => {
                    tracing::error!(%error, "the task was not answered; its next state entry finds the decision");
                    return;
                }
            }
        }
    }

    /// Mails one who is asked their link. If that fails, the next state entry does.
    pub(crate) async fn write_to(
        &self,
        opened: &mut OpenedLink,
        to: &str,
        reason: NotificationReason<'_>,
    ) {
        let ineligible =
            opened
                .approval
                .value
                .ineligible(to, &opened.request.value, &opened.earlier);
        let email = ApprovalEmail {
            request: &opened.request.value,
            approval: &opened.approval.value,
            to,
            key: &self.link_key,
            reason,
            ineligible: ineligible.as_ref(),
        };
        let mail = match email.written() {
            Ok(mail) => mail,
            Err(error) => {
                tracing::error!(%error, "the mail was not written");
                return;
            }
        };
        if self.send(&mail).await {
            opened.approval.value.note_mail(to);
            if let Err(error) = self.store.save_approval(&mut opened.approval).await {
                // At worst the next reminder says once more what this mail has said.
                tracing::info!(%error, "that the mail was sent is not noted");
            }
        }
    }

    /// Mails the newest inquiry to the customer. It stands on the status page in any case.
    pub(crate) async fn mail_inquiry(&self, opened: &OpenedLink) -> bool {
        let request = &opened.request.value;
        let Some((to, inquiry)) = request.emails().next().zip(request.inquiries.last()) else {
            return false;
        };
        self.send(&to_customer(request, to, inquiry, &self.link_key, 0))
            .await
    }

    async fn send(&self, mail: &Mail) -> bool {
        for _ in 0..ATTEMPTS {
            match self.mailer.send(mail).await {
                Ok(()) => return true,
                Err(error @ MailError::Refused(_)) => {
                    tracing::error!(%error, "the address was refused");
                    return false;
                }
                Err(error @ MailError::Unavailable(_)) => {
                    tracing::warn!(%error, "the mail was not sent yet");
                }
            }
        }
        tracing::error!("the mail was not sent");
        false
    }
}
