//! Why a mail was not sent.

/// A mail was not sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The service did not answer, or is throttling. Worth another try.
    #[error("the mail service did not answer: {0}")]
    Unavailable(String),
    /// The service refuses this mail for good.
    #[error("the mail service refused the mail: {0}")]
    Refused(String),
}
