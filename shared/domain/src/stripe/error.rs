//! Why Stripe did not do what it was asked.

/// What an answer other than the wanted one means.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StripeError {
    /// A definite no. The message is Stripe's, word for word.
    #[error("Stripe refused")]
    Refused {
        /// For the team's eyes.
        message: String,
        /// Stripe's code, where it gives one.
        code: Option<String>,
    },
    /// A definite no for now: the money for it is missing in our own account with Stripe. The message is Stripe's.
    #[error("Stripe has not paid: {0}")]
    InsufficientFunds(String),
    /// Stripe did not take the call up: it is safe to make it again, with the same key.
    #[error("Stripe is busy: {0}")]
    Busy(String),
    /// It is not known whether anything happened: look, then try again with the same key.
    #[error("Stripe's answer is unknown: {0}")]
    Unknown(String),
    /// It is not known whether anything happened, and Stripe says that another try will not tell: look,
    /// and leave the rest to a person.
    #[error("Stripe's answer is unknown, and it asks for no other try: {0}")]
    Undecided(String),
    /// Our key or our use of the interface is wrong, whoever asks for whatever refund.
    #[error("Stripe refuses our configuration: {0}")]
    Misconfigured(String),
    /// Stripe does not take the key. It may have been replaced a moment ago.
    #[error("Stripe refuses our configuration: it does not know the key")]
    KeyRefused,
}

impl StripeError {
    /// Whether Stripe says that what the call names does not exist.
    pub fn is_missing(&self) -> bool {
        matches!(self, StripeError::Refused { code: Some(code), .. } if code == "resource_missing")
    }
}
