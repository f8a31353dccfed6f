//! Audit records as events to an address, `EVENTS_URL`: what the template's pipe puts on its event bus on AWS.
//!
//! Each record is one POST of the event as `EventBridge` delivers it to an API destination, signed by the rules of
//! Standard Webhooks and sent again until it is answered with 2xx: at least once, with the same id. The events of a request
//! come in the order of its log; those of others do not wait for them. What was read of the table's stream is in a queue on
//! disk before it is forgotten there, so nothing is lost however the stack ends.

mod event;
mod queue;
mod receiver;
mod signature;

use std::{collections::HashSet, time::Duration};

use jiff::SignedDuration;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval},
};
use tracing::{error, warn};

use crate::{
    aws::dynamodb::DynamoDb,
    clock::{Clock, later},
    data_dir::DataDir,
    template::Pipe,
};
use event::{Event, events};
use queue::{POSITION, Queue, SECRET};
use receiver::Receiver;
pub use receiver::Settings;
use signature::{SigningKey, random_secret};

/// How often the stream is looked at.
const PAUSE: Duration = Duration::from_millis(200);
/// How many events are sent at once.
const AT_ONCE: usize = 8;
/// The pause after an event was sent in vain once; it doubles each time.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// Why events cannot be delivered.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each says it in its message")]
pub enum EventsError {
    #[error("EVENTS_URL is `{0}`, which is no address such as https://example.com/events")]
    Url(String),
    #[error(
        "EVENTS_SECRET is no secret of Standard Webhooks: whsec_ and 24 to 64 bytes in base64, such as `echo whsec_$(openssl rand -base64 32)` makes"
    )]
    Secret,
    #[error("EVENTS_URL is given, and the template has no pipe that says what an event is")]
    NoPipe,
    #[error("cannot send events")]
    Client(#[from] reqwest::Error),
    #[error("cannot keep events")]
    Queue(#[from] rusqlite::Error),
    #[error(transparent)]
    Stream(#[from] anyhow::Error),
    #[error("cannot make events: {0}")]
    Pipe(String),
}

/// What is delivered, from where and to whom.
pub struct Events {
    receiver: Receiver,
    pipe: Pipe,
    queue: Queue,
    dynamodb: DynamoDb,
    clock: Clock,
    /// The state of the table up to which the stream was read.
    read: Option<u64>,
    new_secret: Option<String>,
}

impl Events {
    /// Opens the queue in the data directory, and has the table keep a stream from now on.
    pub fn open(
        settings: Settings,
        pipe: Option<Pipe>,
        data: &DataDir,
        dynamodb: DynamoDb,
        clock: Clock,
    ) -> Result<Events, EventsError> {
        let pipe = pipe.ok_or(EventsError::NoPipe)?;
        let queue = Queue::open(data.file("events.db").as_deref())?;
        let (key, new_secret) = match settings.key {
            Some(key) => (key, None),
            None => own_key(&queue)?,
        };
        let receiver = Receiver::new(settings.url, key)?;
        dynamodb.keep_streams(true)?;
        Ok(Events {
            receiver,
            pipe,
            queue,
            dynamodb,
            clock,
            read: None,
            new_secret,
        })
    }

    /// The secret, if one was made now.
    pub fn new_secret(&self) -> Option<String> {
        self.new_secret.clone()
    }

    /// Puts what the stream has into the queue, if anything was written.
    fn read_stream(&mut self) -> Result<(), EventsError> {
        let changes = self.dynamodb.changes();
        if self.read == Some(changes) {
            return Ok(());
        }
        loop {
            let position = self.queue.kept(POSITION)?;
            let records = self.dynamodb.stream_records(&self.pipe.stream, position)?;
            let Some(last) = records.last() else {
                break;
            };
            let events = events(&self.pipe, &records).map_err(EventsError::Pipe)?;
            self.queue
                .enqueue(&events, &last.dynamodb.sequence_number)?;
            self.dynamodb.trim_stream(last)?;
        }
        self.read = Some(changes);
        Ok(())
    }

    /// Notes what became of an event.
    fn note(&self, event: &Event, delivered: bool) -> Result<(), EventsError> {
        if delivered {
            return Ok(self.queue.delivered(event)?);
        }
        let pause = FIRST_PAUSE * (1 << event.failures.min(10));
        let due_at = later(self.clock.now(), pause.min(LONGEST_PAUSE));
        Ok(self.queue.failed(event, due_at.as_millisecond())?)
    }

    /// Starts to send what is due, for as many requests as there is room for.
    fn send(&self, sending: &mut Sending) -> Result<(), EventsError> {
        if sending.tasks.len() == AT_ONCE {
            return Ok(());
        }
        let now = self.clock.now().as_millisecond();
        // Those on their way are due too.
        for event in self.queue.due(now, AT_ONCE + sending.tasks.len())? {
            if sending.tasks.len() < AT_ONCE && sending.requests.insert(event.request.clone()) {
                let receiver = self.receiver.clone();
                sending.tasks.spawn(async move {
                    let delivered = receiver.deliver(&event).await;
                    (event, delivered)
                });
            }
        }
        Ok(())
    }
}

/// The key that was made for this data directory, or a new one and its secret.
fn own_key(queue: &Queue) -> Result<(SigningKey, Option<String>), EventsError> {
    let kept = queue.kept(SECRET)?;
    let is_new = kept.is_none();
    let secret = kept.unwrap_or_else(random_secret);
    queue.keep(SECRET, &secret)?;
    let key = SigningKey::parse(&secret).ok_or(EventsError::Secret)?;
    Ok((key, is_new.then_some(secret)))
}

/// What is on its way.
#[derive(Default)]
struct Sending {
    requests: HashSet<String>,
    tasks: JoinSet<(Event, Result<(), String>)>,
}

/// Delivers events for as long as it is polled.
pub async fn deliver(mut events: Events) {
    let mut sending = Sending::default();
    let mut timer = interval(PAUSE);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let done = tokio::select! {
            _ = timer.tick() => events.read_stream(),
            Some(sent) = sending.tasks.join_next() => {
                let (event, answer) = sent.expect("sending an event does not panic");
                sending.requests.remove(&event.request);
                if let Err(problem) = &answer {
                    let Event { request, seq, .. } = &event;
                    warn!(request, seq, problem, "an event was not taken and is sent again");
                }
                events.note(&event, answer.is_ok())
            }
        };
        if let Err(error) = done.and_then(|()| events.send(&mut sending)) {
            error!(
                error = format!("{:#}", anyhow::Error::from(error)),
                "events wait"
            );
        }
    }
}

#[cfg(test)]
mod tests;
