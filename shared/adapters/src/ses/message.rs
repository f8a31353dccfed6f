//! A mail as a message of RFC 5322.

use domain::mail::Mail;
use lettre::Message;
use lettre::address::AddressError;
use lettre::message::MultiPart;
use lettre::message::header::{HeaderName, HeaderValue};

use super::sender::Sender;

/// The message. Fails when the recipient's address cannot stand in one.
///
/// Each header is encoded, so that no text in it can begin another one. SES replaces the date by its own.
pub(super) fn message(sender: &Sender, mail: &Mail) -> Result<Vec<u8>, AddressError> {
    // RFC 3834: no answering machine should answer it.
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    let mut message = Message::builder()
        .from(sender.from.clone())
        .to(mail.to.parse()?)
        .subject(&mail.subject)
        .raw_header(HeaderValue::new(name, "auto-generated".to_owned()));
    if let Some(reply_to) = &sender.reply_to {
        message = message.reply_to(reply_to.clone());
    }
    let body = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let message = message
        .multipart(body)
        .expect("it has a sender and a recipient");
    Ok(message.formatted())
}

#[cfg(test)]
mod tests;
