//! The Runtime API: what a function's process polls for its next invocation and answers to.
//!
//! Every process has a base address of its own, `/_local/lambda/<function>/<instance>`, so that each
//! request says which process it comes from. Instance ids are random: a process that an earlier stack
//! left behind gets no work from this one, and ends.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Path, State, rejection::BytesRejection},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use bytes::Bytes;
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
    invocations: tokio::sync::Mutex<mpsc::Receiver<Invocation>>,
    signals: mpsc::UnboundedSender<Signal>,
    pending: Mutex<Option<Pending>>,
}

struct Pending {
    request_id: Uuid,
    reply: oneshot::Sender<Result<Bytes, FunctionError>>,
}

/// The pool's end of the line to one process. Dropping it closes the line.
pub(super) struct Connection {
    pub(super) id: Uuid,
    pub(super) invocations: mpsc::Sender<Invocation>,
    pub(super) signals: mpsc::UnboundedReceiver<Signal>,
    host: Host,
}

/// What a process says of itself before its first invocation.
pub(super) enum Signal {
    /// It is ready for an invocation.
    Ready,
    /// It could not start.
    InitError(FunctionError),
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
        let (signals_in, signals) = mpsc::unbounded_channel();
        let link = Link {
            invocations: tokio::sync::Mutex::new(invocations_out),
            signals: signals_in,
            pending: Mutex::default(),
        };
        let id = Uuid::new_v4();
        self.links().insert(id, Arc::new(link));
        Connection {
            id,
            invocations,
            signals,
            host: self.clone(),
        }
    }

    /// The Runtime API of all processes, relative to `/_local/lambda`.
    pub(super) fn router(&self) -> Router {
        const RUNTIME: &str = "/{function}/{instance}/2018-06-01/runtime";
        Router::new()
            .route(&format!("{RUNTIME}/invocation/next"), get(next))
            .route(
                &format!("{RUNTIME}/invocation/{{request}}/response"),
                post(response),
            )
            .route(
                &format!("{RUNTIME}/invocation/{{request}}/error"),
                post(error),
            )
            .route(&format!("{RUNTIME}/init/error"), post(init_error))
            .layer(DefaultBodyLimit::max(LARGEST_ANSWER))
            .with_state(self.clone())
    }

    fn link(&self, instance: &str) -> Option<Arc<Link>> {
        let id = Uuid::parse_str(instance).ok()?;
        self.links().get(&id).cloned()
    }

    fn links(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Arc<Link>>> {
        self.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.host.links().remove(&self.id);
    }
}

impl Link {
    fn pending(&self) -> std::sync::MutexGuard<'_, Option<Pending>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Hands the answer to whoever waits for it. False when nobody waits for this request.
    fn complete(&self, request: &str, answer: Result<Bytes, FunctionError>) -> bool {
        let mut pending = self.pending();
        let waited_for = pending
            .as_ref()
            .is_some_and(|pending| pending.request_id.to_string() == request);
        match pending.take_if(|_| waited_for) {
            // The waiting side may be gone: its time is up. The process need not know.
            Some(Pending { reply, .. }) => reply.send(answer).is_ok() || waited_for,
            None => false,
        }
    }
}

async fn next(
    State(host): State<Host>,
    Path((_function, instance)): Path<(String, String)>,
) -> Response {
    let Some(link) = host.link(&instance) else {
        return refusal(
            StatusCode::GONE,
            "Instance.Unknown",
            "This instance is not one of this stack's",
        );
    };
    // An error means that the pool no longer listens for readiness, which it does only at the start.
    let _ = link.signals.send(Signal::Ready);
    let Some(invocation) = link.invocations.lock().await.recv().await else {
        return refusal(
            StatusCode::GONE,
            "Instance.Stopped",
            "This instance is being stopped",
        );
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
            invocation.function_arn,
        ),
        ("lambda-runtime-trace-id", trace_id(invocation.request_id)),
    ];
    let mut response = Response::new(Body::from(invocation.payload));
    for (name, value) in headers {
        let value = value.parse().expect("ids and numbers are header text");
        response.headers_mut().insert(name, value);
    }
    *link.pending() = Some(Pending {
        request_id: invocation.request_id,
        reply: invocation.reply,
    });
    response
}

async fn response(
    State(host): State<Host>,
    Path((_function, instance, request)): Path<(String, String, String)>,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let Ok(body) = body else {
        let error = FunctionError::new(
            "Function.ResponseSizeTooLarge",
            format!(
                "Response payload size exceeded maximum allowed payload size ({LARGEST_ANSWER} bytes)."
            ),
        );
        finish(&host, &instance, &request, Err(error));
        return refusal(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestEntityTooLarge",
            "Exceeded maximum allowed payload size",
        );
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

async fn init_error(
    State(host): State<Host>,
    Path((_function, instance)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let Some(link) = host.link(&instance) else {
        return refusal(
            StatusCode::GONE,
            "Instance.Unknown",
            "This instance is not one of this stack's",
        );
    };
    let mut error = FunctionError::from_report(&body);
    if error.report.get("errorType").is_none()
        && let Some(kind) = headers.get("lambda-runtime-function-error-type")
    {
        error.error_type = String::from_utf8_lossy(kind.as_bytes()).into_owned();
    }
    // An error means that the pool has given this process up already.
    let _ = link.signals.send(Signal::InitError(error));
    accepted()
}

fn finish(
    host: &Host,
    instance: &str,
    request: &str,
    answer: Result<Bytes, FunctionError>,
) -> Response {
    match host.link(instance) {
        Some(link) if link.complete(request, answer) => accepted(),
        _ => refusal(
            StatusCode::BAD_REQUEST,
            "InvalidRequestID",
            "Invalid request ID",
        ),
    }
}

fn accepted() -> Response {
    let body = r#"{"status":"OK"}"#;
    (
        StatusCode::ACCEPTED,
        [(header::CONTENT_TYPE, "application/json")],
        body,
    )
        .into_response()
}

fn refusal(status: StatusCode, kind: &str, message: &str) -> Response {
    let body = format!(r#"{{"errorType":"{kind}","errorMessage":"{message}"}}"#);
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
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

/// An X-Ray trace header that says not to sample.
fn trace_id(request: Uuid) -> String {
    let id = request.simple().to_string();
    format!(
        "Root=1-{}-{};Parent={};Sampled=0",
        &id[..8],
        &id[8..],
        &id[..16]
    )
}

#[cfg(test)]
mod tests;
