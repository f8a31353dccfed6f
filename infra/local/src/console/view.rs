//! What there is to show, gathered from the table's items, the executor and the outbox at one moment.
//!
//! The items are other people's data in a layout that grows: what is missing is left out, never an error.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::Console;
use super::diagram::Progress;
use crate::outbox::Mail;
use crate::states::{ExecutionStatus, ExecutionView};

/// Everything at one moment.
pub(crate) struct Snapshot {
    /// Newest first.
    pub(crate) requests: Vec<Request>,
    /// Newest first.
    pub(crate) mails: Vec<Mail>,
    /// Newest first.
    pub(crate) audit: Vec<AuditRecord>,
    pub(crate) forms: Vec<(String, String)>,
    /// How far the stack's clock is ahead.
    pub(crate) ahead: SignedDuration,
}

/// A request, or an execution that no request is known of.
#[derive(Default)]
pub(crate) struct Request {
    pub(crate) id: String,
    pub(crate) offering: String,
    pub(crate) status: String,
    pub(crate) phase: String,
    pub(crate) submitted_at: String,
    pub(crate) updated_at: String,
    pub(crate) values: Vec<(String, String)>,
    pub(crate) outputs: Vec<(String, String)>,
    pub(crate) run: Option<Run>,
}

/// What the executor knows of a request.
pub(crate) struct Run {
    pub(crate) status: ExecutionStatus,
    pub(crate) definition: Option<String>,
    pub(crate) progress: Progress,
    pub(crate) steps: Vec<Step>,
    pub(crate) started_at: Timestamp,
    pub(crate) error: Option<String>,
    pub(crate) cause: Option<String>,
    pub(crate) is_redrivable: bool,
}

/// A state that was entered.
pub(crate) struct Step {
    pub(crate) state: String,
    pub(crate) entered_at: Timestamp,
    pub(crate) left_at: Option<Timestamp>,
}

/// A record of the audit trail.
pub(crate) struct AuditRecord {
    pub(crate) request: String,
    pub(crate) seq: u64,
    pub(crate) at: String,
    pub(crate) actor: String,
    pub(crate) action: String,
    pub(crate) phase: String,
    pub(crate) status: String,
    pub(crate) detail: String,
}

impl Snapshot {
    pub(crate) fn take(console: &Console) -> Self {
        let items = (console.items)();
        let mut requests: Vec<Request> = of_kind(&items, "request").map(Request::read).collect();
        for execution in console.executor.executions() {
            let run = Run::of(&execution);
            match requests.iter_mut().find(|known| known.id == execution.name) {
                Some(request) => request.run = request.run.take().or(Some(run)),
                None => requests.push(Request {
                    id: execution.name.clone(),
                    run: Some(run),
                    ..Request::default()
                }),
            }
        }
        requests.sort_by_cached_key(|request| std::cmp::Reverse(request.began()));
        let mut audit: Vec<AuditRecord> = of_kind(&items, "audit").map(AuditRecord::read).collect();
        audit.sort_by(|a, b| (&b.at, b.seq).cmp(&(&a.at, a.seq)));
        let mut mails = console.outbox.list(None);
        mails.reverse();
        Self {
            requests,
            mails,
            audit,
            forms: console.forms.clone(),
            ahead: console.clock.offset(),
        }
    }
}

fn of_kind<'a>(items: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    items.iter().filter(move |item| item["kind"] == kind)
}

impl Request {
    fn read(item: &Value) -> Self {
        Self {
            id: text(item, "requestId"),
            offering: text(item, "offering"),
            status: text(item, "status"),
            phase: text(item, "phase"),
            submitted_at: text(item, "submittedAt"),
            updated_at: text(item, "updatedAt"),
            values: pairs(item, "values"),
            outputs: pairs(item, "outputs"),
            run: None,
        }
    }

    /// When it came to be, in a form that sorts.
    fn began(&self) -> String {
        match &self.run {
            _ if !self.submitted_at.is_empty() => self.submitted_at.clone(),
            Some(run) => run.started_at.to_string(),
            None => String::new(),
        }
    }
}

impl Run {
    fn of(execution: &ExecutionView) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for event in &execution.history {
            let Some(state) = &event.state else {
                continue;
            };
            let kind = format!("{:?}", event.event_type);
            if kind.ends_with("StateEntered") {
                steps.push(Step {
                    state: state.clone(),
                    entered_at: event.at,
                    left_at: None,
                });
            } else if kind.ends_with("StateExited")
                && let Some(step) = steps.iter_mut().rev().find(|step| step.state == *state)
            {
                step.left_at = Some(event.at);
            }
        }
        let failed = matches!(
            execution.status,
            ExecutionStatus::Failed | ExecutionStatus::TimedOut
        );
        Self {
            status: execution.status,
            definition: Some(execution.definition.clone()),
            progress: Progress {
                entered: steps.iter().map(|step| step.state.clone()).collect(),
                current: execution.current_state.clone(),
                failed,
            },
            steps,
            started_at: execution.started_at,
            error: execution.error.clone(),
            cause: execution.cause.clone(),
            is_redrivable: execution.not_redrivable.is_none(),
        }
    }
}

impl AuditRecord {
    fn read(item: &Value) -> Self {
        Self {
            request: text(item, "requestId"),
            seq: item["seq"].as_u64().unwrap_or_default(),
            at: text(item, "at"),
            actor: text(item, "actor"),
            action: text(item, "action"),
            phase: text(item, "phase"),
            status: text(item, "status"),
            detail: text(item, "detail"),
        }
    }
}

fn text(item: &Value, name: &str) -> String {
    item.get(name).map(plain).unwrap_or_default()
}

fn pairs(item: &Value, name: &str) -> Vec<(String, String)> {
    let members = item.get(name).and_then(Value::as_object);
    let members = members.into_iter().flat_map(Map::iter);
    members
        .map(|(name, value)| (name.clone(), plain(value)))
        .collect()
}

/// A value as a reader wants it: a text without its quotes, all else as JSON.
fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
