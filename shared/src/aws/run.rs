//! How functions run on Lambda: those that a state machine invokes, and those behind API Gateway.

use std::future::Future;

use lambda_runtime::tracing::Instrument;
use lambda_runtime::tracing::field::Empty;
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn, tracing};
use serde::de::DeserializeOwned;

use super::logging;
use crate::failure::Failure;
use crate::id::{PhaseName, RequestId};
use crate::task::Outcome;

/// Serves invocations with `handler` until Lambda ends the process.
///
/// A payload that does not fit becomes [`Failure::PayloadInvalid`]. A failure is logged once, here, and
/// reported under its name, which the state machine matches on.
pub async fn run_task<P, F>(handler: impl Fn(P) -> F) -> Result<(), lambda_runtime::Error>
where
    P: DeserializeOwned,
    F: Future<Output = Result<Outcome, Failure>>,
{
    logging::init();
    let handler = &handler;
    lambda_runtime::run(service_fn(
        move |event: LambdaEvent<serde_json::Value>| async move {
            // The payload holds no customer's data, but only what is named here is logged.
            let text = |name: &str| event.payload[name].as_str().unwrap_or_default().to_owned();
            let (request, phase, state) = (text("requestId"), text("phase"), text("state"));
            // Said twice, so that whoever knows the one or the other finds it: the request's id is the
            // execution's name.
            let execution = &request;
            let task = tracing::info_span!("task", request, execution, phase, state);
            let answer = match serde_json::from_value(event.payload) {
                // Boxed, as the SDK's futures nest too deeply for the compiler to lay out in one.
                Ok(payload) => Box::pin(handler(payload)).instrument(task.clone()).await,
                Err(error) => Err(Failure::PayloadInvalid(format!(
                    "the payload does not fit: {error}"
                ))),
            };
            let _entered = task.enter();
            answer.map_err(|failure| reported(&failure))
        },
    ))
    .await
}

/// Serves events that nobody waits for, such as messages of a topic, with `handler` until Lambda ends the
/// process. What fails is logged and reported like a task; Lambda runs it again. What an event is about
/// is known to whoever reads it, and said by [`about`].
pub async fn run_event<P, F>(handler: impl Fn(P) -> F) -> Result<(), lambda_runtime::Error>
where
    P: DeserializeOwned,
    F: Future<Output = Result<Outcome, Failure>>,
{
    logging::init();
    let handler = &handler;
    lambda_runtime::run(service_fn(
        move |event: LambdaEvent<serde_json::Value>| async move {
            let (request, execution, phase) = (Empty, Empty, Empty);
            let span = tracing::info_span!("event", request, execution, phase);
            let answer = match serde_json::from_value(event.payload) {
                Ok(payload) => Box::pin(handler(payload)).instrument(span.clone()).await,
                // What does not fit may hold an address, so it is not quoted.
                Err(error) => Err(Failure::PayloadInvalid(format!(
                    "the event does not fit: {:?} error",
                    error.classify()
                ))),
            };
            let _entered = span.enter();
            answer.map_err(|failure| reported(&failure))
        },
    ))
    .await
}

/// Says what the event that is served is about, for the lines of the log that follow.
pub fn about(request: RequestId, phase: &PhaseName) {
    let span = tracing::Span::current();
    span.record("request", tracing::field::display(request));
    span.record("execution", tracing::field::display(request));
    span.record("phase", tracing::field::display(phase));
}

/// A failure as Lambda is told of it, once it is logged.
fn reported(failure: &Failure) -> Diagnostic {
    tracing::error!(error = failure.name(), reason = %failure, "the invocation failed");
    Diagnostic {
        error_type: failure.name().to_owned(),
        error_message: failure.to_string(),
    }
}

/// Serves API Gateway's requests with `handler` until Lambda ends the process. It answers every
/// request, also with a problem, so there is no error to report.
#[cfg(feature = "http")]
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
#[cfg(feature = "http")]
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
