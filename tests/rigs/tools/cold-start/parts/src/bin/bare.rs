//! A Lambda function that does nothing: what the runtime itself costs at a start.

use lambda_runtime::{Error, LambdaEvent, run, service_fn};

#[tokio::main]
async fn main() -> Result<(), Error> {
    run(service_fn(async |event: LambdaEvent<serde_json::Value>| {
        Ok::<_, Error>(event.payload)
    }))
    .await
}
