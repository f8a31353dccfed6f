//! Functions that something else runs, such as `cargo lambda watch`, over Lambda's Invoke API.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;
use tokio::time;

use super::error::{FunctionError, InvokeError};
use crate::http_client::HttpClient;

/// How long such a host may take. It compiles a function when it is first called, and some hosts never
/// answer when a function's process has died.
const PATIENCE: Duration = Duration::from_mins(5);

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
        let call = self.client.post(&self.url, "application/json", payload);
        let (parts, body) = time::timeout(PATIENCE, call)
            .await
            .map_err(|_| {
                InvokeError::Unreachable(format!("{} did not answer in {PATIENCE:?}", self.url))
            })?
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

#[cfg(test)]
mod tests {
    use axum::{Router, extract::Path, http::StatusCode, routing::post};
    use tokio::net::TcpListener;

    use super::*;

    /// A host as `cargo lambda watch` is one.
    async fn host() -> String {
        let invoke = |Path(binary): Path<String>, body: String| async move {
            match body.as_str() {
                "fail" => (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    r#"{"errorType":"Test.Failed","errorMessage":"as told"}"#.to_owned(),
                ),
                "break" => (
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "no such function".to_owned(),
                ),
                _ => (StatusCode::OK, format!("{binary} got {body}")),
            }
        };
        let path = "/2015-03-31/functions/{binary}/invocations";
        let app = Router::new().route(path, post(invoke));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        address
    }

    #[tokio::test]
    async fn answers_and_errors_come_back() {
        let remote = Remote::new(&host().await, "issue-refund");
        let answer = remote.invoke("{}".into()).await.unwrap();
        assert_eq!(answer, "issue-refund got {}");
        let failed = remote.invoke("fail".into()).await.unwrap_err();
        assert!(
            matches!(&failed, InvokeError::Function(error) if error.error_type == "Test.Failed")
        );
        let broken = remote.invoke("break".into()).await.unwrap_err();
        assert!(
            matches!(&broken, InvokeError::Unreachable(why) if why.contains("no such function"))
        );
    }

    #[tokio::test]
    async fn a_host_that_is_not_there_is_said_so() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let error = Remote::new(&address, "decide")
            .invoke("{}".into())
            .await
            .unwrap_err();
        assert!(error.to_string().contains("cargo lambda watch"), "{error}");
    }
}
