//! A function's answer as a response.

use std::collections::BTreeMap;

use axum::{
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;

/// Headers about the connection itself, which is not the function's business.
const OF_THE_CONNECTION: [HeaderName; 4] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// A response in payload format 2.0. The short form without a `statusCode`, which no function here uses, is an
/// error.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer {
    status_code: u16,
    headers: Option<BTreeMap<String, String>>,
    cookies: Option<Vec<String>>,
    body: Option<String>,
    is_base64_encoded: Option<bool>,
}

/// Reads an answer. The error says what is wrong with it.
pub(super) fn interpret(answer: &[u8]) -> Result<Response, String> {
    let answer: Answer = serde_json::from_slice(answer)
        .map_err(|error| format!("the function's answer is no response: {error}"))?;
    let text = answer.body.unwrap_or_default();
    let body = if answer.is_base64_encoded.unwrap_or_default() {
        BASE64_STANDARD
            .decode(text)
            .map_err(|error| format!("the answer's body is not base64: {error}"))?
    } else {
        text.into_bytes()
    };
    let status = StatusCode::from_u16(answer.status_code)
        .map_err(|_| "the answer's statusCode is no HTTP status")?;
    let plain = [(header::CONTENT_TYPE, "text/plain;charset=UTF-8")];
    let mut response = (status, plain, body).into_response();
    let headers = response.headers_mut();
    for (name, value) in answer.headers.unwrap_or_default() {
        let name =
            HeaderName::try_from(&name).map_err(|_| format!("`{name}` is no header name"))?;
        if !OF_THE_CONNECTION.contains(&name) {
            headers.insert(name, header_value(&value)?);
        }
    }
    for cookie in answer.cookies.unwrap_or_default() {
        headers.append(header::SET_COOKIE, header_value(&cookie)?);
    }
    Ok(response)
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::try_from(text).map_err(|_| format!("{text:?} is no header value"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    async fn interpreted(answer: &Value) -> (StatusCode, Vec<(String, String)>, String) {
        let response = interpret(answer.to_string().as_bytes()).unwrap();
        let (parts, body) = response.into_parts();
        let headers = parts
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        (
            parts.status,
            headers,
            String::from_utf8(body.to_vec()).unwrap(),
        )
    }

    fn header(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    #[tokio::test]
    async fn a_described_response() {
        let (status, headers, body) = interpreted(&json!({
            "statusCode": 303,
            "headers": { "Location": "/x", "content-length": "999", "x-number": "5" },
            "cookies": ["a=1", "b=2; HttpOnly"],
            "body": "aGk=",
            "isBase64Encoded": true,
            "multiValueHeaders": {},
        }))
        .await;
        assert_eq!(status, 303);
        assert_eq!(
            headers,
            [
                header("content-type", "text/plain;charset=UTF-8"),
                header("location", "/x"),
                header("x-number", "5"),
                header("set-cookie", "a=1"),
                header("set-cookie", "b=2; HttpOnly"),
            ]
        );
        assert_eq!(body, "hi");
    }

    #[test]
    fn nonsense_is_an_error_of_the_function() {
        for answer in [
            json!("no statusCode"),
            json!({ "statusCode": "abc" }),
            json!({ "statusCode": 70_000 }),
            json!({ "statusCode": 200, "body": { "not": "text" } }),
            json!({ "statusCode": 200, "body": "%", "isBase64Encoded": true }),
            json!({ "statusCode": 200, "headers": ["x"] }),
            json!({ "statusCode": 200, "headers": { "bad header": "x" } }),
            json!({ "statusCode": 200, "headers": { "x": "a\nb" } }),
        ] {
            assert!(
                interpret(answer.to_string().as_bytes()).is_err(),
                "{answer}"
            );
        }
        assert!(interpret(b"not JSON").is_err());
    }
}
