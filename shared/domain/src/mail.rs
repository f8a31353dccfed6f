//! Mails, and the port to the service that sends them.

use std::future::Future;

use crate::id::{PhaseName, RequestId};
use crate::metrics;
use crate::reference::Reference;

pub(crate) mod error;
mod related_request;
mod sender;

pub use error::MailError;
pub use related_request::RelatedRequest;
pub use sender::{NamedAddress, Sender};

/// One mail to one person, as text and as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// As whom it is sent.
    pub sender: Sender,
    /// The recipient's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part: a whole document that loads nothing from elsewhere.
    pub html: String,
    /// The request and phase to report to when the mail bounces.
    pub related_request: Option<RelatedRequest>,
}

impl Mail {
    /// The same mail with the request's reference in its subject, so that no two requests have mails of one subject.
    #[must_use]
    pub fn about(mut self, request: RequestId) -> Self {
        self.subject = format!("{} [{}]", self.subject, Reference::of(request));
        self
    }

    /// The same mail [about](Mail::about) a request, with the phase that it comes from. The mail service keeps both
    /// beside it, as ids alone, and gives them back when the mail bounces.
    #[must_use]
    pub fn related_to(mut self, request: RequestId, phase: &PhaseName) -> Self {
        let phase = phase.clone();
        self.related_request = Some(RelatedRequest { request, phase });
        self.about(request)
    }
}

/// A text without control characters other than line breaks and tabs, and without the marks that change the
/// direction of the text after them, which could make it read as something else.
pub fn sanitize_text(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|c| !is_bidi_or_control(*c))
        .collect()
}

fn is_bidi_or_control(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    // A text program may take the two separators for ends of lines.
    turns || matches!(c, '\u{2028}' | '\u{2029}') || (c.is_control() && c != '\n' && c != '\t')
}

/// A text as one line: a line break in a subject could begin another header.
pub fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || is_bidi_or_control(c))
        .map(str::trim)
        .filter(|p| !p.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Hides most of an address: logs say that there was a mail, not to whom.
pub fn masked(address: &str) -> String {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

/// Whether two addresses are the same for delivery: mail servers do not mind the case, and nothing else is assumed of
/// them. Whether they are one person's is [another question](crate::approval::is_same_person).
pub fn is_same_address(a: &str, b: &str) -> bool {
    a.trim().to_lowercase() == b.trim().to_lowercase()
}

/// How often [`deliver`] hands a mail over that the service does not take. The caller waits for it, so the attempts
/// follow each other at once.
const ATTEMPTS: usize = 3;

/// A service that sends mails.
pub trait Mailer: Send + Sync {
    /// Hands a mail over. After `Ok` the service has taken it on.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<(), MailError>> + Send;
}

/// Sends a mail that nothing else depends on, and says whether the service accepted it. Where the service does not
/// answer, it is tried again; after that nobody but the log knows of it.
pub async fn deliver(mailer: &impl Mailer, mail: &Mail) -> bool {
    for _ in 0..ATTEMPTS {
        match send(mailer, mail).await {
            Ok(()) => return true,
            Err(MailError::RecipientRefused(_)) => return false,
            Err(error) => tracing::warn!(%error, "the mail was not sent yet"),
        }
    }
    tracing::error!("the mail was not sent");
    false
}

/// Sends a mail once. A refusal is logged and counted.
pub(crate) async fn send(mailer: &impl Mailer, mail: &Mail) -> Result<(), MailError> {
    let sent = mailer.send(mail).await;
    let whose = match &sent {
        Err(MailError::SenderRefused(_)) => "sender",
        Err(MailError::RecipientRefused(_)) => "recipient",
        Err(MailError::Unavailable(_)) | Ok(()) => return sent,
    };
    if let Err(error) = &sent {
        tracing::error!(to = masked(&mail.to), %error, "a mail was refused");
    }
    metrics::report_refused_mail(whose, mail.related_request.as_ref().map(|it| it.request));
    sent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_another_address() {
        assert!(is_same_address(" Ada@example.com", "ada@Example.com"));
        assert!(!is_same_address("ada+x@example.com", "ada@example.com"));
    }

    #[test]
    fn addresses_are_masked() {
        assert_eq!(masked("ada@example.com"), "a…@example.com");
        assert_eq!(masked(""), "…@");
    }
}
