//! As whom a mail is sent. The address that it comes from is the deployment's and not the mail's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::form::is_email;
use crate::stored_as_text::NotA;

/// As whom a mail is sent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sender {
    /// The name that people see beside the address.
    pub name: Option<String>,
    /// Where answers go. `None`: to the sender's address.
    pub reply_to: Option<NamedAddress>,
}

/// An address, alone or with a name: `Acme Support <help@acme.example>`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NamedAddress {
    name: Option<String>,
    address: String,
}

const WHAT: &str = "address: it must be like help@example.com or Acme Support <help@example.com>";

impl NamedAddress {
    /// The name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The address.
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl FromStr for NamedAddress {
    type Err = NotA;

    fn from_str(text: &str) -> Result<Self, NotA> {
        let trimmed = text.trim();
        let in_brackets = trimmed
            .strip_suffix('>')
            .and_then(|rest| rest.rsplit_once('<'));
        let (name, address) = in_brackets.unwrap_or(("", trimmed));
        let name = name.trim().trim_matches('"');
        if !is_email(address) || name.contains(char::is_control) {
            return Err(NotA::new(text, WHAT));
        }
        Ok(Self {
            name: (!name.is_empty()).then(|| name.to_owned()),
            address: address.to_owned(),
        })
    }
}

impl fmt::Display for NamedAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} <{}>", self.address),
            None => f.write_str(&self.address),
        }
    }
}

stored_as_text!(NamedAddress, NotA);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_optional_and_needs_no_quotes() {
        let read = |text: &str| text.parse().map(|it: NamedAddress| (it.name, it.address));
        let named = |name: &str| Ok((Some(name.to_owned()), "help@example.com".to_owned()));
        assert_eq!(
            read(" help@example.com"),
            Ok((None, "help@example.com".to_owned()))
        );
        assert_eq!(
            read("<help@example.com>"),
            Ok((None, "help@example.com".to_owned()))
        );
        assert_eq!(
            read("Acme Support <help@example.com>"),
            named("Acme Support")
        );
        assert_eq!(
            read("\"Müller, Inc.\" <help@example.com>"),
            named("Müller, Inc.")
        );
        for bad in [
            "",
            "Acme Support",
            "Acme Support help@example.com",
            "Acme\r\nBcc: a@b.c <help@example.com>",
            "<help@example.com",
            "help@example.com, other@example.com",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }
}
