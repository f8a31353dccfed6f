//! Serves a page whole, or only its changing part to the script that keeps it fresh.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use uuid::Uuid;

use super::pages::{self, Page};
use super::source::Console;

/// How long a question for news may wait before it is answered with "nothing new". Short, so that the stack ends
/// soon when it is told to.
const NEWS_WAIT: Duration = Duration::from_millis(1200);
/// How often the versions are compared meanwhile.
const NEWS_PAUSE: Duration = Duration::from_millis(50);
const FRAGMENT: HeaderName = HeaderName::from_static("x-fragment");

/// Answers with what `render` gives; None is a page that does not exist. Who has the current version is told of
/// the next one when it comes, and nothing is rendered until then.
pub(crate) async fn answer(
    console: &Console,
    headers: &HeaderMap,
    render: impl FnOnce() -> Option<Page>,
) -> Response {
    let is_known = |version: &str| {
        let known = headers.get(header::IF_NONE_MATCH);
        known.is_some_and(|known| known.as_bytes() == version.as_bytes())
    };
    let mut version = console.version();
    let is_fragment = headers.contains_key(FRAGMENT);
    if is_fragment {
        let patience = tokio::time::Instant::now() + NEWS_WAIT;
        while is_known(&version) {
            if tokio::time::Instant::now() >= patience {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            tokio::time::sleep(NEWS_PAUSE).await;
            version = console.version();
        }
    }
    let (status, page) = render().map_or_else(
        || (StatusCode::NOT_FOUND, pages::missing()),
        |page| (StatusCode::OK, page),
    );
    if is_fragment && status == StatusCode::OK {
        return fragment(page, &version);
    }
    let nonce = Uuid::new_v4().simple().to_string();
    let page = pages::shell(&page, &version, &nonce, &console.forms);
    guarded((status, Html(page.into_string())).into_response(), &nonce)
}

fn fragment(page: Page, version: &str) -> Response {
    let mut response = Html(page.body.into_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(tag) = HeaderValue::from_str(version) {
        headers.insert(header::ETAG, tag);
    }
    response
}

/// Only the page's own style and script run, and nothing is fetched from elsewhere.
fn guarded(mut response: Response, nonce: &str) -> Response {
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; \
         frame-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let fixed = [
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
