//! The Lambda function `CloseRequest`.

use adapters::config::table_name;
use adapters::{DynamoTable, config, run_task};
use domain::request_store::RequestStore;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let store = RequestStore::new(DynamoTable::new(&config().await, table_name()?));
    run_task(|closing| close_request::close(&store, closing))
        .await
        .map_err(anyhow::Error::from_boxed)
}
