//! A mail service in memory.

use domain::mail::{Mail, MailError, Mailer};

use crate::recorder::Recorder;

/// Keeps mails in memory, for tests.
#[derive(Debug, Default)]
pub struct MemoryMailer(Recorder<Mail, MailError>);

impl MemoryMailer {
    /// What was sent, oldest first.
    pub fn sent(&self) -> Vec<Mail> {
        self.0.calls()
    }

    /// Makes the next call fail.
    pub fn fail_next(&self, error: MailError) {
        self.0.fail_next(error);
    }
}

impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        self.0.call(mail.clone())
    }
}
