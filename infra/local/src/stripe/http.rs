//! The HTTP side: addresses, bodies, headers.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use axum::response::Response;
use percent_encoding::percent_decode_str;

use super::account::Account;
use super::authentication::authenticate;
use super::error::StripeError;
use super::fake::{FakeStripe, Reply};
use super::idempotency::Fingerprint;
use super::params::{self, Pairs};
use super::routes;

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
const IDEMPOTENT_REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");
const ORIGINAL_REQUEST: HeaderName = HeaderName::from_static("original-request");
const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

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
    let request_id = routes::new_id("req");
    let reply = authenticate(&headers)
        .and_then(|()| answer(&fake, &method, &uri, &headers, &body, &request_id))
        .unwrap_or_else(|error| Reply::new(Err(error)));
    let mut response = Response::new(Body::from(reply.body));
    *response.status_mut() =
        StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, JSON);
    out.insert(REQUEST_ID, id_value(&request_id));
    if let Some(original) = reply.replay_of {
        out.insert(IDEMPOTENT_REPLAYED, HeaderValue::from_static("true"));
        out.insert(ORIGINAL_REQUEST, id_value(&original));
    }
    if let Some(key) = headers.get(IDEMPOTENCY_KEY) {
        out.insert(IDEMPOTENCY_KEY, key.clone());
    }
    response
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
    let unrecognized = || Err(unrecognized(method, uri));
    match *method {
        Method::POST => {
            let form = form(headers, body)?;
            let key = headers.get(IDEMPOTENCY_KEY);
            let key = key.map(|key| String::from_utf8_lossy(key.as_bytes()));
            let request = Fingerprint {
                path: decoded.clone().into_owned(),
                params: form.clone(),
            };
            let decide = |account: &Account, now| {
                routes::post(account, path, &form, now).unwrap_or_else(unrecognized)
            };
            Ok(fake.change(key.as_deref(), request, request_id, decide))
        }
        Method::GET | Method::HEAD => {
            let query = params::decode(uri.query().unwrap_or_default().as_bytes());
            let found = fake.look(|account, now| routes::get(account, path, &query, now));
            let found = found.unwrap_or_else(|| Err(self::unrecognized(method, uri)));
            found.map(|body| Reply::new(Ok(body)))
        }
        _ => Err(self::unrecognized(method, uri)),
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
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .map(str::trim);
    if !body.is_empty() && !content_type.is_some_and(|kind| kind.eq_ignore_ascii_case(FORM)) {
        return Err(StripeError::invalid(format!(
            "Invalid request (check that your POST content type is {FORM})."
        )));
    }
    Ok(params::decode(body))
}

fn id_value(id: &str) -> HeaderValue {
    HeaderValue::from_str(id).expect("letters, digits and underscores are a header value")
}
