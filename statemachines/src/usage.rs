//! What a request uses on AWS, as far as it is charged for.

use std::ops::AddAssign;

/// How often each of it is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Transitions of the state machine.
    pub(crate) transitions: u64,
    /// Invocations by the state machine.
    pub(crate) invocations: u64,
    /// Requests of people and of Stripe; each is an invocation too.
    pub(crate) api_requests: u64,
    /// Mails.
    pub(crate) mails: u64,
    /// Readings of a secret.
    pub(crate) secret_calls: u64,
}

impl AddAssign<&Usage> for Usage {
    fn add_assign(&mut self, other: &Usage) {
        self.transitions += other.transitions;
        self.invocations += other.invocations;
        self.api_requests += other.api_requests;
        self.mails += other.mails;
        self.secret_calls += other.secret_calls;
    }
}
