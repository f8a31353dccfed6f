//! The report of a bounce or complaint: SES's event in a message of SNS.

use std::collections::BTreeMap;

use domain::failure::Failure;
use domain::mail::RelatedRequest;
use domain::suppression::SuppressionReason;
use jiff::Timestamp;
use serde::Deserialize;

/// The first message of SES to a topic that it publishes to, and the only one that is not JSON.
const GREETING: &str = "Successfully validated SNS topic for Amazon SES event publishing.";

/// What SNS invokes the function with.
#[derive(Debug, Clone, Deserialize)]
pub struct SnsEvent {
    /// SNS sends one; the format allows more.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A message of a topic.
#[derive(Debug, Clone, Deserialize)]
pub struct Record {
    /// The message.
    #[serde(rename = "Sns")]
    pub sns: Message,
}

/// A message as it was published.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    /// Its text: for SES, JSON.
    #[serde(rename = "Message")]
    pub message: String,
    /// When it was published.
    #[serde(rename = "Timestamp")]
    pub timestamp: Timestamp,
}

/// A bounce or a complaint, and the addresses that are to be suppressed for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DeliveryReport {
    /// SES's id of the bounce or complaint.
    pub(crate) feedback_id: String,
    pub(crate) reason: SuppressionReason,
    pub(crate) addresses: Vec<String>,
    pub(crate) at: Timestamp,
    /// The request that the mail was about, if it was one of ours.
    pub(crate) related_request: Option<RelatedRequest>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SesEvent {
    event_type: String,
    #[serde(default)]
    bounce: Option<Bounce>,
    #[serde(default)]
    complaint: Option<Complaint>,
    mail: Mail,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bounce {
    #[serde(rename = "bounceType")]
    kind: String,
    bounced_recipients: Vec<Address>,
    feedback_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Complaint {
    complained_recipients: Vec<Address>,
    feedback_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Address {
    email_address: String,
}

#[derive(Deserialize)]
struct Mail {
    #[serde(default)]
    tags: BTreeMap<String, Vec<String>>,
}

impl DeliveryReport {
    /// Reads a message. `None` if no address is to be suppressed for it.
    pub(crate) fn read(message: &Message) -> Result<Option<Self>, Failure> {
        if message.message.trim() == GREETING {
            tracing::info!("SES publishes to this topic from now on");
            return Ok(None);
        }
        let event: SesEvent = serde_json::from_str(&message.message).map_err(|error| {
            // serde's message may quote an address; its category and place may not.
            let (line, column) = (error.line(), error.column());
            Failure::PayloadInvalid(format!(
                "not an event of SES: {:?} error at {line}:{column}",
                error.classify()
            ))
        })?;
        let (reason, recipients, feedback_id) = match (event.bounce, event.complaint) {
            (Some(bounce), _) if bounce.kind == "Permanent" => (
                SuppressionReason::Bounced,
                bounce.bounced_recipients,
                bounce.feedback_id,
            ),
            (_, Some(complaint)) => (
                SuppressionReason::Complained,
                complaint.complained_recipients,
                complaint.feedback_id,
            ),
            // A full mailbox, a mail that SES itself refused, a kind of event that is new.
            _ => {
                let event = event.event_type;
                tracing::info!(event, "no address is to be suppressed");
                return Ok(None);
            }
        };
        let tags = &event.mail.tags;
        let tag = |name: &str| Some(tags.get(name)?.first()?.as_str());
        Ok(Some(Self {
            feedback_id,
            reason,
            addresses: recipients
                .into_iter()
                .map(|it| bare(&it.email_address))
                .collect(),
            at: message.timestamp,
            related_request: RelatedRequest::read(tag),
        }))
    }
}

/// The address in `Ada <ada@example.com>`.
fn bare(address: &str) -> String {
    let inner = address.rsplit_once('<').map_or(address, |(_, inner)| inner);
    inner.trim_end_matches('>').trim().to_owned()
}
