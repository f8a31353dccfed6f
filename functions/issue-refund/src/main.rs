//! The Lambda function `IssueRefund`.

use adapters::config::table_name;
use adapters::stripe::HttpStripe;
use adapters::{DynamoTable, Secrets, SfnWorkflow, config, run_task};
use domain::request_store::RequestStore;
use issue_refund::IssueRefund;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_task(
        make,
        |function, task| async move { function.handle(task).await },
    )
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<IssueRefund<DynamoTable, HttpStripe, SfnWorkflow>> {
    let aws = config().await;
    let secrets = Secrets::new(&aws);
    let settings = secrets.settings().await?;
    Ok(IssueRefund {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        stripe: HttpStripe::new(secrets.stripe(&settings).await)?,
        workflow: SfnWorkflow::new(&aws),
    })
}
