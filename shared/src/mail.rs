//! Mails, and the port to the service that sends them.

use std::future::Future;
use std::sync::{Mutex, PoisonError};

use crate::id::{PhaseName, RequestId};

mod about;

pub use about::About;

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
    /// What it is about, where somebody has to know when it comes back.
    pub about: Option<About>,
}

impl Mail {
    /// A mail whose HTML part is made of the text's paragraphs, with its links made clickable. A
    /// single line break is where the definition's author wrapped a line, and no break for a reader.
    pub fn from_text(to: String, subject: &str, text: &str) -> Self {
        let text = tame(text);
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
            about: None,
        }
    }

    /// A mail of two parts that were written for each other; the HTML part is escaped already.
    pub fn new(to: &str, subject: &str, text: String, html: &str) -> Self {
        Self {
            to: to.to_owned(),
            subject: one_line(subject),
            text,
            html: document(html),
            about: None,
        }
    }

    /// The same mail, which says to the mail service what it is about: by ids alone.
    #[must_use]
    pub fn about(mut self, request: RequestId, phase: &PhaseName) -> Self {
        let phase = phase.clone();
        self.about = Some(About { request, phase });
        self
    }
}

/// A text as it is shown: without control characters, and without the marks that turn the direction of
/// what follows them. Nobody's words can reach beyond their place.
pub fn tame(text: &str) -> String {
    text.replace("\r\n", "\n")
        .chars()
        .map(|c| if c == '\r' { '\n' } else { c })
        .filter(|c| !is_wild(*c))
        .collect()
}

fn is_wild(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    // A text program may take the two separators for ends of lines.
    turns || matches!(c, '\u{2028}' | '\u{2029}') || (c.is_control() && c != '\n' && c != '\t')
}

/// What mail programs that read style sheets add to the styles that stand in the elements: the dark
/// mode, and a phone's width. The others show the light one.
const STYLE: &str = include_str!("mail.css");

/// A mail's HTML document around a body that is already escaped.
pub fn document(body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"supported-color-schemes\" content=\"light dark\">\
         <title>Refund Desk</title><style>{STYLE}</style></head>\
         <body class=\"page\" style=\"margin:0;padding:24px 12px;background:#f3f5f8;color:#1a1d21;font:16px/1.55 -apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif\">\
         <div class=\"card\" role=\"main\" style=\"max-width:560px;margin:0 auto;padding:28px;background:#ffffff;border:1px solid #dfe4ea;border-radius:12px;overflow-wrap:anywhere\">{body}</div>\
         </body></html>"
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
pub(crate) fn one_line(text: &str) -> String {
    text.split(|c: char| c.is_control() || is_wild(c))
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
