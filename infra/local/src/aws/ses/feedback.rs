//! What becomes of a mail after it was accepted, by the addresses of SES's mailbox simulator: a mail to
//! `bounce@simulator.amazonses.com` comes back for good, one to `complaint@` is reported as spam, with
//! or without `+label` behind the name. All other mail arrives and is never heard of again.
//!
//! The events have the shape that SES publishes to SNS through a configuration set.

use std::{collections::BTreeMap, io, sync::Arc};

use serde_json::{Value, json};
use uuid::Uuid;

use crate::{
    clock::Clock,
    template::{ACCOUNT, MailEvents, STACK},
    topics::Topics,
};

const SIMULATOR: &str = "simulator.amazonses.com";

/// A mail that was accepted.
pub(super) struct SentMail {
    pub(super) message_id: String,
    pub(super) source: String,
    pub(super) destination: Vec<String>,
    pub(super) tags: BTreeMap<String, String>,
}

/// Publishes what becomes of mails.
#[derive(Clone)]
pub struct Feedback {
    topics: Arc<Topics>,
    destinations: Arc<[MailEvents]>,
    clock: Clock,
}

/// What becomes of a mail to an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fate {
    Bounces,
    IsComplainedAbout,
}

impl Fate {
    fn of(address: &str) -> Option<Fate> {
        let (mailbox, domain) = address.rsplit_once('@')?;
        if !domain.eq_ignore_ascii_case(SIMULATOR) {
            return None;
        }
        let mailbox = mailbox.split('+').next().unwrap_or_default();
        match mailbox.to_ascii_lowercase().as_str() {
            // The address of the suppression list bounces before it is sent anywhere.
            "bounce" | "suppressionlist" => Some(Fate::Bounces),
            "complaint" => Some(Fate::IsComplainedAbout),
            _ => None,
        }
    }

    /// The name that a destination subscribes to it by.
    fn event_type(self) -> &'static str {
        match self {
            Fate::Bounces => "bounce",
            Fate::IsComplainedAbout => "complaint",
        }
    }
}

impl Feedback {
    /// Publishes to those topics, by that clock.
    pub fn new(topics: Arc<Topics>, destinations: &[MailEvents], clock: Clock) -> Self {
        Self {
            topics,
            destinations: destinations.into(),
            clock,
        }
    }

    /// Publishes what becomes of a mail. It is kept when this returns.
    pub(super) fn note(&self, mail: &SentMail) -> io::Result<()> {
        for address in &mail.destination {
            let Some(fate) = Fate::of(address) else {
                continue;
            };
            let event = self.event(fate, address, mail).to_string();
            let wants = |to: &&MailEvents| to.types.iter().any(|kind| kind == fate.event_type());
            for destination in self.destinations.iter().filter(wants) {
                self.topics.publish(&destination.topic, &event)?;
            }
        }
        Ok(())
    }

    fn event(&self, fate: Fate, address: &str, mail: &SentMail) -> Value {
        let now = format!("{:.3}", self.clock.now());
        let mut tags: BTreeMap<&str, [&str; 1]> = BTreeMap::from([
            ("ses:configuration-set", [STACK]),
            ("ses:operation", ["SendEmail"]),
        ]);
        tags.extend(mail.tags.iter().map(|(name, value)| (&**name, [&**value])));
        let mail = json!({
            "timestamp": now,
            "source": mail.source,
            "sendingAccountId": ACCOUNT,
            "messageId": mail.message_id,
            "destination": mail.destination,
            "tags": tags,
        });
        let (kind, mut report) = match fate {
            Fate::Bounces => (
                "Bounce",
                json!({
                    "bounceType": "Permanent",
                    "bounceSubType": "General",
                    "bouncedRecipients": [{ "emailAddress": address }],
                }),
            ),
            Fate::IsComplainedAbout => (
                "Complaint",
                json!({ "complainedRecipients": [{ "emailAddress": address }] }),
            ),
        };
        report["feedbackId"] = json!(Uuid::new_v4());
        report["timestamp"] = json!(now);
        json!({ "eventType": kind, fate.event_type(): report, "mail": mail })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_the_simulator_do_not_arrive() {
        for (address, fate) in [
            ("bounce@simulator.amazonses.com", Some(Fate::Bounces)),
            ("Bounce+ada@Simulator.AmazonSES.com", Some(Fate::Bounces)),
            (
                "complaint+1@simulator.amazonses.com",
                Some(Fate::IsComplainedAbout),
            ),
            ("success@simulator.amazonses.com", None),
            ("bounce@example.com", None),
            ("bounced@simulator.amazonses.com", None),
        ] {
            assert_eq!(Fate::of(address), fate, "{address}");
        }
    }

    #[test]
    fn what_bounced_is_published_where_the_template_says_with_the_mails_tags() {
        let destination = MailEvents {
            types: vec!["bounce".to_owned()],
            topic: "arn:topic".to_owned(),
        };
        let topics = Arc::new(Topics::open(None, Vec::new(), Clock::system()).unwrap());
        let feedback = Feedback::new(Arc::clone(&topics), &[destination], Clock::system());
        let bounced = "bounce+1@simulator.amazonses.com";
        let mail = |to: &str| SentMail {
            message_id: "mail-1".to_owned(),
            source: "refunds@example.com".to_owned(),
            destination: vec![to.to_owned()],
            tags: BTreeMap::from([("request".to_owned(), "r-1".to_owned())]),
        };
        feedback.note(&mail("ada@example.com")).unwrap();
        // Nobody has asked to hear of complaints here.
        feedback
            .note(&mail("complaint@simulator.amazonses.com"))
            .unwrap();
        feedback.note(&mail(bounced)).unwrap();
        let published = topics.waiting();
        let [(topic, message)] = published.as_slice() else {
            panic!("{published:?}");
        };
        assert_eq!(topic, "arn:topic");
        let event: Value = serde_json::from_str(message).unwrap();
        assert_eq!(event["eventType"], "Bounce");
        assert_eq!(
            event["bounce"]["bouncedRecipients"][0]["emailAddress"],
            bounced
        );
        assert_eq!(event["mail"]["tags"]["request"], json!(["r-1"]));
    }
}
