//! Serves a page whole, or only its changing part to the script that keeps it fresh.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{Html, IntoResponse as _, Response};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::pages::{self, Page};
use super::source::Console;

/// How long a script that has the current version waits for the next one. Short, so that the stack ends soon when
/// it is told to.
const LONGEST_WAIT: Duration = Duration::from_millis(1200);
/// How often the versions are compared meanwhile.
const PAUSE: Duration = Duration::from_millis(50);
const FRAGMENT: HeaderName = HeaderName::from_static("x-fragment");

/// Answers with what `render` gives; None is a page that does not exist. A script that has the current version is
/// answered when there is a new one, and nothing is rendered until then.
pub(crate) async fn answer(
    console: &Console,
    headers: &HeaderMap,
    render: impl FnOnce() -> Option<Page>,
) -> Response {
    let mut version = console.version();
    let is_fragment = headers.contains_key(FRAGMENT);
    if is_fragment {
        let known = headers.get(header::IF_NONE_MATCH);
        let deadline = Instant::now() + LONGEST_WAIT;
        while known.is_some_and(|known| *known == version) {
            if Instant::now() >= deadline {
                return StatusCode::NOT_MODIFIED.into_response();
            }
            sleep(PAUSE).await;
            version = console.version();
        }
    }
    let fresh = (header::CACHE_CONTROL, "no-store".to_owned());
    let (status, page) = match render() {
        Some(page) if is_fragment => {
            let headers = [fresh, (header::ETAG, version)];
            return (headers, Html(page.body.into_string())).into_response();
        }
        Some(page) => (StatusCode::OK, page),
        None => (StatusCode::NOT_FOUND, pages::missing()),
    };
    // Only the page's own style and script run, and nothing is fetched from elsewhere.
    let nonce = Uuid::new_v4().simple().to_string();
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; connect-src 'self'; \
         frame-src 'self'; img-src data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let headers = [
        fresh,
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::REFERRER_POLICY, "no-referrer".to_owned()),
    ];
    let page = pages::shell(&page, &version, &nonce, &console.forms);
    (status, headers, Html(page.into_string())).into_response()
}
