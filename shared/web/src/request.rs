//! Reading API Gateway's events.

use std::net::IpAddr;

use domain::failure::Failure;
use domain::one_time_code::constant_time_eq;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};

use crate::media::unsupported;
use crate::problem::Problem;

/// The most bytes of a request's body; of a form's, once it is decoded.
pub(crate) const BODY_BYTES: usize = 64 * 1024;
/// The most bytes of a form as it is sent. What is larger comes from no page of ours, and is not read.
const FORM_BYTES: usize = 1024 * 1024;

/// A header as text.
pub fn header_text<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    request.headers().get(name)?.to_str().ok()
}

/// When API Gateway received the request. Functions have no clock of their own.
pub fn received_at(request: &Request) -> Result<Timestamp, Failure> {
    let at = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => {
            Timestamp::from_millisecond(context.time_epoch).ok()
        }
        Some(_) | None => None,
    };
    at.ok_or_else(|| {
        Failure::PayloadInvalid("the event has no time: is it from API Gateway?".to_owned())
    })
}

/// The header that `CloudFront` adds with the origin key, in place of what a caller sends by that name.
const ORIGIN_KEY: &str = "x-origin-verify";

/// The address of whoever calls, as API Gateway sees it. Behind `CloudFront` that is `CloudFront`'s; so a request with the
/// deployment's origin key is from the last but one of `X-Forwarded-For`, to which `CloudFront` appends the viewer and API
/// Gateway `CloudFront`. No other header is believed. The key is empty without `CloudFront`, and then none is right.
pub fn caller(request: &Request, origin_key: &str) -> Option<IpAddr> {
    let shown = header_text(request, ORIGIN_KEY).unwrap_or_default();
    if !origin_key.is_empty() && constant_time_eq(shown, origin_key) {
        let forwarded = header_text(request, "x-forwarded-for").unwrap_or_default();
        let viewer = forwarded.rsplit(',').nth(1);
        if let Some(viewer) = viewer.and_then(|viewer| viewer.trim().parse().ok()) {
            return Some(viewer);
        }
    }
    match request.request_context_ref()? {
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref()?.parse().ok(),
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
        return Err(too_large());
    }
    std::str::from_utf8(bytes).map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "The request is not UTF-8 text.")
            .detail("Encode it as UTF-8.")
    })
}

/// A form as it is sent, and how many bytes were written in it. What counts is that: a letter beyond ASCII is sent as up to
/// nine bytes in place of three.
fn encoded_form(request: &Request) -> Result<(&str, usize), Problem> {
    let bytes: &[u8] = request.body();
    if bytes.len() > FORM_BYTES {
        return Err(too_large());
    }
    let written = percent_encoding::percent_decode(bytes);
    let is_text = written.clone().decode_utf8().is_ok();
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_text);
    let text = text.ok_or_else(|| unsupported("Encode the form as UTF-8."))?;
    Ok((text, written.count()))
}

/// The text of a form within [`BODY_BYTES`], still encoded.
pub fn form_text(request: &Request) -> Result<&str, Problem> {
    match encoded_form(request)? {
        (_, written) if written > BODY_BYTES => Err(too_large()),
        (text, _) => Ok(text),
    }
}

/// A posted form: its fields in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PostedForm {
    /// Names and values.
    pub fields: Vec<(String, String)>,
    /// Whether they are more than [`BODY_BYTES`].
    pub is_too_large: bool,
}

/// The fields of a form, also of one that is too large.
pub fn posted_form(request: &Request) -> Result<PostedForm, Problem> {
    let (text, written) = encoded_form(request)?;
    let fields = form_urlencoded::parse(text.as_bytes());
    Ok(PostedForm {
        fields: fields.into_owned().collect(),
        is_too_large: written > BODY_BYTES,
    })
}

fn too_large() -> Problem {
    Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.")
        .detail("Send at most 64 KiB.")
}

/// Whether a posted form comes from a page of ours. Browsers say so in `Sec-Fetch-Site`, which a page
/// cannot forge; programs that are no browsers do not send it.
pub fn same_site(request: &Request) -> bool {
    matches!(
        header_text(request, "sec-fetch-site"),
        None | Some("same-origin" | "none")
    )
}
