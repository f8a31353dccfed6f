//! The Lambda function `CloseRequest`.

use adapters::config::table_name;
use adapters::{DynamoTable, config, run_task};
use domain::request_store::Desk;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let desk = Desk::new(DynamoTable::new(&config().await, table_name()?));
    run_task(|closing| close_request::close(&desk, closing))
        .await
        .map_err(anyhow::Error::from_boxed)
}
