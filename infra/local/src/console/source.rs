//! The data of the pages. Every page reads what it shows and no more: a request by its key, a page of mails by
//! their places.

use std::sync::Arc;

use domain::audit::AuditRecord;
use domain::id::RequestId;
use domain::reference::Reference;
use domain::request::Request;
use domain::request_store::request_key;
use domain::table::Entity;
use jiff::Timestamp;
use serde_json::Value;

use crate::aws::dynamodb::DynamoDb;
use crate::clock::Clock;
use crate::outbox::Outbox;
use crate::states::{ExecutionView, Executor};

/// How many requests, and how many mails, a page has.
pub(crate) const PAGE: usize = 20;

/// Where the console reads its data.
pub struct Console {
    /// Runs the processes.
    pub executor: Arc<Executor>,
    /// Holds the mails.
    pub outbox: Arc<Outbox>,
    /// The stack's time.
    pub clock: Clock,
    /// The table.
    pub dynamodb: DynamoDb,
    /// The forms: title and path.
    pub forms: Vec<(String, String)>,
}

/// A request with all that is known of it.
pub(crate) struct RequestView {
    pub(crate) id: String,
    /// None for an execution that no request is known of.
    pub(crate) request: Option<Request>,
    /// Oldest first.
    pub(crate) audit: Vec<AuditRecord>,
    pub(crate) run: Option<ExecutionView>,
}

/// A state that was entered.
pub(crate) struct Step {
    pub(crate) state: String,
    pub(crate) entered_at: Timestamp,
    pub(crate) left_at: Option<Timestamp>,
}

impl Console {
    /// A text that is another one after each change of what is shown.
    pub(crate) fn version(&self) -> String {
        let mails = self.outbox.count();
        let ahead = self.clock.offset().as_secs();
        let (runs, items) = (self.executor.changes(), self.dynamodb.changes());
        format!("\"{runs}-{items}-{mails}-{ahead}\"")
    }

    /// The ids of the requests that begin so, or that have this reference, newest first: some, and how many there are.
    pub(crate) fn newest(&self, find: &str, skip: usize) -> (Vec<String>, usize) {
        let reference = find.parse::<Reference>().ok();
        let has_it = |name: &str| reference.is_some() && self::reference(name) == reference;
        let mut names = self.executor.names();
        names.retain(|name| name.starts_with(find) || has_it(name));
        let page = names.iter().skip(skip).take(PAGE);
        (page.map(ToString::to_string).collect(), names.len())
    }

    /// A request by its id.
    pub(crate) fn request(&self, id: &str) -> Option<RequestView> {
        let key = id.parse().ok().map(|id: RequestId| request_key(id).pk);
        let items = key.map_or(Ok(Vec::new()), |key| self.dynamodb.partition(&key));
        let items = items.unwrap_or_else(|error| {
            tracing::error!(%error, "the table cannot be read");
            Vec::new()
        });
        let request = read(&items).next();
        let run = self.executor.execution(id);
        (request.is_some() || run.is_some()).then(|| RequestView {
            id: id.to_owned(),
            request,
            audit: read(&items).collect(),
            run,
        })
    }
}

/// The reference of the request with that id. An execution that somebody else started has none.
pub(crate) fn reference(id: &str) -> Option<Reference> {
    id.parse().ok().map(Reference::of)
}

/// The items of a kind. One that an older version of this project wrote may not be readable: it is left out.
fn read<T: Entity>(items: &[Value]) -> impl Iterator<Item = T> {
    let items = items.iter().filter(|item| item["kind"] == T::KIND);
    items.filter_map(|item| T::deserialize(item).ok())
}

impl RequestView {
    pub(crate) fn title(&self) -> &str {
        let request = self.request.as_ref();
        request.map_or("Execution", |request| &request.title)
    }

    pub(crate) fn phase(&self) -> Option<&str> {
        Some(self.request.as_ref()?.phase.as_str())
    }

    /// When it came to be.
    pub(crate) fn began_at(&self) -> Option<Timestamp> {
        let submitted = self.request.as_ref().map(|request| request.submitted_at);
        submitted.or(self.run.as_ref().map(|run| run.started_at))
    }
}

/// The states that an execution entered, in order.
pub(crate) fn steps(run: &ExecutionView) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for event in &run.history {
        let Some(state) = &event.state else {
            continue;
        };
        let kind = event.event_type.to_string();
        if kind.ends_with("StateEntered") {
            steps.push(Step {
                state: state.clone(),
                entered_at: event.at,
                left_at: None,
            });
        } else if kind.ends_with("StateExited")
            && let Some(step) = steps.iter_mut().rfind(|step| step.state == *state)
        {
            step.left_at = Some(event.at);
        }
    }
    steps
}
