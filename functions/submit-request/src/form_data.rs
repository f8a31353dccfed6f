//! What a customer posts: answers as JSON or as a form, each as it was written.
//!
//! JSON is read field by field, so that a number keeps its decimal text and a property that is sent
//! twice is seen twice.

use std::fmt;

use domain::form::{Answer, FieldError};
use lambda_http::Request;
use lambda_http::http::StatusCode;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use web::{Content, PostedForm, Problem, body_text, content, posted_form};

use crate::form_version::{FORM_VERSION, FormVersion};

/// The input of the form that makes sending it twice one request.
pub(crate) const ONCE: &str = "idempotencyKey";
/// The most characters of an `Idempotency-Key`.
const KEY_CHARS: usize = 255;

/// A submission: the answers as they were posted.
#[derive(Debug)]
pub(crate) struct FormData {
    pub(crate) answers: Vec<(String, Answer)>,
    pub(crate) idempotency_key: Option<String>,
    /// Which version of the offering a page says that it was shown by.
    pub(crate) form_version: Option<FormVersion>,
    pub(crate) is_form: bool,
    /// Whether there is more than is taken: it is there to be shown again.
    pub(crate) is_too_large: bool,
}

impl FormData {
    pub(crate) fn read(http: &Request) -> Result<Self, Problem> {
        let is_form = content(http)? == Content::Form;
        let (mut answers, is_too_large) = if is_form {
            let PostedForm {
                fields,
                is_too_large,
            } = posted_form(http)?;
            let fields = fields.into_iter();
            let typed = fields.map(|(name, text)| (name, Answer::Typed(text)));
            (typed.collect(), is_too_large)
        } else {
            (json_answers(body_text(http)?)?, false)
        };
        // Only our own pages have these.
        let mut hidden = |name| is_form.then(|| take(&mut answers, name)).flatten();
        let form_key = hidden(ONCE);
        let form_version = hidden(FORM_VERSION);
        let form_version = form_version.and_then(|text| FormVersion::parse(&text));
        let idempotency_key = match header_key(http)? {
            Some(key) => Some(key),
            None => checked_key(form_key)?,
        };
        Ok(Self {
            answers,
            idempotency_key,
            form_version,
            is_form,
            is_too_large,
        })
    }

    /// Takes what is sent beside the answers.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        take(&mut self.answers, name)
    }
}

fn take(answers: &mut Vec<(String, Answer)>, name: &str) -> Option<String> {
    let position = answers.iter().position(|(other, _)| other == name)?;
    match answers.remove(position).1 {
        Answer::Text(text) | Answer::Typed(text) | Answer::Number(text) if !text.is_empty() => {
            Some(text)
        }
        Answer::Text(_) | Answer::Typed(_) | Answer::Number(_) | Answer::Null | Answer::Other => {
            None
        }
    }
}

/// The key of the header. A proxy can send a header twice, as two or with a comma between: the same twice is one.
fn header_key(http: &Request) -> Result<Option<String>, Problem> {
    let values = http.headers().get_all("idempotency-key").iter();
    let mut keys = Vec::new();
    for value in values {
        // What no header may have, and what a proxy may change on the way, is no key.
        let key = value
            .to_str()
            .map_err(|_| unusable_key("has letters beyond ASCII"))?;
        keys.extend(key.split(',').map(str::trim));
    }
    let is_repeated = keys.windows(2).all(|two| two[0] == two[1]);
    let key = if is_repeated {
        keys.first().map(|key| (*key).to_owned())
    } else {
        Some(keys.join(","))
    };
    checked_key(key)
}

fn unusable_key(message: &str) -> Problem {
    Problem::new(
        StatusCode::BAD_REQUEST,
        "The Idempotency-Key cannot be used.",
    )
    .detail(format!(
        "Send 1 to {KEY_CHARS} characters of ASCII, such as a UUID."
    ))
    .errors(vec![FieldError {
        field: "Idempotency-Key".to_owned(),
        message: message.to_owned(),
    }])
}

fn checked_key(key: Option<String>) -> Result<Option<String>, Problem> {
    match key {
        Some(key) if key.is_empty() || key.len() > KEY_CHARS => {
            Err(unusable_key("has a wrong length"))
        }
        key => Ok(key),
    }
}

fn json_answers(body: &str) -> Result<Vec<(String, Answer)>, Problem> {
    let pairs: Pairs =
        serde_json::from_str(body).map_err(|error| {
            Problem::new(StatusCode::BAD_REQUEST, "The request is not a JSON object.").detail(
                format!("Look at line {}, column {}.", error.line(), error.column()),
            )
        })?;
    Ok(pairs
        .0
        .into_iter()
        .map(|(name, raw)| (name, answer(&raw)))
        .collect())
}

