//! The Lambda function `Decide`.

use adapters::config::table_name;
use adapters::{DynamoTable, config, run_task};
use domain::request_store::RequestStore;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_task(make, |store, task| async move {
        decide::decide(&store, task).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<RequestStore<DynamoTable>> {
    let aws = config().await;
    Ok(RequestStore::new(DynamoTable::new(&aws, table_name()?)))
}
