//! The Simple Notification Service, as far as functions are told by it: what is published to a topic is
//! kept until every function that subscribes to it has processed it, at least once.
//!
//! A function that fails is invoked again, as Lambda does with what nobody waits for: twice. After that
//! AWS would put the message into the dead-letter queue; here the log says so. The pauses are seconds
//! where AWS lets minutes pass, because a person is watching.

use std::{collections::VecDeque, io, path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::Notify;
use uuid::Uuid;

use crate::{clock::Clock, journal::Journal, lambda::Functions, template::Subscription};

/// How long after it was published a message comes, as over the network.
const DELAY: Duration = Duration::from_millis(200);
/// The pauses between the times that a function is invoked with a message.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(4)];

/// All topics.
#[derive(Debug)]
pub struct Topics {
    subscriptions: Vec<Subscription>,
    clock: Clock,
    state: Mutex<State>,
    published: Notify,
}

#[derive(Debug)]
struct State {
    /// In order of publication.
    waiting: VecDeque<Message>,
    /// Those that wait: a message can name a customer, so nothing is left of one that was delivered.
    journal: Journal<Message>,
}

/// A message on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Message {
    id: Uuid,
    topic: String,
    text: String,
    at: Timestamp,
}

impl Topics {
    /// The topics, with what is still on its way in `<data>/topics.jsonl`; None keeps nothing.
    pub fn open(
        data: Option<&Path>,
        subscriptions: Vec<Subscription>,
        clock: Clock,
    ) -> io::Result<Self> {
        let path = data.map(|data| data.join("topics.jsonl"));
        let (journal, waiting) = Journal::open(path.as_deref())?;
        let waiting = waiting.into();
        Ok(Self {
            subscriptions,
            clock,
            state: Mutex::new(State { waiting, journal }),
            published: Notify::new(),
        })
    }

    /// Takes a message in. It is kept when this returns.
    pub fn publish(&self, topic: &str, text: &str) -> io::Result<()> {
        let message = Message {
            id: Uuid::new_v4(),
            topic: topic.to_owned(),
            text: text.to_owned(),
            at: self.clock.now(),
        };
        let mut state = self.state.lock();
        state.journal.append(&message)?;
        state.waiting.push_back(message);
        self.published.notify_one();
        Ok(())
    }

    /// What is on its way: topic and text.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> Vec<(String, String)> {
        let state = self.state.lock();
        let pair = |message: &Message| (message.topic.clone(), message.text.clone());
        state.waiting.iter().map(pair).collect()
    }

    fn done(&self) {
        let state = &mut *self.state.lock();
        state.waiting.pop_front();
        if let Err(error) = state.journal.replace(&state.waiting) {
            tracing::error!(%error, "a message that was delivered will be delivered again");
        }
    }
}

/// Delivers messages as they come. Never ends by itself.
pub async fn deliver(topics: Arc<Topics>, functions: Functions) {
    loop {
        let next = topics.state.lock().waiting.front().cloned();
        let Some(message) = next else {
            topics.published.notified().await;
            continue;
        };
        tokio::time::sleep(DELAY).await;
        let subscribed = topics
            .subscriptions
            .iter()
            .filter(|it| it.topic == message.topic);
        for Subscription { function, .. } in subscribed {
            invoke(&functions, function, &message).await;
        }
        topics.done();
    }
}

async fn invoke(functions: &Functions, function: &str, message: &Message) {
    let event = event(message).to_string();
    let mut pauses = PAUSES.iter();
    while let Err(error) = functions.invoke(function, event.clone().into()).await {
        let Some(pause) = pauses.next() else {
            tracing::error!(function, %error, "a message is given up; AWS would keep it in the dead-letter queue");
            return;
        };
        tracing::warn!(function, %error, "a message was not processed and is sent again");
        tokio::time::sleep(*pause).await;
    }
}

/// What a function is invoked with.
fn event(message: &Message) -> Value {
    json!({
        "Records": [{
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": format!("{}:local", message.topic),
            "Sns": {
                "Type": "Notification",
                "MessageId": message.id,
                "TopicArn": message.topic,
                "Subject": "Amazon SES Email Event Notification",
                "Message": message.text,
                "Timestamp": format!("{:.3}", message.at),
                "SignatureVersion": "1",
                "Signature": "local",
                "SigningCertUrl": "local",
                "UnsubscribeUrl": "local",
                "MessageAttributes": {},
            },
        }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_delivered_is_there_after_reopening() {
        let data = tempfile::tempdir().unwrap();
        let open = || Topics::open(Some(data.path()), Vec::new(), Clock::system()).unwrap();
        let topics = open();
        topics.publish("arn:a", "one").unwrap();
        topics.publish("arn:a", "two").unwrap();
        topics.done();
        drop(topics);
        assert_eq!(open().waiting(), [("arn:a".to_owned(), "two".to_owned())]);
    }
}
