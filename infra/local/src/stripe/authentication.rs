//! Authentication: any key of test mode, as Bearer or Basic, as Stripe's clients send it.

use axum::http::{HeaderMap, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::error::StripeError;

/// Refuses all keys but those of test mode.
pub(crate) fn authenticate(headers: &HeaderMap) -> Result<(), StripeError> {
    let authorization = headers.get(header::AUTHORIZATION);
    let key = authorization.and_then(|value| api_key(value.to_str().ok()?));
    let key = key.unwrap_or_default();
    let is_test = |prefix: &str| key.starts_with(prefix) && key.len() > prefix.len();
    if is_test("sk_test_") || is_test("rk_test_") {
        return Ok(());
    }
    let message = if key.is_empty() {
        "You did not provide an API key. You need to provide your API key in the Authorization header, using \
         Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY')."
            .to_owned()
    } else {
        let shown: String = key.chars().take(8).collect();
        let hidden = "*".repeat(key.chars().skip(8).count());
        format!("Invalid API Key provided: {shown}{hidden}")
    };
    Err(StripeError::invalid(message).status(401))
}

/// The key of `Bearer KEY`, or the user name of `Basic` with any password.
fn api_key(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(rest.trim().to_owned()),
        "basic" => {
            let text = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
            text.split(':').next().map(ToOwned::to_owned)
        }
        _ => None,
    }
}
