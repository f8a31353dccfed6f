//! Reading API Gateway's events.

use std::borrow::Cow;
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

/// A body of JSON as text, within [`BODY_BYTES`] once its texts are unescaped.
pub fn body_text(request: &Request) -> Result<&str, Problem> {
    let bytes: &[u8] = request.body();
    if bytes.len() > FORM_BYTES || unescaped_len(bytes) > BODY_BYTES {
        return Err(too_large());
    }
    std::str::from_utf8(bytes).map_err(|_| {
        Problem::new(StatusCode::BAD_REQUEST, "The request is not UTF-8 text.")
            .detail("Encode it as UTF-8.")
    })
}

/// How many bytes a body of JSON has without its escapes: `\u00e9` is the two bytes of a letter.
fn unescaped_len(bytes: &[u8]) -> usize {
    let mut len = 0;
    let mut rest = bytes;
    while let Some((first, after)) = rest.split_first() {
        let (bytes, skipped) = match (first, after) {
            (b'\\', [b'u', digits @ ..]) => (escaped_len(digits), 5),
            (b'\\', _) => (1, 1),
            _ => (1, 0),
        };
        len += bytes;
        rest = after.get(skipped..).unwrap_or_default();
    }
    len
}

/// How many bytes of UTF-8 an escape is that begins with these hexadecimal digits.
fn escaped_len(digits: &[u8]) -> usize {
    let digits = digits.get(..4).unwrap_or_default();
    let code = std::str::from_utf8(digits).ok();
    match code.and_then(|digits| u16::from_str_radix(digits, 16).ok()) {
        Some(..0x80) => 1,
        // A letter of two bytes, or one of two surrogates that are a character of four.
        Some(0x80..0x800 | 0xd800..0xe000) => 2,
        Some(_) | None => 3,
    }
}

/// A form as it is sent, and how many bytes were written in it. What counts is that: a letter beyond ASCII is sent as up to
/// nine bytes in place of three.
fn encoded_form(request: &Request) -> Result<(Cow<'_, str>, usize), Problem> {
    let bytes: &[u8] = request.body();
    if bytes.len() > FORM_BYTES {
        return Err(too_large());
    }
    let is_text = percent_encoding::percent_decode(bytes)
        .decode_utf8()
        .is_ok();
    let text = std::str::from_utf8(bytes).ok().filter(|_| is_text);
    let text = text.ok_or_else(|| unsupported("Encode the form as UTF-8."))?;
    let text = with_line_feeds(text);
    let written = percent_encoding::percent_decode(text.as_bytes()).count();
    Ok((text, written))
}

/// An encoded form whose lines end in a line feed, as they were written: HTML has browsers send a carriage return with each,
/// which no limit on characters counts.
fn with_line_feeds(encoded: &str) -> Cow<'_, str> {
    let mut text = Cow::Borrowed(encoded);
    for end in ["%0D%0A", "%0d%0a"] {
        if text.contains(end) {
            text = Cow::Owned(text.replace(end, "%0A"));
        }
    }
    text
}

/// The text of a form within [`BODY_BYTES`], still encoded.
pub fn form_text(request: &Request) -> Result<Cow<'_, str>, Problem> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn with_body(body: &str) -> Request {
        Request::new(body.to_owned().into())
    }

    #[test]
    fn what_counts_of_json_is_what_was_written() {
        for (json, len) in [
            (r#""a""#, 3),
            (r#""\n\"\\""#, 5),
            (r#""\u0041""#, 3),
            (r#""\u00e9\u07ff""#, 6),
            (r#""\u20ac\uffff""#, 8),
            (r#""\ud83d\uDE00""#, 6),
            (r#""\"#, 2),
        ] {
            assert_eq!(unescaped_len(json.as_bytes()), len, "{json}");
        }
        let emoji = |count: usize| with_body(&format!("\"{}\"", r"\ud83d\ude00".repeat(count)));
        assert!(body_text(&emoji(16_000)).is_ok());
        assert!(body_text(&emoji(17_000)).is_err());
    }

    #[test]
    fn a_line_of_a_form_ends_in_one_character() {
        let request = with_body("a=1%0D%0A2%0d%0a3&b=%250D%250A");
        let fields = posted_form(&request).unwrap().fields;
        let [(_, lines), (_, typed)] = &fields[..] else {
            panic!("{fields:?}")
        };
        assert_eq!((lines.as_str(), typed.as_str()), ("1\n2\n3", "%0D%0A"));
    }
}
