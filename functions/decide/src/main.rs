//! The Lambda function `Decide`.

use adapters::config::table_name;
use adapters::{DynamoTable, config, run_task};
use domain::request_store::RequestStore;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let store = RequestStore::new(DynamoTable::new(&config().await, table_name()?));
    run_task(|task| decide::decide(&store, task))
        .await
        .map_err(anyhow::Error::from_boxed)
}
