//! How an invocation can fail, in Lambda's terms.

use serde_json::{Value, json};

/// What a function, or Lambda on its behalf, reports instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError {
    /// `errorType`: what a state machine's `ErrorEquals` matches.
    pub error_type: String,
    /// The whole report as callers of Lambda get it, with `errorType` and `errorMessage`.
    pub report: Value,
}

impl FunctionError {
    /// A report of Lambda's own.
    pub fn new(error_type: &str, message: impl Into<String>) -> FunctionError {
        FunctionError {
            error_type: error_type.to_owned(),
            report: json!({ "errorType": error_type, "errorMessage": message.into() }),
        }
    }

    /// A report that a function sent. One that says no type is what Lambda calls unhandled.
    pub fn from_report(report: &[u8]) -> FunctionError {
        let report: Value = match serde_json::from_slice(report) {
            Ok(Value::Object(report)) => Value::Object(report),
            _ => json!({ "errorMessage": String::from_utf8_lossy(report) }),
        };
        let error_type = report["errorType"].as_str().unwrap_or("Unhandled");
        FunctionError {
            error_type: error_type.to_owned(),
            report,
        }
    }

    /// `errorMessage`, if the report has one.
    pub fn message(&self) -> &str {
        self.report["errorMessage"].as_str().unwrap_or_default()
    }
}

/// Why an invocation has no answer.
#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    /// The function failed.
    #[error("{}: {}", .0.error_type, .0.message())]
    Function(FunctionError),
    /// The template declares no such function, or nothing was built for it.
    #[error("there is no function `{0}`")]
    NoSuchFunction(String),
    /// The function's process could not be started, or its host not be reached.
    #[error("{0}")]
    Unreachable(String),
    /// The stack is being stopped.
    #[error("the local stack is stopping")]
    Stopping,
}

impl From<FunctionError> for InvokeError {
    fn from(error: FunctionError) -> InvokeError {
        InvokeError::Function(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_keep_what_the_function_said() {
        let error = FunctionError::from_report(br#"{"errorType":"A.B","errorMessage":"m","x":1}"#);
        assert_eq!(error.error_type, "A.B");
        assert_eq!(error.report["x"], 1);
        assert_eq!(InvokeError::from(error).to_string(), "A.B: m");
        let error = FunctionError::from_report(b"not JSON");
        assert_eq!(error.error_type, "Unhandled");
        assert_eq!(error.message(), "not JSON");
    }
}
