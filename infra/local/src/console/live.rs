//! Serves a page whole, or only its changing part to the script that keeps it fresh.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use uuid::Uuid;

use super::Console;
use super::pages::{self, Page};

/// How long a question for news may wait for mail before it is answered with "nothing new". Short, so that the
/// stack ends soon when it is told to.
const NEWS_WAIT: Duration = Duration::from_millis(1200);
const FRAGMENT: HeaderName = HeaderName::from_static("x-fragment");

/// Answers with what `render` gives; None is a page that does not exist.
pub(crate) async fn answer(
    console: &Console,
    headers: &HeaderMap,
    render: impl Fn() -> Option<Page>,
) -> Response {
    let mut mail = console.outbox.subscribe();
    let Some(page) = render() else {
        let nonce = nonce();
        let page = Html(pages::shell(&pages::missing(), "", &nonce, &console.forms).into_string());
        return guarded((StatusCode::NOT_FOUND, page).into_response(), &nonce);
    };
    let tag = tag(&page);
    if !headers.contains_key(FRAGMENT) {
        let nonce = nonce();
        let page = Html(pages::shell(&page, &tag, &nonce, &console.forms).into_string());
        return guarded(page.into_response(), &nonce);
    }
    let known = headers.get(header::IF_NONE_MATCH);
    if known.is_none_or(|known| known.as_bytes() != tag.as_bytes()) {
        return fragment(page, &tag);
    }
    let _ = tokio::time::timeout(NEWS_WAIT, mail.changed()).await;
    match render() {
        Some(page) if self::tag(&page) != tag => {
            let tag = self::tag(&page);
            fragment(page, &tag)
        }
        _ => StatusCode::NOT_MODIFIED.into_response(),
    }
}

fn fragment(page: Page, tag: &str) -> Response {
    let mut response = Html(page.body.into_string()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    response
}

fn tag(page: &Page) -> String {
    let mut hasher = DefaultHasher::new();
    page.body.0.hash(&mut hasher);
    format!("\"{:016x}\"", hasher.finish())
}

fn nonce() -> String {
    Uuid::new_v4().simple().to_string()
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
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    response
}
