//! What becomes of a mail after it was accepted, by the addresses of SES's mailbox simulator: a mail to
//! `bounce@simulator.amazonses.com` comes back for good, one to `complaint@` is reported as spam, with
//! or without `+label` behind the name. All other mail arrives and is never heard of again.
//!
//! The events have the shape that SES publishes to SNS through a configuration set.

use std::{io, sync::Arc};

use serde_json::{Value, json};
use uuid::Uuid;

use super::mail::Submitted;
use crate::{
    clock::Clock,
    template::{ACCOUNT, MailEvents},
    topics::Topics,
};

/// Publishes what becomes of mails.
#[derive(Clone)]
pub struct Feedback {
    topics: Arc<Topics>,
    destinations: Arc<[MailEvents]>,
    clock: Clock,
}

/// What becomes of a mail to an address, by the name that a destination subscribes to it by. `None`: it arrives.
fn fate(address: &str) -> Option<&'static str> {
    let (mailbox, domain) = address.rsplit_once('@')?;
    let is_simulator = domain.eq_ignore_ascii_case("simulator.amazonses.com");
    let mailbox = mailbox.split('+').next().filter(|_| is_simulator)?;
    match mailbox.to_ascii_lowercase().as_str() {
        // The address of the suppression list bounces before it is sent anywhere.
        "bounce" | "suppressionlist" => Some("bounce"),
        "complaint" => Some("complaint"),
        _ => None,
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
            let Some(fate) = fate(address) else {
                continue;
            };
            let event = self.event(fate, address, message_id, submitted).to_string();
            let wants = |to: &&MailEvents| to.set == *set && to.types.iter().any(|it| it == fate);
            for destination in self.destinations.iter().filter(wants) {
                self.topics.publish(&destination.topic, &event)?;
            }
        }
        Ok(())
    }

    fn event(&self, fate: &str, address: &str, message_id: &str, submitted: &Submitted) -> Value {
        let now = format!("{:.3}", self.clock.now());
        let mut tags = json!({
            "ses:configuration-set": [submitted.configuration_set],
            "ses:operation": ["SendRawEmail"],
        });
        for (name, value) in &submitted.tags {
            tags[name] = json!([value]);
        }
        let recipients = json!([{ "emailAddress": address }]);
        let (kind, mut report) = if fate == "bounce" {
            let bounce = json!({
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": recipients,
            });
            ("Bounce", bounce)
        } else {
            ("Complaint", json!({ "complainedRecipients": recipients }))
        };
        report["feedbackId"] = json!(Uuid::new_v4());
        report["timestamp"] = json!(now);
        json!({
            "eventType": kind,
            fate: report,
            "mail": {
                "timestamp": now,
                "source": submitted.source,
                "sendingAccountId": ACCOUNT,
                "messageId": message_id,
                "destination": submitted.mail.to,
                "tags": tags,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::outbox::NewMail;

    #[test]
    fn only_addresses_of_the_simulator_do_not_arrive() {
        for (address, expected) in [
            ("bounce@simulator.amazonses.com", Some("bounce")),
            ("Bounce+ada@Simulator.AmazonSES.com", Some("bounce")),
            ("complaint+1@simulator.amazonses.com", Some("complaint")),
            ("success@simulator.amazonses.com", None),
            ("bounce@example.com", None),
            ("bounced@simulator.amazonses.com", None),
        ] {
            assert_eq!(fate(address), expected, "{address}");
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
