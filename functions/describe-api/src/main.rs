//! The Lambda function `DescribeApi`.

use adapters::run_http;
use describe_api::DescribeApi;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let make = || async { DescribeApi::new() };
    run_http(make, |function, request| async move {
        function.handle(&request)
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}
