//! Whom people can ask, as a link that a browser, a mail program or a phone opens.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::form::is_email;
use crate::stored_as_text::NotA;

/// One way to reach somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// A mail address.
    Email(String),
    /// A phone number: digits, and between them spaces, hyphens and brackets.
    Phone(String),
    /// A page.
    Page(String),
}

/// Ways to reach somebody, with commas between them.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Contacts(Vec<Contact>);

const WHAT: &str = "contact: it must be a mail address, a phone number such as +1 555 0100, or a page such as https://example.com/help";

impl Contact {
    /// Where a link to it leads.
    pub fn href(&self) -> String {
        match self {
            Contact::Email(address) => format!("mailto:{address}"),
            Contact::Phone(number) => {
                let dialed = |c: &char| c.is_ascii_digit() || *c == '+';
                format!("tel:{}", number.chars().filter(dialed).collect::<String>())
            }
            Contact::Page(url) => url.clone(),
        }
    }
}

impl fmt::Display for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Contact::Email(text) | Contact::Phone(text) | Contact::Page(text) => f.write_str(text),
        }
    }
}

impl FromStr for Contact {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        let text = text.trim();
        let contact = if is_email(text) {
            Contact::Email
        } else if is_phone(text) {
            Contact::Phone
        } else if is_page(text) {
            Contact::Page
        } else {
            return Err(NotA::new(text, WHAT));
        };
        Ok(contact(text.to_owned()))
    }
}

/// At least three digits, as of an emergency call; an international number begins with `+`.
fn is_phone(text: &str) -> bool {
    let number = text.strip_prefix('+').unwrap_or(text);
    let digits = number.bytes().filter(u8::is_ascii_digit).count();
    (3..=15).contains(&digits)
        && number
            .chars()
            .all(|c| c.is_ascii_digit() || " -()".contains(c))
}

fn is_page(text: &str) -> bool {
    let rest = text.strip_prefix("https://").unwrap_or_default();
    rest.starts_with(|c: char| c.is_ascii_alphanumeric())
        && rest
            .chars()
            .all(|c| c.is_ascii_graphic() && !"\"<>\\^`{|}".contains(c))
}

impl Contacts {
    /// Each of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Contact> {
        self.0.iter()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl FromStr for Contacts {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        let contacts = text.split(',').map(str::parse);
        Ok(Self(contacts.collect::<Result<_, _>>()?))
    }
}

impl fmt::Display for Contacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let contacts: Vec<_> = self.0.iter().map(Contact::to_string).collect();
        f.write_str(&contacts.join(", "))
    }
}

stored_as_text!(Contacts, NotA);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_contact_is_a_link_of_its_kind() {
        let contacts: Contacts = "help@acme.example, +1 (555) 01-00,https://acme.example/help?a=1"
            .parse()
            .unwrap();
        let links: Vec<_> = contacts.iter().map(Contact::href).collect();
        assert_eq!(
            links,
            [
                "mailto:help@acme.example",
                "tel:+15550100",
                "https://acme.example/help?a=1"
            ]
        );
        assert_eq!(contacts.to_string().parse(), Ok(contacts));
    }

    #[test]
    fn what_is_no_link_is_refused() {
        for text in [
            "",
            ",",
            "help@acme.example,",
            "ask Bob",
            "http://acme.example",
            "javascript:alert(1)",
            "https://",
            "https://a.example/\" onclick=\"x",
            "12",
            "++49 30 1234",
            "help@acme",
            "tel:123456",
        ] {
            assert!(text.parse::<Contacts>().is_err(), "{text}");
        }
    }
}
