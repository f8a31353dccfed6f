//! The Runtime API: what a function's process polls for its next invocation and answers to.
//!
//! Every process has a base address of its own, `/_local/lambda/<function>/<instance>`, so that each
//! request says which process it comes from. Instance ids are random: a process that an earlier stack
//! left behind gets no work from this one, and ends.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
use serde_json::json;
use tokio::sync::{Notify, mpsc, oneshot};
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
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    /// The process asks for its first invocation.
    ready: Notify,
    pending: Mutex<Option<Invocation>>,
}

/// The pool's end of the line to one process. Dropping it closes the line.
pub(super) struct Connection {
    pub(super) id: Uuid,
    pub(super) invocations: mpsc::Sender<Invocation>,
    link: Arc<Link>,
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
        let (invocations, invocations_out) = mpsc::channel(1);
        let link = Arc::new(Link {
            invocations: tokio::sync::Mutex::new(invocations_out),
            ready: Notify::new(),
            pending: Mutex::default(),
        });
        let id = Uuid::new_v4();
        self.links().insert(id, Arc::clone(&link));
        Connection {
            id,
            invocations,
            link,
            host: self.clone(),
        }
    }

    /// The Runtime API of all processes, relative to `/_local/lambda`.
    pub(super) fn router(&self) -> Router {
        const INVOCATION: &str = "/{function}/{instance}/2018-06-01/runtime/invocation";
        let of_request = |outcome: &str| format!("{INVOCATION}/{{request}}/{outcome}");
        Router::new()
            .route(&format!("{INVOCATION}/next"), get(next))
            .route(&of_request("response"), post(response))
            .route(&of_request("error"), post(error))
            .layer(DefaultBodyLimit::max(LARGEST_ANSWER))
            .with_state(self.clone())
    }

    fn link(&self, instance: &str) -> Option<Arc<Link>> {
        let id = Uuid::parse_str(instance).ok()?;
        self.links().get(&id).cloned()
    }

    fn links(&self) -> MutexGuard<'_, HashMap<Uuid, Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// Waits until the process asks for its first invocation.
    pub(super) async fn ready(&self) {
        self.link.ready.notified().await;
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.host.links().remove(&self.id);
    }
}

impl Link {
    fn pending(&self) -> MutexGuard<'_, Option<Invocation>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands the answer to whoever waits for it. False when nobody waits for this request.
    fn complete(&self, request: &str, answer: Result<Bytes, FunctionError>) -> bool {
        let mut pending = self.pending();
        let waiting = pending.take_if(|pending| pending.request_id.to_string() == request);
        // The waiting side may be gone: its time is up. The process need not know.
        waiting.map(|pending| pending.reply.send(answer)).is_some()
    }
}

async fn next(
    State(host): State<Host>,
    Path((_function, instance)): Path<(String, String)>,
) -> Response {
    let stopped = || {
        let message = "This instance is not one of this stack's, or is being stopped";
        refusal(StatusCode::GONE, "Instance.Unknown", message)
    };
    let Some(link) = host.link(&instance) else {
        return stopped();
    };
    link.ready.notify_one();
    let Some(mut invocation) = link.invocations.lock().await.recv().await else {
        return stopped();
    };
    let headers = [
        ("content-type", "application/json".to_owned()),
        (
            "lambda-runtime-aws-request-id",
            invocation.request_id.to_string(),
        ),
        (
            "lambda-runtime-deadline-ms",
            deadline_ms(invocation.timeout),
        ),
        (
            "lambda-runtime-invoked-function-arn",
            invocation.function_arn.clone(),
        ),
    ];
    let payload = std::mem::take(&mut invocation.payload);
    *link.pending() = Some(invocation);
    (headers, payload).into_response()
}

async fn response(
    State(host): State<Host>,
    Path((_function, instance, request)): Path<(String, String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        let message = format!(
            "Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes)."
        );
        let error = FunctionError::new("Function.ResponseSizeTooLarge", message);
        finish(&host, &instance, &request, Err(error));
        let message = "Exceeded maximum allowed payload size";
        let status = StatusCode::PAYLOAD_TOO_LARGE;
        return refusal(status, "RequestEntityTooLarge", message);
    };
    finish(&host, &instance, &request, Ok(body))
}

async fn error(
    State(host): State<Host>,
    Path((_function, instance, request)): Path<(String, String, String)>,
    body: Bytes,
) -> Response {
    let error = FunctionError::from_report(&body);
    finish(&host, &instance, &request, Err(error))
}

fn finish(
    host: &Host,
    instance: &str,
    request: &str,
    answer: Result<Bytes, FunctionError>,
) -> Response {
    match host.link(instance) {
        Some(link) if link.complete(request, answer) => {
            (StatusCode::ACCEPTED, Json(json!({ "status": "OK" }))).into_response()
        }
        _ => {
            let status = StatusCode::BAD_REQUEST;
            refusal(status, "InvalidRequestID", "Invalid request ID")
        }
    }
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
