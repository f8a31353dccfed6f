//! What follows from an action once it is stored: the task's answer, and mails to a colleague or the customer.

use domain::approval::Refusal;
use domain::mail::{Mailer, deliver};
use domain::stripe::Stripe;
use domain::table::Table;
use domain::workflow::{self, TaskAnswer, TokenState, Workflow};
use web::emails::{self, ApprovalEmail, NotificationReason};

use crate::action_outcome::ActionOutcome;
use crate::{OpenedLink, RecordApproval};

/// How many tokens in a row may be stale.
const ATTEMPTS: usize = 3;

impl<T: Table, S: Stripe, M: Mailer, W: Workflow> RecordApproval<T, S, M, W> {
    /// Answers the waiting task, once there is a decision. The decision stands whether or not this succeeds: the
    /// waiting state is entered again after its reminder time and then finds it.
    pub(crate) async fn answer_task(&self, opened: &OpenedLink, outcome: &ActionOutcome) {
        let decision = if let ActionOutcome::Decided(recorded) = outcome
            && recorded.missing() == 0
        {
            recorded.decision()
        } else if let ActionOutcome::Refused(Refusal::Decided(decision)) = outcome {
            // Whoever made it may have died before this.
            decision
        } else {
            return;
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
            brand: &opened.page.brand,
            request: &opened.request.value,
            approval: &opened.approval.value,
            to,
            keys: &self.link_keys.current(),
            reason,
            ineligible: ineligible.as_ref(),
        };
        let mail = match email.render() {
            Ok(mail) => mail,
            Err(error) => {
                tracing::error!(%error, "the mail cannot be rendered");
                return;
            }
        };
        if deliver(&self.mailer, &mail).await {
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
        let Some((to, inquiry)) = request.customer_email().zip(request.inquiries.last()) else {
            return false;
        };
        let (brand, keys) = (&opened.page.brand, self.link_keys.current());
        let mail = emails::question(brand, request, to, inquiry, &keys, 0);
        deliver(&self.mailer, &mail).await
    }
}
