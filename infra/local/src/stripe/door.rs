//! Who comes in: a test key, as Bearer or Basic, as Stripe's clients send it.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;

use super::error::StripeError;
use super::stand_in::{Reply, new_id};

const REQUEST_ID: HeaderName = HeaderName::from_static("request-id");

/// The id of a request, given at the door.
#[derive(Clone)]
pub(crate) struct RequestId(pub(crate) String);

/// Lets only test keys in, and gives every answer a `Request-Id`.
pub(crate) async fn at_the_door(mut request: Request, next: Next) -> Response {
    let id = new_id("req");
    let mut response = match authenticate(request.headers()) {
        Ok(()) => {
            request.extensions_mut().insert(RequestId(id.clone()));
            next.run(request).await
        }
        Err(error) => Reply::from(error).into_response(),
    };
    let value = HeaderValue::from_str(&id).expect("hexadecimal digits are a header value");
    response.headers_mut().insert(REQUEST_ID, value);
    response
}

fn authenticate(headers: &HeaderMap) -> Result<(), StripeError> {
    let refuse = |message: String| StripeError::invalid(message).status(401);
    let authorization = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let key = authorization.and_then(api_key).ok_or_else(|| {
        refuse(
            "You did not provide an API key. You need to provide your API key in the Authorization header, using \
             Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY'). See \
             https://stripe.com/docs/api#authentication for details, or we can help at \
             https://support.stripe.com/."
                .to_owned(),
        )
    })?;
    let of_test_mode = |prefix: &str| {
        key.strip_prefix(prefix)
            .is_some_and(|rest| !rest.is_empty())
    };
    if of_test_mode("sk_test_") || of_test_mode("rk_test_") {
        return Ok(());
    }
    let shown: String = key.chars().take(8).collect();
    let hidden = "*".repeat(key.chars().count().saturating_sub(8));
    Err(refuse(format!("Invalid API Key provided: {shown}{hidden}")))
}

/// The key of `Bearer KEY`, or the user name of `Basic` with any password.
fn api_key(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    let rest = rest.trim();
    let key = if scheme.eq_ignore_ascii_case("bearer") {
        rest.to_owned()
    } else if scheme.eq_ignore_ascii_case("basic") {
        let decoded = base64::engine::general_purpose::STANDARD
            .decode(rest)
            .ok()?;
        let text = String::from_utf8(decoded).ok()?;
        text.split(':').next()?.to_owned()
    } else {
        return None;
    };
    (!key.is_empty()).then_some(key)
}
