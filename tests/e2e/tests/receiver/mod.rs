//! A receiver of events that fails now and then, and checks what it takes with the crate of Standard Webhooks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

pub(crate) const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

/// Listens on a port of its own until the test ends.
pub(crate) struct Receiver {
    url: String,
    log: Arc<Mutex<Log>>,
}

#[derive(Default)]
struct Log {
    /// In the order in which they were taken; one that comes again is left out.
    taken: Vec<Value>,
    /// What each id came with.
    bodies: BTreeMap<String, String>,
    refused: usize,
    fails_for: FailsFor,
}

#[derive(Default)]
enum FailsFor {
    #[default]
    Nobody,
    /// The first request that is none of these.
    NextBeside(BTreeSet<String>),
    Request(String),
}

impl Receiver {
    pub(crate) fn start() -> Receiver {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        let log = Arc::new(Mutex::new(Log::default()));
        let app = Router::new().route("/events", post(take));
        let app = app.with_state(Arc::clone(&log));
        thread::spawn(move || runtime.block_on(async { axum::serve(listener, app).await }));
        Receiver { url, log }
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().expect("what arrived was as it should be")
    }

    /// What was taken.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.log().taken.clone()
    }

    /// The records that were taken, by request and in the order in which they came.
    pub(crate) fn records(&self) -> BTreeMap<String, Vec<Value>> {
        let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for event in &self.log().taken {
            let record = event["detail"].clone();
            records.entry(request(event)).or_default().push(record);
        }
        records
    }

    /// How often it failed.
    pub(crate) fn refused(&self) -> usize {
        self.log().refused
    }

    /// Fails for the request of which the next unknown event is, and for no other.
    pub(crate) fn fail_for_next_request(&self) {
        let mut log = self.log();
        let known = log.taken.iter().map(request).collect();
        log.fails_for = FailsFor::NextBeside(known);
    }

    /// The request that it fails for, once an event of it came.
    pub(crate) fn fails_for(&self) -> Option<String> {
        match &self.log().fails_for {
            FailsFor::Request(request) => Some(request.clone()),
            FailsFor::Nobody | FailsFor::NextBeside(_) => None,
        }
    }

    pub(crate) fn fail_for_nobody(&self) {
        self.log().fails_for = FailsFor::Nobody;
    }
}

impl Log {
    /// Whether this fails for a request whatever is sent.
    fn fails_for(&mut self, request: &str) -> bool {
        if let FailsFor::NextBeside(known) = &self.fails_for
            && !known.contains(request)
        {
            self.fails_for = FailsFor::Request(request.to_owned());
        }
        matches!(&self.fails_for, FailsFor::Request(it) if it == request)
    }
}

fn request(event: &Value) -> String {
    let id = event["detail"]["requestId"].as_str();
    id.expect("an event names its request").to_owned()
}

async fn take(State(log): State<Arc<Mutex<Log>>>, headers: HeaderMap, body: String) -> StatusCode {
    let mut log = log.lock().unwrap();
    let webhook = Webhook::new(SECRET).unwrap();
    webhook.verify(body.as_bytes(), &headers).unwrap();
    let id = headers["webhook-id"].to_str().unwrap().to_owned();
    let is_new = !log.bodies.contains_key(&id);
    let before = log.bodies.entry(id).or_insert_with(|| body.clone());
    assert_eq!(*before, body, "the same id is the same event");
    let event: Value = serde_json::from_str(&body).unwrap();
    // Each third event fails once, and each seventh is taken and yet answered with an error.
    let count = log.bodies.len();
    if log.fails_for(&request(&event)) || is_new && count.is_multiple_of(3) {
        log.refused += 1;
        return StatusCode::INTERNAL_SERVER_ERROR;
    }
    if !log.taken.contains(&event) {
        log.taken.push(event);
    }
    if is_new && count.is_multiple_of(7) {
        log.refused += 1;
        return StatusCode::BAD_GATEWAY;
    }
    StatusCode::NO_CONTENT
}
