//! Who sends the mails.

use domain::form::is_email;
use lettre::message::Mailbox;

/// The sender of all mails.
#[derive(Debug, Clone)]
pub(crate) struct Sender {
    pub(super) from: Mailbox,
    pub(super) reply_to: Option<Mailbox>,
}

impl Sender {
    /// Sends from `refunds@example.com`, or with a name from `Refund Desk <refunds@example.com>`. SES must have
    /// verified the address or its domain. Answers go to `reply_to`, which may have a name too; empty for the sender.
    /// `None` if one of them is not an address.
    pub(crate) fn new(from: &str, reply_to: &str) -> Option<Self> {
        Some(Self {
            from: mailbox(from)?,
            reply_to: match reply_to {
                "" => None,
                address => Some(mailbox(address)?),
            },
        })
    }
}

fn mailbox(text: &str) -> Option<Mailbox> {
    let text = text.trim();
    let in_brackets = text
        .strip_suffix('>')
        .and_then(|rest| rest.rsplit_once('<'));
    let (name, address) = in_brackets.unwrap_or(("", text));
    let name = name.trim().trim_matches('"');
    if !is_email(address) || name.contains(char::is_control) {
        return None;
    }
    let name = (!name.is_empty()).then(|| name.to_owned());
    Some(Mailbox::new(name, address.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_optional_and_needs_no_quotes() {
        let read = |text| mailbox(text).map(|it| (it.name, it.email.to_string()));
        let address = "refunds@example.com".to_owned();
        let named = |name: &str| Some((Some(name.to_owned()), address.clone()));
        assert_eq!(read("refunds@example.com"), Some((None, address.clone())));
        // What a template makes of a name that is empty.
        assert_eq!(
            read(" <refunds@example.com>"),
            Some((None, address.clone()))
        );
        assert_eq!(
            read("Refund Desk <refunds@example.com>"),
            named("Refund Desk")
        );
        assert_eq!(
            read("\"Müller, Inc.\" <refunds@example.com>"),
            named("Müller, Inc.")
        );
        for bad in [
            "",
            "Refund Desk",
            "Refund Desk refunds@example.com",
            "Refund\r\nBcc: a@b.c <refunds@example.com>",
            "<refunds@example.com",
            "refunds@example.com, other@example.com",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
