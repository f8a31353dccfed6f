//! The HTTP side: addresses, bodies, headers.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use percent_encoding::percent_decode_str;

use super::authentication::authenticate;
use super::error::StripeError;
use super::fake::{FakeStripe, Reply};
use super::idempotency::Fingerprint;
use super::objects::new_id;
use super::params::{self, Pairs};
use super::routes;

const FORM: &str = "application/x-www-form-urlencoded";
const IDEMPOTENCY_KEY: &str = "idempotency-key";

/// Stripe's `/v1/...` over the fake.
pub fn router(fake: Arc<FakeStripe>) -> Router {
    Router::new().fallback(serve).with_state(fake)
}

async fn serve(
    State(fake): State<Arc<FakeStripe>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request_id = new_id("req");
    let reply = authenticate(&headers)
        .and_then(|()| answer(&fake, &method, &uri, &headers, &body, &request_id))
        .unwrap_or_else(|error| Reply::new(Err(error)));
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let own = [
        ("content-type", "application/json".to_owned()),
        ("request-id", request_id),
    ];
    let replayed = reply.replay_of.map(|original| {
        let replayed = ("idempotent-replayed", "true".to_owned());
        [replayed, ("original-request", original)]
    });
    let key = headers.get(IDEMPOTENCY_KEY);
    let key = key.map(|key| [(IDEMPOTENCY_KEY, key.clone())]);
    (status, own, replayed, key, reply.body).into_response()
}

fn answer(
    fake: &FakeStripe,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
    request_id: &str,
) -> Result<Reply, StripeError> {
    let decoded = percent_decode_str(uri.path()).decode_utf8_lossy();
    let segments: Vec<&str> = decoded.split('/').collect();
    // What is no path of Stripe's is the empty one here, which nothing answers to.
    let path = match segments.as_slice() {
        ["", "v1", path @ ..] if !path.contains(&"") => path,
        _ => &[],
    };
    match *method {
        Method::POST => {
            let form = form(headers, body)?;
            let key = headers.get(IDEMPOTENCY_KEY);
            let key = key.map(|key| String::from_utf8_lossy(key.as_bytes()));
            let request = Fingerprint {
                path: decoded.clone().into_owned(),
                params: form.clone(),
            };
            fake.change(key.as_deref(), request, request_id, |account, now| {
                let done = routes::post(account, path, &form, now)?;
                done.ok_or_else(|| unrecognized(method, uri))
            })
        }
        Method::GET | Method::HEAD => {
            let query = params::decode(uri.query().unwrap_or_default().as_bytes());
            let found = fake.look(|account, now| routes::get(account, path, &query, now));
            let body = found?.ok_or_else(|| unrecognized(method, uri))?;
            Ok(Reply::new(Ok(body)))
        }
        _ => Err(unrecognized(method, uri)),
    }
}

fn unrecognized(method: &Method, uri: &Uri) -> StripeError {
    let path = uri.path();
    let message = format!(
        "Unrecognized request URL ({method}: {path}). If you are trying to list objects, remove the trailing \
         slash. If you are trying to retrieve an object, make sure you passed a valid (non-empty) identifier in \
         your code."
    );
    StripeError::invalid(message).status(404)
}

/// The pairs of a form body; an empty body needs no content type.
fn form(headers: &HeaderMap, body: &[u8]) -> Result<Pairs, StripeError> {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok()?.split(';').next());
    let is_form = content_type.is_some_and(|kind| kind.trim().eq_ignore_ascii_case(FORM));
    if !body.is_empty() && !is_form {
        return Err(StripeError::invalid(format!(
            "Invalid request (check that your POST content type is {FORM})."
        )));
    }
    Ok(params::decode(body))
}
