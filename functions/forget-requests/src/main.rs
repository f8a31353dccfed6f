//! The Lambda function `ForgetRequests`.

use adapters::config::table_name;
use adapters::{DynamoTable, Secrets, config, run_event};
use domain::request_store::RequestStore;
use forget_requests::ForgetRequests;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_event(make, |function, event| async move {
        function.handle(event).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<ForgetRequests<DynamoTable>> {
    let aws = config().await;
    Ok(ForgetRequests {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        settings: Secrets::new(&aws).settings().await?,
    })
}
