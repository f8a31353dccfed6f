//! How a deployment presents itself to people, and what an offering says in its place: name, colour, sender, contact,
//! time zone.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use crate::dates::Zone;
use crate::mail::{NamedAddress, Sender};

mod color;
mod contact;

pub use color::Color;
pub use contact::{Contact, Contacts};

/// How pages and mails present whom they come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "BrandOverrides")]
pub struct Brand {
    /// Stands in the titles of pages.
    pub name: String,
    /// The text that stands for a logo, above every page and mail.
    pub logo: String,
    /// Of links and buttons. Pages and mails make it lighter or darker where it could not be read.
    pub color: Color,
    /// As whom mails are sent.
    pub sender: Sender,
    /// Whom people can ask.
    pub contacts: Contacts,
    /// What stands below every page and mail, such as the company's address. May be empty.
    pub footer: String,
    /// What people are told times in.
    pub zone: Zone,
}

impl Default for Brand {
    fn default() -> Self {
        Self {
            name: "Refund Desk".to_owned(),
            logo: "Refund Desk".to_owned(),
            color: Color::default(),
            sender: Sender::default(),
            contacts: Contacts::default(),
            footer: String::new(),
            zone: Zone::UTC,
        }
    }
}

impl Brand {
    /// The same brand where nothing else is given. A name that is given is also the logo's text and the sender's name,
    /// unless these are given too.
    #[must_use]
    pub fn with(&self, given: &BrandOverrides) -> Self {
        let own = self.clone();
        let name = given.name.clone();
        let or_name = |text: &Option<String>| text.clone().or_else(|| name.clone());
        Self {
            logo: or_name(&given.logo).unwrap_or(own.logo),
            sender: Sender {
                name: or_name(&given.sender_name).or(own.sender.name),
                reply_to: given.reply_to.clone().or(own.sender.reply_to),
            },
            name: given.name.clone().unwrap_or(own.name),
            color: given.color.unwrap_or(own.color),
            contacts: given.contact.clone().unwrap_or(own.contacts),
            footer: given.footer.clone().unwrap_or(own.footer),
            zone: given.time_zone.clone().unwrap_or(own.zone),
        }
    }
}

impl From<BrandOverrides> for Brand {
    fn from(given: BrandOverrides) -> Self {
        Self::default().with(&given)
    }
}

/// What is given of a [`Brand`]: by a deployment, or by an offering in place of its deployment's. An empty text is the same
/// as none, as templates of `CloudFormation` cannot leave one out.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct BrandOverrides {
    /// See [`Brand::name`].
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// See [`Brand::logo`].
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub logo: Option<String>,
    /// See [`Brand::color`].
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub color: Option<Color>,
    /// The name that people see beside the sender's address.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub sender_name: Option<String>,
    /// Where answers to mails go.
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<NamedAddress>,
    /// See [`Brand::contacts`].
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contacts>,
    /// See [`Brand::footer`].
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// See [`Brand::zone`].
    #[serde(deserialize_with = "given", skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<Zone>,
}

impl BrandOverrides {
    /// Whether nothing is given.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

fn given<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: FromStr<Err: std::fmt::Display>,
    D: Deserializer<'de>,
{
    let text = String::deserialize(deserializer)?;
    let given = (!text.is_empty()).then(|| text.parse());
    given.transpose().map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn overrides(given: serde_json::Value) -> BrandOverrides {
        serde_json::from_value(given).unwrap()
    }

    #[test]
    fn an_offering_says_what_is_different_and_its_name_goes_with_it() {
        let deployment = Brand::from(overrides(json!({
            "name": "Acme", "logo": "", "color": "#0a5c36", "senderName": "Acme Support",
            "replyTo": "Help <help@acme.example>", "contact": "help@acme.example", "footer": "Acme Ltd", "timeZone": "Europe/Berlin",
        })));
        assert_eq!((&*deployment.name, &*deployment.logo), ("Acme", "Acme"));
        assert_eq!(deployment.sender.name.as_deref(), Some("Acme Support"));
        assert_eq!(deployment.with(&BrandOverrides::default()), deployment);
        let pets = deployment.with(&overrides(
            json!({ "name": "Acme Pets", "timeZone": "UTC" }),
        ));
        assert_eq!(pets.sender.name.as_deref(), Some("Acme Pets"));
        assert_eq!(pets.sender.reply_to, deployment.sender.reply_to);
        assert_eq!((pets.logo.as_str(), pets.zone), ("Acme Pets", Zone::UTC));
    }

    #[test]
    fn nothing_given_is_the_default_without_a_senders_name() {
        let empty = overrides(json!({ "name": "", "contact": "", "timeZone": "" }));
        assert!(empty.is_empty());
        assert_eq!(serde_json::to_string(&empty).unwrap(), "{}");
        assert_eq!(Brand::from(empty).sender.name, None);
    }

    #[test]
    fn what_cannot_be_used_is_refused_with_what_is_wrong() {
        for (key, text, said) in [
            ("timeZone", "Mars/Olympus", "`Mars/Olympus` is no time zone"),
            ("color", "reddish", "`reddish` is no color"),
            ("contact", "ask Bob", "`ask Bob` is no contact"),
            ("replyTo", "nobody", "`nobody` is no address"),
        ] {
            let refused =
                serde_json::from_value::<BrandOverrides>(json!({ key: text })).unwrap_err();
            assert!(refused.to_string().contains(said), "{refused}");
        }
    }
}
