//! The Lambda function `StartRequests`.

use adapters::config::table_name;
use adapters::{DynamoTable, SfnWorkflow, config, run_event};
use domain::request_store::RequestStore;
use start_requests::StartRequests;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let function = StartRequests {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        workflow: SfnWorkflow::new(&aws),
    };
    run_event(|event| function.handle(event))
        .await
        .map_err(anyhow::Error::from_boxed)
}
