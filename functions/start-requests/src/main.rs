//! The Lambda function `StartRequests`.

use adapters::config::table_name;
use adapters::{DynamoTable, Secrets, SfnWorkflow, config, run_event};
use domain::request_store::RequestStore;
use start_requests::StartRequests;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_event(make, |function, event| async move {
        function.handle(event).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<StartRequests<DynamoTable, SfnWorkflow>> {
    let aws = config().await;
    Ok(StartRequests {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        workflow: SfnWorkflow::new(&aws),
        machines: Secrets::new(&aws).state_machines().await?,
    })
}
