//! A mail as a message of RFC 5322.

use domain::mail::Mail;
use lettre::address::AddressError;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

/// The message, from that address. Fails when the recipient's address, or that for answers, cannot stand in one.
///
/// Each header is encoded, so that no text in it can begin another one. SES replaces the date by its own.
pub(super) fn message(from: Address, mail: &Mail) -> Result<Vec<u8>, AddressError> {
    // RFC 3834: no answering machine should answer it.
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    let mut message = Message::builder()
        .from(Mailbox::new(mail.sender.name.clone(), from))
        .to(mail.to.parse()?)
        .subject(&mail.subject)
        .raw_header(HeaderValue::new(name, "auto-generated".to_owned()));
    if let Some(to) = &mail.sender.reply_to {
        let name = to.name().map(ToOwned::to_owned);
        message = message.reply_to(Mailbox::new(name, to.address().parse()?));
    }
    let body = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    let message = message
        .multipart(body)
        .expect("it has a sender and a recipient");
    Ok(message.formatted())
}

#[cfg(test)]
mod tests;
