//! Answering with documents, pages and redirects.

use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::{Body, Response};

use crate::page::Page;

/// How a caller wants to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A page for a person.
    Html,
    /// JSON for a program.
    Json,
}

/// For how many seconds a browser that saw it comes by TLS only: a year. None takes it from `http://`, as the local stack is.
const TLS_ONLY: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// An answer with a body. Nothing that this system answers may be kept by a cache, guess at its type, be asked for without
/// TLS, or tell other sites where the reader came from.
pub fn reply(status: StatusCode, content_type: &'static str, body: String) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(header::STRICT_TRANSPORT_SECURITY, TLS_ONLY);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        "x-robots-tag",
        HeaderValue::from_static("noindex, nofollow"),
    );
    response
}

/// A JSON document.
pub fn json(status: StatusCode, body: &serde_json::Value) -> Response<Body> {
    reply(status, "application/json", body.to_string())
}

/// A page.
pub fn html(status: StatusCode, page: Page) -> Response<Body> {
    let policy = page.policy();
    let mut response = reply(status, "text/html; charset=utf-8", page.into());
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// "Look there", after a form was taken.
pub fn see_other(location: &str) -> Response<Body> {
    let mut response = reply(
        StatusCode::SEE_OTHER,
        "text/plain; charset=utf-8",
        String::new(),
    );
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}
