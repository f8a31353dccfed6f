//! Authentication: any key of test mode, as Bearer or Basic, as Stripe's clients send it.

use axum::http::{HeaderMap, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};

use super::error::StripeError;

/// Refuses all keys but those of test mode.
pub(crate) fn authenticate(headers: &HeaderMap) -> Result<(), StripeError> {
    let refuse = |message: &str| StripeError::invalid(message).status(401);
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = authorization.and_then(api_key).ok_or_else(|| {
        refuse(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using \
             Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )
    })?;
    let in_test_mode = ["sk_test_", "rk_test_"].into_iter().any(|prefix| {
        key.strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty())
    });
    if in_test_mode {
        return Ok(());
    }
    let visible: String = key.chars().take(8).collect();
    let hidden = "*".repeat(key.chars().count().saturating_sub(8));
    let message = format!("Invalid API Key provided: {visible}{hidden}");
    Err(refuse(&message))
}

/// The key of `Bearer KEY`, or the user name of `Basic` with any password.
fn api_key(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let rest = rest.trim();
    let key = if scheme.eq_ignore_ascii_case("bearer") {
        rest.to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") {
        let text = String::from_utf8(BASE64_STANDARD.decode(rest).ok()?).ok()?;
        text.split(':').next()?.to_owned()
    } else {
        return None;
    };
    (!key.is_empty()).then_some(key)
}
