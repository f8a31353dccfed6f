//! A function's answer as a response.

use axum::{
    body::Body,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::Response,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value};

/// Headers about the connection itself, which is not the function's business.
const NOT_THE_FUNCTIONS: [HeaderName; 4] = [
    header::CONNECTION,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Reads an answer as payload format 2.0 says: with a `statusCode` it describes a response, without
/// one it is the body of a successful response in JSON. The error says what is wrong with it.
pub(super) fn interpret(answer: &[u8]) -> Result<Response, String> {
    let value: Value = serde_json::from_slice(answer)
        .map_err(|error| format!("the function's answer is not JSON: {error}"))?;
    match value {
        Value::Object(fields) if fields.contains_key("statusCode") => described(&fields),
        Value::String(text) => Ok(inferred(text)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            Ok(inferred(String::from_utf8_lossy(answer).into_owned()))
        }
    }
}

fn inferred(body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

fn described(fields: &Map<String, Value>) -> Result<Response, String> {
    let status = fields["statusCode"]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok())
        .and_then(|status| StatusCode::from_u16(status).ok())
        .ok_or("the answer's statusCode is no HTTP status")?;
    let mut response = Response::new(Body::from(body(fields)?));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let plain = HeaderValue::from_static("text/plain;charset=UTF-8");
    headers.insert(header::CONTENT_TYPE, plain);
    if let Some(given) = present(fields, "headers") {
        let given = given.as_object().ok_or("the answer's headers are no map")?;
        for (name, value) in given {
            let name = HeaderName::try_from(name.as_str())
                .map_err(|_| format!("`{name}` is no header name"))?;
            if !NOT_THE_FUNCTIONS.contains(&name) {
                headers.insert(name, header_value(value)?);
            }
        }
    }
    if let Some(cookies) = present(fields, "cookies") {
        for cookie in cookies
            .as_array()
            .ok_or("the answer's cookies are no list")?
        {
            headers.append(header::SET_COOKIE, header_value(cookie)?);
        }
    }
    Ok(response)
}

fn body(fields: &Map<String, Value>) -> Result<Vec<u8>, String> {
    let Some(body) = present(fields, "body") else {
        return Ok(Vec::new());
    };
    let text = body.as_str().ok_or("the answer's body is no text")?;
    match present(fields, "isBase64Encoded") {
        Some(Value::Bool(true)) => BASE64_STANDARD
            .decode(text)
            .map_err(|error| format!("the answer's body is not base64: {error}")),
        None | Some(Value::Bool(false)) => Ok(text.as_bytes().to_vec()),
        Some(_) => Err("the answer's isBase64Encoded is neither true nor false".to_owned()),
    }
}

fn header_value(value: &Value) -> Result<HeaderValue, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string(),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            return Err(format!("{value} is no header value"));
        }
    };
    HeaderValue::try_from(&text).map_err(|_| format!("{text:?} is no header value"))
}

fn present<'a>(fields: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    fields.get(name).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
            "headers": { "Location": "/x", "content-length": "999", "x-number": 5 },
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

    #[tokio::test]
    async fn an_inferred_response() {
        for (answer, expected) in [
            (json!("Hello from Lambda!"), "Hello from Lambda!"),
            (json!({ "message": "Hello" }), r#"{"message":"Hello"}"#),
            (json!(null), "null"),
        ] {
            let (status, headers, body) = interpreted(&answer).await;
            assert_eq!(status, 200);
            assert_eq!(headers, [header("content-type", "application/json")]);
            assert_eq!(body, expected);
        }
    }

    #[test]
    fn nonsense_is_an_error_of_the_function() {
        for answer in [
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
