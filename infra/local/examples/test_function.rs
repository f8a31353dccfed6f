//! A Lambda function that does as it is told, for the tests of [`local::lambda`]. An example, because
//! cargo builds examples for tests and nothing else.
#![expect(
    clippy::disallowed_methods,
    reason = "the tests look at a process's environment"
)]

use std::time::Duration;

use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::{Value, json};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_runtime::Error> {
    match std::env::var("TEST_AT_START").as_deref() {
        Ok("exit") => std::process::exit(7),
        Ok("log") => {
            eprintln!("to stderr");
            println!("to stdout");
        }
        _ => {}
    }
    lambda_runtime::run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Value, Diagnostic> {
    // An event of the HTTP API says by its path what to do.
    let path = event.payload["rawPath"].as_str().unwrap_or_default();
    let told = event.payload["do"].as_str();
    match told.or(path.strip_prefix('/')) {
        Some("fail") => Err(Diagnostic {
            error_type: "Test.Failed".to_owned(),
            error_message: "as told".to_owned(),
        }),
        Some("exit") => std::process::exit(3),
        Some("sleep") => {
            tokio::time::sleep(Duration::from_millis(
                event.payload["ms"].as_u64().unwrap_or(60_000),
            ))
            .await;
            Ok(json!("slept"))
        }
        Some("http") => Ok(json!({ "statusCode": 201, "body": "made", "cookies": ["a=1"] })),
        _ => {
            let echo = json!({
                "echo": event.payload,
                "process": std::process::id(),
                "request": event.context.request_id,
                "environment": std::env::vars().collect::<std::collections::BTreeMap<_, _>>(),
            });
            Ok(if path.is_empty() {
                echo
            } else {
                let headers = json!({ "content-type": "application/json" });
                json!({ "statusCode": 200, "headers": headers, "body": echo.to_string() })
            })
        }
    }
}
