//! The Lambda function `HandleBounce`.

use adapters::config::table_name;
use adapters::{DynamoTable, Secrets, SfnWorkflow, config, run_event};
use domain::request_store::RequestStore;
use handle_bounce::HandleBounce;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_event(make, |function, event| async move {
        function.handle(event).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<HandleBounce<DynamoTable, SfnWorkflow>> {
    let aws = config().await;
    Ok(HandleBounce {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        workflow: SfnWorkflow::new(&aws),
        link_keys: Secrets::new(&aws).link_keys().await?,
    })
}
