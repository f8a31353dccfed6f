//! Stripe's error shape: `{"error":{type, code?, message, param?}}`, and whether the call had begun to
//! execute, which decides if the answer is kept under an idempotency key.

use serde_json::{Map, Value};

/// A refusal as Stripe words it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StripeError {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) code: Option<&'static str>,
    pub(crate) message: String,
    pub(crate) param: Option<String>,
    /// Stripe keeps an answer under its idempotency key once the endpoint began to execute; a request that
    /// fails validation leaves no trace.
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

    /// The same key with something else: the first use stands.
    pub(crate) fn idempotency(message: impl Into<String>) -> Self {
        Self {
            kind: "idempotency_error",
            ..Self::invalid(message)
        }
    }

    /// A fault on this side.
    pub(crate) fn internal(message: impl Into<String>) -> Self {
        Self {
            status: 500,
            kind: "api_error",
            ..Self::invalid(message)
        }
    }

    pub(crate) fn status(mut self, status: u16) -> Self {
        self.status = status;
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

    /// The body on the wire; absent members are omitted, as Stripe does.
    pub(crate) fn body(&self) -> Value {
        let mut error = Map::new();
        if let Some(code) = self.code {
            error.insert("code".into(), code.into());
            let page = code.replace('_', "-");
            error.insert(
                "doc_url".into(),
                format!("https://stripe.com/docs/error-codes/{page}").into(),
            );
        }
        error.insert("message".into(), self.message.clone().into());
        if let Some(param) = &self.param {
            error.insert("param".into(), param.clone().into());
        }
        error.insert("type".into(), self.kind.into());
        Value::Object(Map::from_iter([("error".to_owned(), error.into())]))
    }
}
