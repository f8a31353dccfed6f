//! The mail service: what it takes, and whose mails it refuses.

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::mail::{Mail, MailError, Mailer};
use parking_lot::Mutex;
use testing::MemoryMailer;

use super::{Line, down};
use crate::customers::Invite;
use crate::faults::{Fault, Place};
use crate::guards::Guard;
use crate::people::DecisionMail;

/// The mail service.
#[derive(Debug, Clone)]
pub(crate) struct SimMailer {
    line: Line,
    memory: Arc<MemoryMailer>,
    noted: Arc<Mutex<Noted>>,
}

#[derive(Debug, Default)]
struct Noted {
    decision_mails: Vec<DecisionMail>,
    invites: Vec<Invite>,
    /// The addresses that are refused for good.
    refuses: BTreeSet<String>,
    /// What was written to them.
    refused: Vec<Mail>,
}

impl SimMailer {
    pub(crate) fn new(line: Line) -> Self {
        Self {
            line,
            memory: Arc::default(),
            noted: Arc::default(),
        }
    }

    fn noted<R>(&self, f: impl FnOnce(&mut Noted) -> R) -> R {
        f(&mut self.noted.lock())
    }

    /// What asks for a decision, oldest first.
    pub(crate) fn decision_mails(&self) -> Vec<DecisionMail> {
        self.noted(|noted| noted.decision_mails.clone())
    }

    /// The same without so many of them.
    pub(crate) fn decision_mails_after(&self, count: usize) -> Vec<DecisionMail> {
        self.noted(|noted| noted.decision_mails[count..].to_vec())
    }

    /// What invites, oldest first.
    pub(crate) fn invites(&self) -> Vec<Invite> {
        self.noted(|noted| noted.invites.clone())
    }

    /// What arrived, oldest first.
    pub(crate) fn sent(&self) -> Vec<Mail> {
        self.memory.sent()
    }

    /// From now on no mail to that address is taken.
    pub(crate) fn refuse(&self, address: &str) {
        self.noted(|noted| noted.refuses.insert(address.to_owned()));
    }

    /// Whether no mail to that address is taken.
    pub(crate) fn refuses(&self, address: &str) -> bool {
        self.noted(|noted| noted.refuses.contains(address))
    }

    /// What arrived, and what would have if its address were not refused.
    pub(crate) fn written(&self) -> Vec<Mail> {
        let mut mails = self.sent();
        mails.extend(self.refused());
        mails
    }

    /// What was written to addresses that are refused.
    pub(crate) fn refused(&self) -> Vec<Mail> {
        self.noted(|noted| noted.refused.clone())
    }

    /// Why a mail is not taken, if so.
    fn refusal(&self, mail: &Mail) -> Option<MailError> {
        if self
            .line
            .faults
            .is_down(Place::Sender, self.line.clock.now())
        {
            return Some(if self.line.is_without(Guard::WhoseFault) {
                MailError::RecipientRefused(down())
            } else {
                MailError::SenderRefused(down())
            });
        }
        self.noted(|noted| {
            noted.refuses.contains(&mail.to).then(|| {
                noted.refused.push(mail.clone());
                MailError::RecipientRefused(down())
            })
        })
    }
}

impl Mailer for SimMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let fault = self.line.call(Place::Mail).await;
        if fault != Some(Fault::Before) {
            if let Some(refusal) = self.refusal(mail) {
                return Err(refusal);
            }
            self.memory.send(mail).await?;
            let now = self.line.clock.now();
            self.noted(|noted| {
                noted.decision_mails.extend(DecisionMail::read(mail, now));
                noted.invites.extend(Invite::read(mail));
            });
        }
        match fault {
            Some(_) => Err(MailError::Unavailable(down())),
            None => Ok(()),
        }
    }
}
