//! Who hears of what was done, after it is stored: the execution, a colleague, the customer.

use domain::approval::Refusal;
use domain::mail::{Mailer, deliver};
use domain::table::Table;
use domain::task::Outcome;
use domain::workflow::{Workflow, WorkflowError};
use web::emails::{self, ApprovalEmail, NotificationReason};

use crate::{Case, Done, RecordApproval, Undone};

/// How often the execution is told when Step Functions does not answer.
const ATTEMPTS: usize = 3;

impl<T: Table, M: Mailer, W: Workflow> RecordApproval<T, M, W> {
    /// Lets the execution go on, once there is a decision. The decision stands whether or not this
    /// succeeds: the waiting state is entered again after its reminder time and then finds it.
    pub(crate) async fn tell_execution(&self, case: &Case, done: &Result<Done, Undone>) {
        let decision = match done {
            Ok(Done::Decided(recorded)) if recorded.missing() == 0 => recorded.decision(),
            // Whoever made it may have died before telling.
            Err(Undone::Refused(Refusal::Decided(decision))) => decision,
            Ok(_) | Err(_) => return,
        };
        let outcome = Outcome::new(decision.outcome());
        let mut token = case.approval.value.task_token.clone();
        for _ in 0..ATTEMPTS {
            match self.workflow.succeed(&token, &outcome).await {
                Ok(()) => return,
                Err(WorkflowError::TokenGone) => {
                    // The state was entered anew while the decision was made: there is a newer token,
                    // or the execution has heard already.
                    let link = &case.link.value;
                    let newest = self.store.approval(link.request_id, &link.phase).await;
                    match newest {
                        Ok(Some(newest)) if newest.value.task_token != token => {
                            token = newest.value.task_token;
                        }
                        Ok(_) | Err(_) => return,
                    }
                }
                Err(error) => tracing::warn!(%error, "the execution was not told yet"),
            }
        }
        tracing::error!(
            "the execution was not told; it will find the decision at its next state_entry"
        );
    }

    /// Writes to one who is asked. If that fails, the next state entry brings them the same.
    pub(crate) async fn write_to(&self, case: &mut Case, to: &str, reason: NotificationReason<'_>) {
        let ineligible = case
            .approval
            .value
            .ineligible(to, &case.request.value, &case.earlier);
        let email = ApprovalEmail {
            request: &case.request.value,
            approval: &case.approval.value,
            to,
            key: &self.link_key,
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
            case.approval.value.note_mail(to);
            if let Err(error) = self.store.save_approval(&mut case.approval).await {
                // At worst the next reminder says once more what this mail has said.
                tracing::info!(%error, "that the mail was sent is not noted");
            }
        }
    }

    /// Writes the newest question to the customer. It stands on the status page in any case.
    pub(crate) async fn mail_question(&self, case: &Case) -> bool {
        let request = &case.request.value;
        let Some((to, question)) = request.customer_email().zip(request.questions.last()) else {
            return false;
        };
        let mail = emails::question(request, to, question, &self.link_key, 0);
        deliver(&self.mailer, &mail).await
    }
}
