//! The Lambda function `Decide`.

use adapters::config::table_name;
use adapters::{DynamoTable, config, run_task};
use domain::request_store::Desk;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let desk = Desk::new(DynamoTable::new(&config().await, table_name()?));
    run_task(|task| decide::decide(&desk, task))
        .await
        .map_err(anyhow::Error::from_boxed)
}
