//! Mails, and the port to the service that sends them.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

/// One mail to one person, as text and as HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The recipient's address.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part: a whole document that loads nothing from elsewhere.
    pub html: String,
}

impl Mail {
    /// A mail whose HTML part is made of the text's paragraphs, with its links made clickable. A
    /// single line break is where the definition's author wrapped a line, and no break for a reader.
    pub fn from_text(to: String, subject: &str, text: &str) -> Self {
        let mut html = String::new();
        for paragraph in text.split("\n\n").map(str::trim).filter(|p| !p.is_empty()) {
            html.push_str("<p>");
            html.push_str(&linked(paragraph));
            html.push_str("</p>");
        }
        Self {
            to,
            subject: one_line(subject),
            text: text.trim().to_owned(),
            html: document(&html),
        }
    }
}

/// A mail's HTML document around a body that is already escaped.
pub fn document(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"color-scheme\" content=\"light dark\"></head>\
         <body style=\"margin:0 auto;max-width:36rem;padding:1.5rem;font:16px/1.5 system-ui,sans-serif\">{body}</body></html>"
    )
}

/// Escapes a text for HTML.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A paragraph with its web addresses as links, escaped.
fn linked(paragraph: &str) -> String {
    let word = |word: &str| {
        let escaped = escape(word);
        if word.starts_with("https://") || word.starts_with("http://") {
            format!("<a href=\"{escaped}\">{escaped}</a>")
        } else {
            escaped
        }
    };
    paragraph
        .split_whitespace()
        .map(word)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A text as one line: a line break in a subject could begin another header.
fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control())
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

/// A service that sends mails.
pub trait Mailer: Send + Sync {
    /// Hands a mail over. After `Ok` the service has taken it on.
    fn send(&self, mail: &Mail) -> impl Future<Output = Result<(), MailError>> + Send;
}

/// Keeps mails in memory, for tests.
#[derive(Debug, Default)]
pub struct MemoryMailer {
    sent: Mutex<Vec<Mail>>,
    failures: Mutex<Vec<MailError>>,
}

impl MemoryMailer {
    /// What was sent, oldest first.
    pub fn sent(&self) -> Vec<Mail> {
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Makes the next call fail.
    pub fn fail_next(&self, error: MailError) {
        self.failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(error);
    }
}

impl Mailer for MemoryMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        if let Some(error) = self
            .failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop()
        {
            return Err(error);
        }
        self.sent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(mail.clone());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_html_part_escapes_the_text_and_links_addresses() {
        let mail = Mail::from_text(
            "a@b.c".into(),
            "Hi\r\nBcc: x@y.z",
            "<b>Hello</b> & more\nsecond line\n\nSee https://x.y/z?a=1&b=2 now",
        );
        assert_eq!(mail.subject, "Hi Bcc: x@y.z");
        assert!(
            mail.html
                .contains("<p>&lt;b&gt;Hello&lt;/b&gt; &amp; more second line</p>")
        );
        assert!(mail.html.contains("<a href=\"https://x.y/z?a=1&amp;b=2\">"));
    }

    #[test]
    fn addresses_are_masked() {
        assert_eq!(masked("ada@example.com"), "a…@example.com");
        assert_eq!(masked(""), "…@");
    }
}
