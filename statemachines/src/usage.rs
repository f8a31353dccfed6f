//! What a request uses on AWS besides its states, as far as it is charged for.

/// How often each of it is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Requests of people and of Stripe; each is an invocation too.
    pub(crate) api_requests: u64,
    /// Mails.
    pub(crate) mails: u64,
    /// Readings of a secret.
    pub(crate) secret_calls: u64,
}
