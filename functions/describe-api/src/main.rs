//! The Lambda function `DescribeApi`.

use adapters::{Secrets, config, run_http};
use describe_api::DescribeApi;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_http(make, |function, request| async move {
        function.handle(&request).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<DescribeApi> {
    let settings = Secrets::new(&config().await).settings().await?;
    Ok(DescribeApi::new(settings)?)
}