fn answer(raw: &RawValue) -> Answer {
    let text = raw.get();
    match text.as_bytes().first() {
        Some(b'"') => serde_json::from_str(text).map_or(Answer::Other, Answer::Text),
        Some(b'-' | b'0'..=b'9') => Answer::Number(text.to_owned()),
        Some(b'n') => Answer::Null,
        Some(_) | None => Answer::Other,
    }
}

/// The members of an object in their order, doubled ones included.
struct Pairs(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Pairs {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Pairs;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

#[cfg(test)]
mod tests {
    use lambda_http::Body;
    use lambda_http::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn json_keeps_what_was_written() {
        let answers =
            json_answers(r#"{"a": 10.10, "b": "x\ny", "c": null, "d": [1], "a": 1e3, "e": true}"#)
                .unwrap();
        let expected = [
            ("a", Answer::Number("10.10".into())),
            ("b", Answer::Text("x\ny".into())),
            ("c", Answer::Null),
            ("d", Answer::Other),
            ("a", Answer::Number("1e3".into())),
            ("e", Answer::Other),
        ];
        assert_eq!(
            answers,
            expected.map(|(name, answer)| (name.to_owned(), answer))
        );
    }

    fn posted(body: impl Into<Body>, headers: &[(&str, &[u8])]) -> Result<FormData, Problem> {
        let mut request = Request::new(body.into());
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            let value = HeaderValue::from_bytes(value).unwrap();
            request.headers_mut().append(name, value);
        }
        FormData::read(&request)
    }

    fn status(result: Result<FormData, Problem>) -> u16 {
        result.map_or_else(|problem| problem.into_json().status().as_u16(), |_| 200)
    }

    #[test]
    fn a_key_is_used_or_refused_and_never_dropped() {
        let key = |values: &[&str]| {
            let headers: Vec<_> = values
                .iter()
                .map(|it| ("idempotency-key", it.as_bytes()))
                .collect();
            posted("", &headers)
        };
        let used = |values: &[&str]| key(values).unwrap().idempotency_key;
        assert_eq!(used(&[]), None);
        for (values, expected) in [
            (&["a-1"][..], "a-1"),
            (&["a-1", "a-1"], "a-1"),
            (&["a-1,a-1"], "a-1"),
            (&["a-1, a-1"], "a-1"),
            (&["a", "b"], "a,b"),
            (&["a,b"], "a,b"),
        ] {
            assert_eq!(used(values).as_deref(), Some(expected), "{values:?}");
        }
        for unusable in ["M\u{e4}rz-1", "\u{1f511}", "", &"x".repeat(256)] {
            assert_eq!(status(key(&[unusable])), 400, "{unusable}");
        }
    }

    #[test]
    fn a_form_in_another_encoding_than_utf_8_is_refused() {
        let form = b"application/x-www-form-urlencoded".as_slice();
        let latin = b"application/x-www-form-urlencoded; charset=ISO-8859-1".as_slice();
        for (body, kind, expected) in [
            ("notes=f%C3%BCr+M%C3%A4rz", form, 200),
            ("notes=f%FCr+M%E4rz", form, 415),
            ("notes=f%FCr+M%E4rz", latin, 415),
            ("notes=x", b"text/plain;json", 415),
        ] {
            assert_eq!(
                status(posted(body, &[("content-type", kind)])),
                expected,
                "{body}"
            );
        }
        let raw = b"notes=f\xfcr".to_vec();
        assert_eq!(status(posted(raw, &[("content-type", form)])), 415);
    }

    #[test]
    fn a_form_is_as_long_as_what_was_written() {
        let notes = |text: &str| {
            let body = form_urlencoded::Serializer::new(String::new())
                .append_pair("notes", text)
                .finish();
            posted(body, &[])
        };
        let japanese = "\u{8fd4}".repeat(10_000);
        let taken = notes(&japanese).unwrap();
        assert!(!taken.is_too_large);
        assert_eq!(
            taken.answers,
            [("notes".to_owned(), Answer::Typed(japanese))]
        );
        let long = "x".repeat(70_000);
        let kept = notes(&long).unwrap();
        assert!(kept.is_too_large);
        assert_eq!(kept.answers, [("notes".to_owned(), Answer::Typed(long))]);
        assert_eq!(status(notes(&"x".repeat(2_000_000))), 413);
        let json = format!("{{\"notes\":\"{}\"}}", "x".repeat(70_000));
        assert_eq!(
            status(posted(json, &[("content-type", b"application/json")])),
            413
        );
    }

    #[test]
    fn only_an_object_will_do() {
        for bad in [
            "",
            "[",
            "[]",
            "5",
            "\"x\"",
            "{\"a\":}",
            "{\"a\":1}x",
            "null",
        ] {
            assert!(json_answers(bad).is_err(), "{bad}");
        }
    }
}
