//! The mail that a `SendRawEmail` describes: a message of RFC 5322 and what SES is to do with it.

use std::collections::BTreeMap;

use base64::{Engine, prelude::BASE64_STANDARD};
use domain::form::is_email;
use mail_parser::{Addr, MessageParser};

use super::refusal::Refusal;
use crate::outbox::NewMail;

const MAX_RECIPIENTS: usize = 50;
const MAX_TAG_CHARS: usize = 255;
const UNVERIFIED_DOMAIN: &str = "unverified.example.com";
const TO: &str = "Destinations.member.";
/// What a mail is about, for whoever hears what became of it.
const TAGS: &str = "Tags.member.";
/// The whole of what a request may set.
const KNOWN: [&str; 7] = [
    "Action",
    "Version",
    "Source",
    "RawMessage.Data",
    "ConfigurationSetName",
    // An empty list comes as its bare name.
    "Destinations",
    "Tags",
];

/// The fields of a request by name.
pub(super) type Params = BTreeMap<String, String>;

/// A mail, and what SES is to do with it.
#[derive(Debug, Clone)]
pub(super) struct Submitted {
    pub(super) mail: NewMail,
    /// The address that it is sent from.
    pub(super) source: String,
    pub(super) configuration_set: Option<String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// Reads a `SendRawEmail`, and refuses what SES would.
pub(super) fn read(params: &Params) -> Result<Submitted, Refusal> {
    let is_known =
        |name: &str| KNOWN.contains(&name) || name.starts_with(TO) || name.starts_with(TAGS);
    if let Some(name) = params.keys().find(|name| !is_known(name)) {
        let message = format!("The local SES does not implement {name}.");
        return Err(Refusal::sender("InvalidParameter", message));
    }
    let to = params.range(TO.to_owned()..);
    let to = to.take_while(|(name, _)| name.starts_with(TO));
    let to: Vec<String> = to
        .map(|(_, address)| read_address(address))
        .collect::<Result<_, _>>()?;
    if to.is_empty() {
        return Err(Refusal::parameter("Missing required header 'To'."));
    }
    if to.len() > MAX_RECIPIENTS {
        let message = format!("Recipient count exceeds {MAX_RECIPIENTS}.");
        return Err(Refusal::sender("MessageRejected", message));
    }
    let source = read_address(params.get("Source").map_or("", String::as_str))?;
    check_verified(to.iter().chain([&source]))?;
    Ok(Submitted {
        mail: read_message(params, to)?,
        source,
        configuration_set: params.get("ConfigurationSetName").cloned(),
        tags: read_tags(params)?,
    })
}

/// The message, for these recipients.
fn read_message(params: &Params, to: Vec<String>) -> Result<NewMail, Refusal> {
    let data = params.get("RawMessage.Data").map_or("", String::as_str);
    let bytes = BASE64_STANDARD.decode(data).ok();
    let message = bytes
        .as_deref()
        .and_then(|it| MessageParser::default().parse(it));
    let from = message.as_ref().and_then(|it| it.from()?.first());
    let (Some(message), Some(from)) = (&message, from) else {
        return Err(Refusal::parameter("Missing required header 'From'."));
    };
    let lines =
        |text: Option<std::borrow::Cow<'_, str>>| text.unwrap_or_default().replace("\r\n", "\n");
    Ok(NewMail {
        to,
        from: as_written(from),
        subject: message.subject().unwrap_or_default().to_owned(),
        text: lines(message.body_text(0)),
        html: lines(message.body_html(0)),
    })
}

fn as_written(sender: &Addr<'_>) -> String {
    let address = sender.address().unwrap_or_default();
    match sender.name() {
        Some(name) => format!("{name} <{address}>"),
        None => address.to_owned(),
    }
}

/// The tags of a mail by name.
fn read_tags(params: &Params) -> Result<BTreeMap<String, String>, Refusal> {
    let mut tags = BTreeMap::new();
    for number in 1.. {
        let part = |part: &str| params.get(&format!("{TAGS}{number}.{part}"));
        let (Some(name), Some(value)) = (part("Name"), part("Value")) else {
            break;
        };
        let fits = |text: &str| {
            let plain = |c: char| c.is_ascii_alphanumeric() || "_-".contains(c);
            !text.is_empty() && text.len() <= MAX_TAG_CHARS && text.chars().all(plain)
        };
        if !fits(name) || !fits(value) {
            let message = format!("Invalid tag: <{name}>, value: <{value}>.");
            return Err(Refusal::parameter(message));
        }
        tags.insert(name.clone(), value.clone());
    }
    Ok(tags)
}

fn check_verified<'a>(mut addresses: impl Iterator<Item = &'a String>) -> Result<(), Refusal> {
    let is_unverified = |address: &&String| {
        let domain = address.rsplit_once('@').map(|(_, domain)| domain);
        domain.is_some_and(|domain| domain.eq_ignore_ascii_case(UNVERIFIED_DOMAIN))
    };
    addresses.find(is_unverified).map_or(Ok(()), |address| {
        let message = format!(
            "Email address is not verified. The following identities failed the check in region US-EAST-1: \
             {address}"
        );
        Err(Refusal::sender("MessageRejected", message))
    })
}

fn read_address(address: &str) -> Result<String, Refusal> {
    if is_email(address) {
        return Ok(address.to_owned());
    }
    let message = format!("'{address}' is no address that SES takes.");
    Err(Refusal::parameter(message))
}
