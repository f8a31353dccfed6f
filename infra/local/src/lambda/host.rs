//! The Runtime API: what a function's process polls for its next invocation and answers to.
//!
//! Every process has a base address of its own, `/_local/lambda/<function>/<instance>`, so that each
//! request says which process it comes from. Instance ids are random: a process that an earlier stack
//! left behind gets no work from this one, and ends.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State, rejection::BytesRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
use parking_lot::Mutex;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

use super::error::FunctionError;

/// Lambda's limit for the answer of a synchronous invocation.
const LARGEST_ANSWER: usize = 6_291_556;

/// All processes that may poll for work. Clones share them.
#[derive(Clone, Default)]
pub(super) struct Host {
    links: Arc<Mutex<HashMap<Uuid, Arc<Link>>>>,
}

/// The host's end of the line to one process.
struct Link {
    polls: mpsc::UnboundedSender<Poll>,
    pending: Mutex<Option<Invocation>>,
}

/// A process that asks for its next invocation, and gets it by this.
pub(super) type Poll = oneshot::Sender<Invocation>;

/// The pool's end of the line to one process. Dropping it closes the line.
pub(super) struct Connection {
    pub(super) id: Uuid,
    pub(super) polls: mpsc::UnboundedReceiver<Poll>,
    host: Host,
}

/// One invocation on its way to a process.
pub(super) struct Invocation {
    pub(super) request_id: Uuid,
    pub(super) function_arn: String,
    pub(super) timeout: Duration,
    pub(super) payload: Bytes,
    pub(super) reply: oneshot::Sender<Result<Bytes, FunctionError>>,
}

impl Host {
    /// Opens the line for a process that is about to start.
    pub(super) fn connect(&self) -> Connection {
        let (sender, polls) = mpsc::unbounded_channel();
        let link = Link {
            polls: sender,
            pending: Mutex::default(),
        };
        let id = Uuid::new_v4();
        self.links.lock().insert(id, Arc::new(link));
        let host = self.clone();
        Connection { id, polls, host }
    }

    /// The Runtime API of all processes, relative to `/_local/lambda`.
    pub(super) fn router(&self) -> Router {
        const INVOCATION: &str = "/{function}/{instance}/2018-06-01/runtime/invocation";
        Router::new()
            .route(&format!("{INVOCATION}/next"), get(next))
            .route(
                &format!("{INVOCATION}/{{request}}/{{outcome}}"),
                post(finish),
            )
            .layer(DefaultBodyLimit::max(LARGEST_ANSWER))
            .with_state(self.clone())
    }

    fn link(&self, instance: &str) -> Option<Arc<Link>> {
        let id = Uuid::parse_str(instance).ok()?;
        self.links.lock().get(&id).cloned()
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.host.links.lock().remove(&self.id);
    }
}

async fn next(
    State(host): State<Host>,
    Path((_function, instance)): Path<(String, String)>,
) -> Response {
    let (poll, invocation) = oneshot::channel();
    let link = host.link(&instance);
    let asked = link.filter(|link| link.polls.send(poll).is_ok());
    let (Some(link), Ok(mut invocation)) = (asked, invocation.await) else {
        let message = "This instance is not one of this stack's, or is being stopped";
        return refusal(StatusCode::GONE, "Instance.Unknown", message);
    };
    let header = |name: &str| format!("lambda-runtime-{name}");
    let headers = [
        ("content-type".to_owned(), "application/json".to_owned()),
        (header("aws-request-id"), invocation.request_id.to_string()),
        (header("deadline-ms"), deadline_ms(invocation.timeout)),
        (
            header("invoked-function-arn"),
            invocation.function_arn.clone(),
        ),
    ];
    let payload = std::mem::take(&mut invocation.payload);
    *link.pending.lock() = Some(invocation);
    (headers, payload).into_response()
}

/// Hands an answer, or the report of an error, to whoever waits for it.
async fn finish(
    State(host): State<Host>,
    Path((_function, instance, request, outcome)): Path<(String, String, String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let is_too_large = body.is_err();
    let answer = match (&*outcome, body) {
        ("response", Ok(body)) => Ok(body),
        ("error", Ok(body)) => Err(FunctionError::from_report(&body)),
        ("response" | "error", Err(_)) => Err(FunctionError::new(
            "Function.ResponseSizeTooLarge",
            format!(
                "Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes)."
            ),
        )),
        _ => return StatusCode::NOT_FOUND.into_response(),
    };
    let waiting = host.link(&instance).and_then(|link| {
        let mut pending = link.pending.lock();
        pending.take_if(|pending| pending.request_id.to_string() == request)
    });
    let is_awaited = waiting.is_some();
    // The waiting side may be gone: its time is up. The process need not know.
    let _ = waiting.map(|waiting| waiting.reply.send(answer));
    if is_too_large {
        let message = "Exceeded maximum allowed payload size";
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return refusal(status, "RequestEntityTooLarge", message);
    }
    if !is_awaited {
        let status = StatusCode::BAD_REQUEST;
        return refusal(status, "InvalidRequestID", "Invalid request ID");
    }
    (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    (status, Json(FunctionError::new(kind, message).report)).into_response()
}

/// When the time of an invocation that starts now is up. Not by the stack's clock: its time travel does
/// not reach into functions.
fn deadline_ms(timeout: Duration) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "functions compare the deadline with the machine's real clock"
    )]
    let deadline = SystemTime::now() + timeout;
    let since_epoch = deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    since_epoch.as_millis().to_string()
}

#[cfg(test)]
mod tests;
