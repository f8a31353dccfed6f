//! How functions run on Lambda: those that a state machine invokes, and those behind API Gateway.

use std::future::Future;

use lambda_runtime::tracing::field::Empty;
use lambda_runtime::tracing::{Instrument, Span};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn, tracing};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::logging;
use domain::failure::Failure;
use domain::id::{PhaseName, RequestId};
use domain::metrics;
use domain::task::Outcome;

/// Serves invocations with `handler` until Lambda ends the process.
///
/// A payload that does not fit becomes [`Failure::PayloadInvalid`]. A failure is logged once, here, and
/// reported under its name, which the state machine matches on.
pub async fn run_task<P, F>(handler: impl Fn(P) -> F) -> Result<(), lambda_runtime::Error>
where
    P: DeserializeOwned,
    F: Future<Output = Result<Outcome, Failure>>,
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
    run(handler, span, misfit).await
}

/// Serves events that nobody waits for, such as messages of a topic, with `handler` until Lambda ends the
/// process. What fails is logged and reported like a task; Lambda runs it again. What an event is about
/// is known to whoever reads it, and said by [`log_context`].
pub async fn run_event<P, F>(handler: impl Fn(P) -> F) -> Result<(), lambda_runtime::Error>
where
    P: DeserializeOwned,
    F: Future<Output = Result<Outcome, Failure>>,
{
    let span = |_: &Value| {
        let (request, execution, phase) = (Empty, Empty, Empty);
        tracing::info_span!("event", request, execution, phase)
    };
    // What does not fit may hold an address, so it is not quoted.
    let misfit =
        |error: serde_json::Error| format!("the event does not fit: {:?} error", error.classify());
    run(handler, span, misfit).await
}

/// Serves invocations, each in the span that its payload gives, where its failure is logged too.
async fn run<P, F>(
    handler: impl Fn(P) -> F,
    span: impl Fn(&Value) -> Span,
    misfit: impl Fn(serde_json::Error) -> String,
) -> Result<(), lambda_runtime::Error>
where
    P: DeserializeOwned,
    F: Future<Output = Result<Outcome, Failure>>,
{
    logging::init();
    let (handler, span, misfit) = (&handler, &span, &misfit);
    lambda_runtime::run(service_fn(move |event: LambdaEvent<Value>| async move {
        let span = span(&event.payload);
        let answer = match serde_json::from_value(event.payload) {
            // Boxed, as the SDK's futures nest too deeply for the compiler to lay out in one.
            Ok(payload) => Box::pin(handler(payload)).instrument(span.clone()).await,
            Err(error) => Err(Failure::PayloadInvalid(misfit(error))),
        };
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

/// Serves API Gateway's requests with `handler` until Lambda ends the process. It answers every
/// request, also with a problem, so there is no error to report.
pub async fn run_http<F>(
    handler: impl Fn(lambda_http::Request) -> F + Sync,
) -> Result<(), lambda_runtime::Error>
where
    F: Future<Output = lambda_http::Response<lambda_http::Body>> + Send,
{
    logging::init();
    let handler = &handler;
    lambda_http::run(lambda_http::service_fn(move |request| async move {
        // The route and not the path: paths hold the keys of links.
        let route = route(&request);
        let answer = Box::pin(handler(request)).await;
        tracing::info!(route, status = answer.status().as_u16(), "answered");
        Ok::<_, std::convert::Infallible>(answer)
    }))
    .await
}

/// The route of the template that a request came by.
fn route(request: &lambda_http::Request) -> String {
    use lambda_http::RequestExt;
    use lambda_http::request::RequestContext;
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            context.route_key.clone().unwrap_or_default()
        }
        _ => String::new(),
    }
}
