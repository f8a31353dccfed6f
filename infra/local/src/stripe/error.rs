//! Stripe's error shape: `{"error":{type, code?, message, param?}}`, and whether the call had begun to
//! execute, which decides if the answer is kept under an idempotency key.

use serde::Serialize;

/// A refusal as Stripe words it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct StripeError {
    #[serde(skip)]
    pub(crate) status: u16,
    #[serde(rename = "type")]
    pub(crate) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) param: Option<String>,
    /// Stripe keeps an answer under its idempotency key once the endpoint began to execute; a request that
    /// fails validation leaves no trace.
    #[serde(skip)]
    pub(crate) executed: bool,
}

impl StripeError {
    /// A request that is wrong in itself: refused before anything was looked at.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self {
            status: 400,
            kind: "invalid_request_error",
            code: None,
            message: message.into(),
            param: None,
            executed: false,
        }
    }

    /// A well-formed request that the objects involved do not allow.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Self {
            executed: true,
            ..Self::invalid(message)
        }
    }

    /// `No such charge: 'ch_x'`. `noun` is Stripe's word for the object.
    pub(crate) fn missing(noun: &str, id: &str, param: &str) -> Self {
        Self::refused(format!("No such {noun}: '{id}'"))
            .status(404)
            .code("resource_missing")
            .param(param)
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub(crate) fn kind(mut self, kind: &'static str) -> Self {
        self.kind = kind;
        self
    }

    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    pub(crate) fn param(mut self, param: impl Into<String>) -> Self {
        self.param = Some(param.into());
        self
    }
}
