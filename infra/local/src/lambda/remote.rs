//! Functions that something else runs, such as `cargo lambda watch`, over Lambda's Invoke API.

use std::time::Duration;

use axum::http::header;
use bytes::Bytes;
use tokio::time;

use super::error::FunctionError;
use crate::http_client::http_client;

/// How long such a host may take. It compiles a function when it is first called, and some hosts never
/// answer when a function's process has died.
const PATIENCE: Duration = Duration::from_mins(5);

/// One function at a host of functions.
pub(super) struct Remote {
    host: String,
    url: String,
    client: reqwest::Client,
}

impl Remote {
    /// The function whose binary is `binary`, which is its name at such hosts.
    pub(super) fn new(host: &str, binary: &str) -> Remote {
        let host = host.trim_end_matches('/');
        Remote {
            host: host.to_owned(),
            url: format!("{host}/2015-03-31/functions/{binary}/invocations"),
            client: http_client(),
        }
    }

    pub(super) async fn invoke(&self, payload: Bytes) -> Result<Bytes, FunctionError> {
        let Remote { host, url, client } = self;
        let request = client.post(url).body(payload);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        let call = async {
            let answer = request.send().await?;
            let (status, headers) = (answer.status(), answer.headers().clone());
            Ok((status, headers, answer.bytes().await?))
        };
        let answer = time::timeout(PATIENCE, call).await.map_err(|_| {
            FunctionError::unreachable(format!("{url} did not answer in {PATIENCE:?}"))
        })?;
        let (status, headers, body) = answer.map_err(|error: reqwest::Error| {
            FunctionError::unreachable(format!(
                "no functions answer at {host} ({error}): start them with `cargo lambda watch`, or run without \
                 --functions"
            ))
        })?;
        // Lambda marks a failed function with a header and status 200, `cargo lambda watch` with
        // status 500.
        let is_success = status.is_success();
        if is_success && !headers.contains_key("x-amz-function-error") {
            return Ok(body);
        }
        let error = FunctionError::from_report(&body);
        if is_success || error.report.get("errorType").is_some() {
            return Err(error);
        }
        let message = format!("{url} answered {status}: {}", error.message());
        Err(FunctionError::unreachable(message))
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
        assert_eq!(failed.to_string(), "Test.Failed: as told");
        let broken = remote.invoke("break".into()).await.unwrap_err();
        assert_eq!(broken.error_type, "Lambda.SdkClientException");
        assert!(broken.message().contains("no such function"), "{broken}");
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
