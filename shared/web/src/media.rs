//! Which kind of content a request brings, and which it wants, by RFC 9110: whatever the case of names, with parameters and
//! weights.

use std::cmp::Ordering;

use lambda_http::Request;
use lambda_http::http::{StatusCode, header};
use mediatype::{MediaType, MediaTypeList, ReadParams, names};

use crate::problem::Problem;
use crate::response::Format;

/// What a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// JSON.
    Json,
    /// The fields of a form, as a browser sends them.
    Form,
}

/// What we answer in JSON with.
const JSON: [&str; 3] = ["json", "problem+json", "schema+json"];

/// What the body says that it is. One that says nothing is a form. Else 415: another kind, or a form in another
/// encoding than UTF-8, which would arrive as other letters.
pub fn content(request: &Request) -> Result<Content, Problem> {
    let Some(stated) = request.headers().get(header::CONTENT_TYPE) else {
        return Ok(Content::Form);
    };
    let stated = stated.to_str().ok();
    let media = stated.and_then(|text| MediaType::parse(text.trim()).ok());
    match media {
        Some(media) if is_json(&media) => Ok(Content::Json),
        Some(media) if is_form(&media) && is_utf8(&media) => Ok(Content::Form),
        Some(media) if is_form(&media) => Err(unsupported("Encode the form as UTF-8.")),
        Some(_) | None => Err(unsupported(
            "Send application/json or application/x-www-form-urlencoded.",
        )),
    }
}

pub(crate) fn unsupported(detail: &str) -> Problem {
    let title = "This kind of content is not understood.";
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, title).detail(detail)
}

fn is_json(media: &MediaType<'_>) -> bool {
    let is_application = media.ty == names::APPLICATION || media.ty == names::TEXT;
    (is_application && media.subty == names::JSON && media.suffix.is_none())
        || media.suffix == Some(names::JSON)
}

fn is_form(media: &MediaType<'_>) -> bool {
    media.ty == names::APPLICATION && media.subty == "x-www-form-urlencoded"
}

fn is_utf8(media: &MediaType<'_>) -> bool {
    let Some(charset) = media.get_param(names::CHARSET) else {
        return true;
    };
    let charset = charset.unquoted_str();
    ["utf-8", "utf8", "us-ascii"]
        .iter()
        .any(|known| charset.eq_ignore_ascii_case(known))
}

/// How the caller of a GET wants to be answered: JSON only for those who rather have it than a page.
pub fn accepted(request: &Request) -> Format {
    preferred(request, Format::Html)
}

/// What the caller would rather have, a page or JSON; without a preference, as with `*/*`, which every program sends that
/// does not care, it is `otherwise`.
pub fn preferred(request: &Request, otherwise: Format) -> Format {
    let stated = request.headers().get_all(header::ACCEPT).iter();
    let stated: Vec<&str> = stated.filter_map(|value| value.to_str().ok()).collect();
    let stated = stated.join(",");
    let page = weight(&stated, "text", &["html"]);
    match weight(&stated, "application", &JSON).cmp(&page) {
        Ordering::Greater => Format::Json,
        Ordering::Equal => otherwise,
        Ordering::Less => Format::Html,
    }
}

/// How a caller wants to be answered: JSON is answered with JSON, and so is whoever asks for it.
pub fn answer_format(request: &Request) -> Format {
    match content(request) {
        Ok(Content::Json) => Format::Json,
        Ok(Content::Form) | Err(_) => accepted(request),
    }
}

/// How much one of these types is wanted, from 0 to 1,000: of each, what the most specific range says (RFC 9110,
/// section 12.5.1), and of all, what those say that are named: who refuses `application/json` gets none by `*/*`.
fn weight(accept: &str, ty: &str, subtypes: &[&str]) -> u16 {
    let ranges: Vec<MediaType<'_>> = MediaTypeList::new(accept).filter_map(Result::ok).collect();
    let of = |subtype: &str| {
        let matching = ranges.iter().filter_map(|range| {
            let full = full_subtype(range);
            let precision = if range.ty == ty && full.eq_ignore_ascii_case(subtype) {
                if is_plain(range) { 3 } else { 2 }
            } else if range.ty == ty && range.subty == names::_STAR {
                1
            } else if range.ty == names::_STAR && range.subty == names::_STAR {
                0
            } else {
                return None;
            };
            Some((precision, quality(range)))
        });
        matching.max_by_key(|(precision, _)| *precision)
    };
    let weights = subtypes.iter().filter_map(|subtype| of(subtype));
    let is_named = |(precision, quality): (u8, u16)| (precision >= 2, quality);
    weights
        .map(is_named)
        .max()
        .map_or(0, |(_, quality)| quality)
}

