//! How functions run on Lambda: those that a state machine invokes, and those behind API Gateway.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use jiff::Timestamp;
use lambda_http::http::Method;
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};
use lambda_runtime::tracing::field::Empty;
use lambda_runtime::tracing::{Instrument, Span};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn, tracing};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::logging;
use domain::failure::Failure;
use domain::id::{PhaseName, RequestId};
use domain::metrics;
use domain::task::Outcome;

/// What a function works with. It is prepared while Lambda starts the process, where time costs nothing. If that fails, as
/// when a secret cannot be read, it is tried again with each invocation: a process that ends instead is no outage to
/// Step Functions, which would soon give up.
struct Prepared<F, M> {
    function: OnceCell<Arc<F>>,
    make: M,
}

impl<F, M, A, E> Prepared<F, M>
where
    M: Fn() -> A,
    A: Future<Output = Result<F, E>>,
    E: fmt::Display,
{
    async fn at_start(make: M) -> Self {
        logging::init();
        let function = OnceCell::new();
        let prepared = Self { function, make };
        if let Err(failure) = prepared.get().await {
            tracing::error!(reason = %failure, "it is tried again with each invocation");
        }
        prepared
    }

    async fn get(&self) -> Result<Arc<F>, Failure> {
        // Boxed, as the SDK's futures nest too deeply for the compiler to lay out in one.
        let make = || async { Box::pin((self.make)()).await.map(Arc::new) };
        let prepared = self.function.get_or_try_init(make).await;
        let unavailable = |error| Failure::SettingsUnavailable(format!("{error:#}"));
        prepared.cloned().map_err(unavailable)
    }
}

/// Serves invocations with `handler` and what `make` makes, until Lambda ends the process.
///
/// A payload that does not fit becomes [`Failure::PayloadInvalid`]. A failure is logged once, here, and
/// reported under its name, which the state machine matches on.
pub async fn run_task<F, P, A, E, B>(
    make: impl Fn() -> A,
    handler: impl Fn(Arc<F>, P) -> B,
) -> Result<(), lambda_runtime::Error>
where
    P: DeserializeOwned,
    A: Future<Output = Result<F, E>>,
    E: fmt::Display,
    B: Future<Output = Result<Outcome, Failure>>,
{
    let span = |payload: &Value| {
        // The payload holds no customer's data, but only what is named here is logged.
        let text = |name: &str| payload[name].as_str().unwrap_or_default().to_owned();
        let (request, phase, state) = (text("requestId"), text("phase"), text("state"));
        // Said twice, so that whoever knows the one or the other finds it: the request's id is the
        // execution's name.
        let execution = &request;
        tracing::info_span!("task", request, execution, phase, state)
    };
    let misfit = |error: serde_json::Error| format!("the payload does not fit: {error}");
    run(make, handler, span, misfit).await
}

/// What `EventBridge` invokes a function with on a schedule.
#[derive(Debug, Deserialize)]
pub struct ScheduledEvent {
    /// When it was due.
    pub time: Timestamp,
}

/// Serves events that nobody waits for, such as messages of a topic, until Lambda ends the process. What
/// fails is logged and reported like a task; Lambda runs it again. What an event is about
/// is known to whoever reads it, and said by [`log_context`].
pub async fn run_event<F, P, A, E, B>(
    make: impl Fn() -> A,
    handler: impl Fn(Arc<F>, P) -> B,
) -> Result<(), lambda_runtime::Error>
where
    P: DeserializeOwned,
    A: Future<Output = Result<F, E>>,
    E: fmt::Display,
    B: Future<Output = Result<Outcome, Failure>>,
{
    let span = |_: &Value| {
        let (request, execution, phase) = (Empty, Empty, Empty);
        tracing::info_span!("event", request, execution, phase)
    };
    // What does not fit may hold an address, so it is not quoted.
    let misfit =
        |error: serde_json::Error| format!("the event does not fit: {:?} error", error.classify());
    run(make, handler, span, misfit).await
}

