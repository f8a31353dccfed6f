//! What a customer posts: answers as JSON or as a form, each as it was written.
//!
//! JSON is read field by field, so that a number keeps its decimal text and a property that is sent
//! twice is seen twice.

use std::fmt;

use domain::form::{Answer, FieldError};
use lambda_http::Request;
use lambda_http::http::{StatusCode, header};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use web::{Problem, body_text, header_text};

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
}

impl FormData {
    pub(crate) fn read(http: &Request) -> Result<Self, Problem> {
        let body = body_text(http)?;
        let kind = header_text(http, header::CONTENT_TYPE.as_str())
            .unwrap_or("application/x-www-form-urlencoded");
        let is_form = kind.starts_with("application/x-www-form-urlencoded");
        let (mut answers, header_key) = (Vec::new(), header_text(http, "idempotency-key"));
        if is_form {
            let pairs: Vec<(String, String)> = serde_urlencoded::from_str(body).map_err(|_| {
                Problem::new(StatusCode::BAD_REQUEST, "The form cannot be read.")
                    .detail("Encode it as a browser does.")
            })?;
            answers.extend(
                pairs
                    .into_iter()
                    .map(|(name, text)| (name, Answer::Typed(text))),
            );
        } else if kind.contains("json") {
            answers = json_answers(body)?;
        } else {
            return Err(Problem::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "This kind of content is not understood.",
            )
            .detail("Send application/json or application/x-www-form-urlencoded."));
        }
        // Only our own pages have these.
        let mut hidden = |name| is_form.then(|| take(&mut answers, name)).flatten();
        let form_key = hidden(ONCE);
        let form_version = hidden(FORM_VERSION);
        let form_version = form_version.and_then(|text| FormVersion::parse(&text));
        let idempotency_key = checked_key(header_key.map(ToOwned::to_owned).or(form_key))?;
        Ok(Self {
            answers,
            idempotency_key,
            form_version,
            is_form,
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

fn checked_key(key: Option<String>) -> Result<Option<String>, Problem> {
    match key {
        Some(key) if key.is_empty() || key.len() > KEY_CHARS => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "The Idempotency-Key cannot be used.",
        )
        .detail(format!("Send 1 to {KEY_CHARS} characters, such as a UUID."))
        .errors(vec![FieldError {
            field: "Idempotency-Key".to_owned(),
            message: "has a wrong length".to_owned(),
        }])),
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
