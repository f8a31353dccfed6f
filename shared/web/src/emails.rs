//! The mails. Each kind is a folder of template files, `subject.txt`, `preheader.txt`, `body.txt` and `body.html`, and beside it a
//! module with what they are filled with; [`from_text`] makes a mail of a text that the definition wrote.
//!
//! No subject names the customer or says what they wrote: subjects show on locked screens.

use domain::approval::Asked;
use domain::mail::Mail;
use domain::text::TextError;

mod approval;
mod approval_email;
mod choice;
mod from_text;
mod invitation_code;
mod linked;
mod nobody_may_decide;
mod question;
mod reason;
mod reconciliation;
mod refund_returned;
mod refund_reversed;
mod style;
mod template;

pub use approval_email::ApprovalEmail;
pub use from_text::from_text;
pub use invitation_code::invitation_code;
pub use nobody_may_decide::nobody_may_decide;
pub use question::question;
pub use reason::NotificationReason;
pub use reconciliation::reconciliation;
pub use refund_returned::refund_returned;
pub use refund_reversed::refund_reversed;

impl ApprovalEmail<'_> {
    /// The mail, to an approver or to the customer. What the definition wrote for a customer may not be possible
    /// to fill.
    pub fn render(&self) -> Result<Mail, TextError> {
        let mail = match &self.approval.asked {
            Asked::Team(_) => approval::approval(self),
            Asked::Customer(choice) => choice::choice(self, choice)?,
        };
        Ok(mail.related_to(self.request.request_id, &self.approval.phase))
    }
}

#[cfg(test)]
mod tests;