/// Serves invocations, each in the span that its payload gives, where its failure is logged too.
async fn run<F, P, A, E, B>(
    make: impl Fn() -> A,
    handler: impl Fn(Arc<F>, P) -> B,
    span: impl Fn(&Value) -> Span,
    misfit: impl Fn(serde_json::Error) -> String,
) -> Result<(), lambda_runtime::Error>
where
    P: DeserializeOwned,
    A: Future<Output = Result<F, E>>,
    E: fmt::Display,
    B: Future<Output = Result<Outcome, Failure>>,
{
    let prepared = &Prepared::at_start(make).await;
    let (handler, span, misfit) = (&handler, &span, &misfit);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let span = span(&event.payload);
        let answer = async {
            let payload = serde_json::from_value(event.payload);
            let payload = payload.map_err(|error| Failure::PayloadInvalid(misfit(error)))?;
            handler(prepared.get().await?, payload).await
        };
        let answer = Box::pin(answer).instrument(span.clone()).await;
        let _entered = span.enter();
        answer.map_err(|failure| reported(&failure))
    }))
    .await
}

/// Says what the event that is served is about, for the lines of the log that follow.
pub fn log_context(request: RequestId, phase: &PhaseName) {
    let span = Span::current();
    span.record("request", tracing::field::display(request));
    span.record("execution", tracing::field::display(request));
    span.record("phase", tracing::field::display(phase));
}

/// A failure as Lambda is told of it, once it is logged.
fn reported(failure: &Failure) -> Diagnostic {
    tracing::error!(error = failure.name(), reason = %failure, "the invocation failed");
    metrics::report_outage(failure);
    Diagnostic {
        error_type: failure.name().to_owned(),
        error_message: failure.to_string(),
    }
}

/// Serves API Gateway's requests with `handler` and what `make` makes, until Lambda ends the process. That answers
/// every request, also with a problem; an error to Lambda is only that it cannot be prepared, by which a deployment is judged.
/// To `handler` a HEAD is a GET: API Gateway is who leaves out the body, and knows its length by it.
pub async fn run_http<F, A, E, B>(
    make: impl Fn() -> A + Sync,
    handler: impl Fn(Arc<F>, Request) -> B + Sync,
) -> Result<(), lambda_runtime::Error>
where
    F: Send + Sync,
    A: Future<Output = Result<F, E>> + Send,
    E: fmt::Display + Send,
    B: Future<Output = Response<Body>> + Send,
{
    let prepared = &Prepared::at_start(make).await;
    let handler = &handler;
    lambda_http::run(lambda_http::service_fn(
        move |mut request: Request| async move {
            // The route and not the path: paths hold the keys of links.
            let route = route(&request);
            let function = prepared.get().await.map_err(|failure| reported(&failure))?;
            if request.method() == Method::HEAD {
                *request.method_mut() = Method::GET;
            }
            let answer = Box::pin(handler(function, request)).await;
            tracing::info!(route, status = answer.status().as_u16(), "answered");
            Ok::<_, Diagnostic>(answer)
        },
    ))
    .await
}

/// The route of the template that a request came by.
fn route(request: &Request) -> String {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            context.route_key.clone().unwrap_or_default()
        }
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn a_function_that_cannot_be_made_is_tried_again_until_it_is_and_then_kept() {
        let tried = AtomicUsize::new(0);
        let prepared = Prepared::at_start(|| async {
            match tried.fetch_add(1, Ordering::Relaxed) {
                n @ 0..3 => Err(format!("attempt {n}")),
                n => Ok(n),
            }
        })
        .await;
        for n in 1..3 {
            let failure = prepared.get().await.unwrap_err();
            assert_eq!(failure.name(), "Settings.Unavailable");
            assert!(failure.to_string().ends_with(&format!("attempt {n}")));
        }
        for _ in 0..3 {
            assert_eq!(*prepared.get().await.unwrap(), 3);
        }
        assert_eq!(tried.load(Ordering::Relaxed), 4);
    }
}
