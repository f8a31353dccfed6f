//! Why a mail was not sent.

/// A mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The service did not answer, or is throttling. Worth another try.
    #[error("the mail service did not answer: {0}")]
    Unavailable(String),
    /// The service takes no mail from this sender: it is not verified, is paused, has used up its quota, or lacks a
    /// permission. The recipient is not at fault, so the mail is tried again like after an outage, while an operator
    /// is alarmed.
    #[error("the mail service takes no mail from this sender: {0}")]
    SenderRefused(String),
    /// The service does not send to this recipient, and would not if asked again.
    #[error("the mail service refused the recipient: {0}")]
    RecipientRefused(String),
}
