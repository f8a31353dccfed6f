//! What becomes of a mail after it was accepted, by the addresses of SES's mailbox simulator: a mail to
//! `bounce@simulator.amazonses.com` comes back for good, one to `complaint@` is reported as spam, with
//! or without `+label` behind the name. All other mail arrives and is never heard of again.
//!
//! The events have the shape that SES publishes to SNS through a configuration set.

use std::{collections::BTreeMap, io, sync::Arc};

use serde_json::{Value, json};
use uuid::Uuid;

use super::mail::Submitted;
use crate::{
    clock::Clock,
    template::{ACCOUNT, MailEvents},
    topics::Topics,
};

const SIMULATOR: &str = "simulator.amazonses.com";

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

    /// Whether there is a configuration set of that name.
    pub(super) fn has(&self, set: &str) -> bool {
        self.destinations.iter().any(|it| it.set == set)
    }

    /// Publishes what becomes of a mail, if it was sent through a configuration set. It is kept when this returns.
    pub(super) fn note(&self, message_id: &str, submitted: &Submitted) -> io::Result<()> {
        let Some(set) = &submitted.configuration_set else {
            return Ok(());
        };
        for address in &submitted.mail.to {
            let Some(fate) = Fate::of(address) else {
                continue;
            };
            let event = self
                .event(fate, address, (message_id, set), submitted)
                .to_string();
            let wants = |to: &&MailEvents| {
                to.set == *set && to.types.iter().any(|kind| kind == fate.event_type())
            };
            for destination in self.destinations.iter().filter(wants) {
                self.topics.publish(&destination.topic, &event)?;
            }
        }
        Ok(())
    }

    fn event(
        &self,
        fate: Fate,
        address: &str,
        (message_id, set): (&str, &str),
        submitted: &Submitted,
    ) -> Value {
        let now = format!("{:.3}", self.clock.now());
        let mut tags: BTreeMap<&str, [&str; 1]> = BTreeMap::from([
            ("ses:configuration-set", [set]),
            ("ses:operation", ["SendRawEmail"]),
        ]);
        tags.extend(
            submitted
                .tags
                .iter()
                .map(|(name, value)| (&**name, [&**value])),
        );
        let mail = json!({
            "timestamp": now,
            "source": submitted.source,
            "sendingAccountId": ACCOUNT,
            "messageId": message_id,
            "destination": submitted.mail.to,
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
    use crate::outbox::NewMail;

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
            set: "desk".to_owned(),
        };
        let topics = Arc::new(Topics::open(None, Vec::new(), Clock::system()).unwrap());
        let feedback = Feedback::new(Arc::clone(&topics), &[destination], Clock::system());
        let bounced = "bounce+1@simulator.amazonses.com";
        let note = |set: Option<&str>, to: &str| {
            let mail = NewMail {
                to: vec![to.to_owned()],
                ..NewMail::default()
            };
            let submitted = Submitted {
                mail,
                source: "refunds@example.com".to_owned(),
                configuration_set: set.map(ToOwned::to_owned),
                tags: BTreeMap::from([("request".to_owned(), "r-1".to_owned())]),
            };
            feedback.note("mail-1", &submitted).unwrap();
        };
        note(Some("desk"), "ada@example.com");
        // Nobody has asked to hear of complaints here, nor of mails that go through no set.
        note(Some("desk"), "complaint@simulator.amazonses.com");
        note(None, bounced);
        note(Some("desk"), bounced);
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
