//! How an invocation can fail, in Lambda's terms.

use serde_json::{Value, json};

/// What a function, or Lambda on its behalf, reports instead of an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{error_type}: {}", self.message())]
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

    /// The function was not reached: its process could not be started, its host does not answer, or the stack
    /// is stopping.
    pub fn unreachable(message: impl Into<String>) -> FunctionError {
        FunctionError::new("Lambda.SdkClientException", message)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_keep_what_the_function_said() {
        let error = FunctionError::from_report(br#"{"errorType":"A.B","errorMessage":"m","x":1}"#);
        assert_eq!(error.error_type, "A.B");
        assert_eq!(error.report["x"], 1);
        assert_eq!(error.to_string(), "A.B: m");
        let error = FunctionError::from_report(b"not JSON");
        assert_eq!(error.error_type, "Unhandled");
        assert_eq!(error.message(), "not JSON");
    }
}
