//! What was put into a message comes out of it, read by a parser of other people's.

use domain::mail::{Sender, sanitize_text};
use mail_parser::{Message, MessageParser, MimeHeaders};
use proptest::prelude::*;

use super::*;

fn from() -> Address {
    "refunds@example.com".parse().unwrap()
}

fn mail(subject: &str, text: &str, html: &str) -> Mail {
    Mail {
        sender: Sender {
            name: Some("Rückzahlung, \"Refund\" Desk".to_owned()),
            reply_to: Some("Hilfe <help@example.com>".parse().unwrap()),
        },
        to: "ada+x@example.com".to_owned(),
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: html.to_owned(),
        related_request: None,
    }
}

fn written(mail: &Mail) -> Vec<u8> {
    message(from(), mail).unwrap()
}

fn read(message: &[u8]) -> Message<'_> {
    MessageParser::default().parse(message).unwrap()
}

/// Of each header of the message itself, its name, in order.
fn headers(message: &Message<'_>) -> Vec<String> {
    let names = message.headers().iter().map(|it| it.name.as_str());
    names.map(str::to_lowercase).collect()
}

const HEADERS: [&str; 8] = [
    "from",
    "to",
    "subject",
    "auto-submitted",
    "reply-to",
    "mime-version",
    "date",
    "content-type",
];

#[test]
fn a_message_is_from_us_by_name_and_says_that_nobody_wrote_it() {
    let written = written(&mail("A refund of $19.99", "Hello", "<p>Hello</p>"));
    let message = read(&written);
    let from = message.from().and_then(|it| it.first()).unwrap();
    assert_eq!(from.name(), Some("Rückzahlung, \"Refund\" Desk"));
    assert_eq!(from.address(), Some("refunds@example.com"));
    let to = message.to().and_then(|it| it.first()).unwrap();
    assert_eq!((to.name(), to.address()), (None, Some("ada+x@example.com")));
    let reply_to = message.reply_to().and_then(|it| it.first()).unwrap();
    assert_eq!(reply_to.name(), Some("Hilfe"));
    assert_eq!(reply_to.address(), Some("help@example.com"));
    let automatic = message.header_raw("Auto-Submitted").map(str::trim);
    assert_eq!(automatic, Some("auto-generated"));
    assert!(message.is_content_type("multipart", "alternative"));
    assert_eq!(headers(&message), HEADERS);
}

#[test]
fn an_address_that_no_header_can_hold_is_refused() {
    for to in ["ada", "ada@example.com\r\nBcc: b@c.de", "a@b.c, d@e.f", ""] {
        let mail = Mail {
            to: to.to_owned(),
            ..mail("", "", "")
        };
        assert!(message(from(), &mail).is_err(), "{to}");
    }
}

/// Text of all scripts in lines of any length.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "(?s).{0,400}",
        "[a-z =.]{0,3000}",
        "[ -~\n\t]{0,600}",
        "[äß語🙂 \n]{0,600}"
    ]
    .prop_map(|text| sanitize_text(&text))
}

proptest! {
    #[test]
    fn what_is_written_is_read(words in prop::collection::vec("[^\\s\\p{C}]{1,90}", 0..12), text in text(), html in text()) {
        let subject = words.join(" ");
        let written = written(&mail(&subject, &text, &html));
        for line in written.split(|byte| *byte == b'\n') {
            prop_assert!(line.len() <= 998, "RFC 5322 allows no longer line");
            prop_assert!(line.is_ascii());
        }
        let message = read(&written);
        prop_assert_eq!(message.subject().unwrap_or_default(), subject);
        let lines = |text: std::borrow::Cow<'_, str>| text.replace("\r\n", "\n");
        prop_assert_eq!(lines(message.body_text(0).unwrap()), text);
        prop_assert_eq!(lines(message.body_html(0).unwrap()), html);
    }

    #[test]
    fn nothing_in_a_mail_becomes_a_header_or_a_recipient(
        subject in "(?s)(.{0,40}(\r|\n|\r\n|\n\r\n|: |Bcc: b@c\\.de|--)){0,4}",
        text in "(?s)(.{0,40}(\r|\n|\r\n|Bcc: b@c\\.de|--|\\.\r\n)){0,4}",
    ) {
        let written = written(&mail(&subject, &text, "<p></p>"));
        let message = read(&written);
        prop_assert_eq!(headers(&message), HEADERS);
        prop_assert_eq!(message.parts.len(), 3, "the whole, its text and its HTML");
    }
}
