//! A request as an event of payload format 2.0.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use axum::{
    extract::ConnectInfo,
    http::{HeaderMap, HeaderName, header, request::Parts},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};
use url::Url;
use uuid::Uuid;

use crate::template::ACCOUNT;

/// What an event says besides the request itself.
pub(super) struct Context<'a> {
    pub(super) route_key: &'a str,
    /// Decoded: API Gateway decodes a path before it looks for a route.
    pub(super) path: &'a str,
    pub(super) path_parameters: &'a Map<String, Value>,
    pub(super) domain_name: &'a str,
    pub(super) request_id: Uuid,
    pub(super) now: Timestamp,
}

/// The event of a request.
pub(super) fn payload(context: &Context<'_>, parts: &Parts, body: &[u8]) -> Value {
    let query = parts.uri.query().unwrap_or_default();
    let headers = headers(&parts.headers, context.domain_name);
    let cookies = cookies(&parts.headers);
    let (text, is_base64) = encode_body(&parts.headers, body);
    let mut event = json!({
        "version": "2.0",
        "routeKey": context.route_key,
        "rawPath": context.path,
        "rawQueryString": query,
        "headers": headers,
        "requestContext": {
            "accountId": ACCOUNT,
            "apiId": "local",
            "domainName": context.domain_name,
            "domainPrefix": context.domain_name.split('.').next(),
            "http": {
                "method": parts.method.as_str(),
                "path": context.path,
                "protocol": format!("{:?}", parts.version),
                "sourceIp": source_ip(parts),
                "userAgent": headers.get("user-agent").map_or("", String::as_str),
            },
            "requestId": context.request_id,
            "routeKey": context.route_key,
            "stage": "$default",
            // As access logs write times.
            "time": context.now.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
            "timeEpoch": context.now.as_millisecond(),
        },
        "isBase64Encoded": is_base64,
    });
    // API Gateway leaves out what is empty.
    if !cookies.is_empty() {
        event["cookies"] = json!(cookies);
    }
    if !query.is_empty() {
        event["queryStringParameters"] = json!(query_parameters(query));
    }
    if !context.path_parameters.is_empty() {
        event["pathParameters"] = json!(context.path_parameters);
    }
    if !body.is_empty() {
        event["body"] = json!(text);
    }
    event
}

/// Whoever calls: this machine, but it has many addresses.
fn source_ip(parts: &Parts) -> IpAddr {
    let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    connection.map_or(Ipv4Addr::LOCALHOST.into(), |it| it.0.ip())
}

/// Whether the name that the caller called this by can stand in a URL: functions rebuild one from it.
pub(super) fn has_valid_host(headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(header::HOST).iter();
    hosts.all(|host| {
        host.to_str()
            .is_ok_and(|host| Url::parse(&format!("http://{host}/")).is_ok())
    })
}

/// Percent-decodes. What is not UTF-8 then shows as replacement characters.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// The values of a header, joined.
fn joined(headers: &HeaderMap, name: &HeaderName, separator: &str) -> String {
    let values = headers.get_all(name).iter();
    let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.collect::<Vec<_>>().join(separator)
}

/// Lower-case names, repeated headers joined by commas, cookies left to a field of their own.
fn headers(headers: &HeaderMap, domain_name: &str) -> BTreeMap<String, String> {
    let names = headers.keys().filter(|name| *name != header::COOKIE);
    let mut joined: BTreeMap<_, _> = names
        .map(|name| (name.to_string(), joined(headers, name, ",")))
        .collect();
    let port = domain_name.rsplit(':').next().unwrap_or_default();
    // What a caller claims stays in front of what is known.
    joined
        .entry("x-forwarded-for".to_owned())
        .and_modify(|claimed| claimed.push_str(", 127.0.0.1"))
        .or_insert_with(|| "127.0.0.1".to_owned());
    for (name, value) in [("x-forwarded-port", port), ("x-forwarded-proto", "http")] {
        joined.insert(name.to_owned(), value.to_owned());
    }
    joined
}

fn cookies(headers: &HeaderMap) -> Vec<String> {
    let cookies = joined(headers, &header::COOKIE, ";");
    let cookies = cookies.split(';').map(str::trim);
    let cookies = cookies.filter(|cookie| !cookie.is_empty());
    cookies.map(ToOwned::to_owned).collect()
}

/// Decoded, the values of a repeated name joined by commas.
fn query_parameters(query: &str) -> BTreeMap<Cow<'_, str>, String> {
    let mut parameters: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        parameters.entry(name).or_default().push(value);
    }
    let parameters = parameters.into_iter();
    parameters
        .map(|(name, values)| (name, values.join(",")))
        .collect()
}

/// Text as it is, anything else in base64. Forms count as anything else, which surprises many.
fn encode_body(headers: &HeaderMap, body: &[u8]) -> (String, bool) {
    let content_type = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("text/plain")
        .to_ascii_lowercase();
    let content_type = content_type.split(';').next().unwrap_or_default().trim();
    let is_text = content_type.starts_with("text/")
        || matches!(
            content_type,
            "application/json" | "application/javascript" | "application/xml"
        )
        || content_type.ends_with("+json")
        || content_type.ends_with("+xml");
    match std::str::from_utf8(body) {
        Ok(text) if is_text && !headers.contains_key(header::CONTENT_ENCODING) => {
            (text.to_owned(), false)
        }
        _ => (BASE64_STANDARD.encode(body), true),
    }
}

#[cfg(test)]
mod tests;
