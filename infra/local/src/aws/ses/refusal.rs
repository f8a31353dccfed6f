//! Why SES does not do what it is asked.

use axum::http::StatusCode;

/// A refusal by SES's own code.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn sender(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            message: message.into(),
        }
    }

    pub(super) fn parameter(message: impl Into<String>) -> Self {
        Self::sender("InvalidParameterValue", message)
    }
}