/// Whether a range is just of what we send, which has no parameter but its encoding. Another one says less about it.
fn is_plain(range: &MediaType<'_>) -> bool {
    let mut parameters = range.params();
    parameters.all(|(name, _)| name == names::Q || name == names::CHARSET)
}

fn full_subtype(range: &MediaType<'_>) -> String {
    match range.suffix {
        Some(suffix) => format!("{}+{suffix}", range.subty),
        None => range.subty.to_string(),
    }
}

/// A weight in thousandths. One that cannot be read counts as the usual one.
fn quality(range: &MediaType<'_>) -> u16 {
    let weight = range
        .get_param(names::Q)
        .map(|value| value.unquoted_str().into_owned());
    let Some(text) = weight else { return 1_000 };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let is_weight = ["0", "1"].contains(&whole) && fraction.len() <= 3;
    let thousandths = format!("{whole}{fraction:0<3}").parse::<u16>();
    thousandths
        .ok()
        .filter(|_| is_weight)
        .map_or(1_000, |it| it.min(1_000))
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;

    use super::*;

    fn request(name: &header::HeaderName, values: &[&str]) -> Request {
        let mut request = lambda_http::http::Request::builder();
        for value in values {
            request = request.header(name, *value);
        }
        request.body(Body::Empty).unwrap()
    }

    #[test]
    fn what_a_body_is_follows_from_its_media_type() {
        let content = |text: &str| content(&request(&header::CONTENT_TYPE, &[text])).ok();
        for json in [
            "application/json",
            "Application/JSON",
            "application/json; charset=utf-8",
            "application/json;charset=\"UTF-8\"",
            "application/vnd.example+json",
            "APPLICATION/PROBLEM+JSON",
            "text/json",
        ] {
            assert_eq!(content(json), Some(Content::Json), "{json}");
        }
        for form in [
            "application/x-www-form-urlencoded",
            "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
            "application/x-www-form-urlencoded;charset=utf-8",
        ] {
            assert_eq!(content(form), Some(Content::Form), "{form}");
        }
        for other in [
            "text/plain;json",
            "text/plain; charset=json",
            "text/plain",
            "application/jsonp",
            "application/xml",
            "multipart/form-data; boundary=json",
            "json",
            "",
            "application/x-www-form-urlencoded; charset=ISO-8859-1",
            "application/x-www-form-urlencoded-json",
        ] {
            assert_eq!(content(other), None, "{other}");
        }
    }

    #[test]
    fn without_a_preference_it_is_what_the_route_is_for() {
        let preferred =
            |accept: &[&str]| preferred(&request(&header::ACCEPT, accept), Format::Json);
        for json in [&[][..], &["*/*"], &["text/csv"], &["application/json"]] {
            assert_eq!(preferred(json), Format::Json, "{json:?}");
        }
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for html in ["text/html", browser] {
            assert_eq!(preferred(&[html]), Format::Html, "{html}");
        }
    }

    #[test]
    fn json_is_for_those_who_rather_have_it_than_a_page() {
        let accepted = |values: &[&str]| accepted(&request(&header::ACCEPT, values));
        for json in [
            &["application/json"][..],
            &["Application/JSON"],
            &["application/json; charset=utf-8"],
            &["application/*"],
            &["application/problem+json"],
            &["application/schema+json"],
            &["application/json, text/html;q=0.5"],
            &["text/html;q=0, */*"],
            &["text/html;Q=0.1", "application/json"],
            &["application/json, */*;q=0.1"],
            &["application/json;odata=verbose"],
            &["application/problem+json;q=0.5, text/html;q=0.1, */*;q=0.2"],
        ] {
            assert_eq!(accepted(json), Format::Json, "{json:?}");
        }
        for html in [
            &[][..],
            &["*/*"],
            &["text/html"],
            &["application/json;q=0"],
            &["text/html, application/json"],
            &["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
            &["application/json;q=0.5, text/html;q=0.9"],
            &["application/json;q=0.5", "text/*"],
            &["application/xml"],
            &["nonsense"],
            &["application/json;q=0, */*"],
            &["application/json;q=0, */*, text/html;q=0.5"],
            &["application/*;q=0.5, application/json;q=0, text/html;q=0.1"],
            &["text/html, text/html;level=1;q=0, application/json;q=0.5"],
        ] {
            assert_eq!(accepted(html), Format::Html, "{html:?}");
        }
    }
}
