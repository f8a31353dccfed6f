//! What the HTTP functions share: reading API Gateway's events, answering with pages or documents,
//! and problems in the form of RFC 9457.

use jiff::Timestamp;
use lambda_http::http::{HeaderValue, StatusCode, header};
use lambda_http::request::RequestContext;
use lambda_http::{Body, Request, RequestExt, Response};

mod page;
mod problem;

pub use page::{answers, page, when};
pub use problem::Problem;

/// The most bytes of a request's body.
pub const BODY_BYTES: usize = 64 * 1024;

/// How a caller wants to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// A page for a person.
    Html,
    /// JSON for a program.
    Json,
}

/// How the caller of a GET wants to be answered: JSON only for those who ask for it.
pub fn accepted(request: &Request) -> Format {
    let accept = header_text(request, header::ACCEPT.as_str()).unwrap_or_default();
    let json = [
        "application/json",
        "application/problem+json",
        "application/schema+json",
    ];
    if json.iter().any(|kind| accept.contains(kind)) && !accept.contains("text/html") {
        Format::Json
    } else {
        Format::Html
    }
}

/// Whether the body says that it is JSON.
pub fn is_json(request: &Request) -> bool {
    header_text(request, header::CONTENT_TYPE.as_str()).is_some_and(|kind| kind.contains("json"))
}

/// How a caller wants to be answered: JSON is answered with JSON, and so is whoever asks for it.
pub fn answer_format(request: &Request) -> Format {
    if is_json(request) {
        Format::Json
    } else {
        accepted(request)
    }
}

/// A header as text.
pub fn header_text<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

/// When API Gateway received the request. Functions have no clock of their own.
pub fn received_at(request: &Request) -> Option<Timestamp> {
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => {
            Timestamp::from_millisecond(context.time_epoch).ok()
        }
        _ => None,
    }
}

/// Scheme and host that the caller used, as API Gateway vouches for them. A `Host` header, which the
/// caller chooses, is not looked at: links in mails are made of this.
pub fn origin(request: &Request) -> Option<String> {
    let host = match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.domain_name.clone()?,
        _ => return None,
    };
    // Without TLS only on this machine: the local stack says so, API Gateway always says https.
    let scheme = match header_text(request, "x-forwarded-proto") {
        Some("http") if host.starts_with("127.0.0.1:") || host.starts_with("localhost:") => "http",
        Some(_) | None => "https",
    };
    Some(format!("{scheme}://{host}"))
}

/// The body as text, within [`BODY_BYTES`].
pub fn body_text(request: &Request) -> Result<&str, Problem> {
    let bytes: &[u8] = request.body();
    if bytes.len() > BODY_BYTES {
        return Err(
            Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.")
                .detail("Send at most 64 KiB."),
        );
    }
    std::str::from_utf8(bytes).map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "The request is not UTF-8 text.")
            .detail("Encode it as UTF-8.")
    })
}

/// Whether a posted form comes from a page of ours. Browsers say so in `Sec-Fetch-Site`, which a page
/// cannot forge; programs that are no browsers do not send it.
pub fn same_site(request: &Request) -> bool {
    matches!(
        header_text(request, "sec-fetch-site"),
        None | Some("same-origin" | "none")
    )
}

/// An answer with a body. Nothing that this system answers may be kept by a cache, guess at its type,
/// or tell other sites where the reader came from.
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
pub fn html(status: StatusCode, page: maud::Markup) -> Response<Body> {
    let mut response = reply(status, "text/html; charset=utf-8", page.into_string());
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, page::policy());
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
