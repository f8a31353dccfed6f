//! Functions that something else runs, such as `cargo lambda watch`, over Lambda's Invoke API.

use bytes::Bytes;
use serde_json::Value;

use super::error::{FunctionError, InvokeError};
use crate::http_client::HttpClient;

/// One function at a host of functions.
pub(super) struct Remote {
    host: String,
    url: String,
    client: HttpClient,
}

impl Remote {
    /// The function whose binary is `binary`, which is its name at such hosts.
    pub(super) fn new(host: &str, binary: &str) -> Remote {
        let host = host.trim_end_matches('/');
        Remote {
            host: host.to_owned(),
            url: format!("{host}/2015-03-31/functions/{binary}/invocations"),
            client: HttpClient::new(),
        }
    }

    pub(super) async fn invoke(&self, payload: Bytes) -> Result<Bytes, InvokeError> {
        let (parts, body) = self
            .client
            .post(&self.url, "application/json", payload)
            .await
            .map_err(|error| {
                InvokeError::Unreachable(format!(
                    "no functions answer at {} ({error}): start them with `cargo lambda watch`, or run without --functions",
                    self.host
                ))
            })?;
        // Lambda marks a failed function with a header and status 200, `cargo lambda watch` with
        // status 500.
        if parts.headers.contains_key("x-amz-function-error") {
            return Err(FunctionError::from_report(&body).into());
        }
        if parts.status.is_success() {
            return Ok(body);
        }
        match serde_json::from_slice::<Value>(&body) {
            Ok(report) if report.get("errorType").is_some() => {
                Err(FunctionError::from_report(&body).into())
            }
            _ => Err(InvokeError::Unreachable(format!(
                "{} answered {}: {}",
                self.url,
                parts.status,
                String::from_utf8_lossy(&body)
            ))),
        }
    }
}
