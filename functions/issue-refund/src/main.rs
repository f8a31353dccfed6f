//! The Lambda function `IssueRefund`.

use adapters::config::{StripeConfig, table_name};
use adapters::stripe::HttpStripe;
use adapters::{DynamoTable, SfnWorkflow, StripeKeys, config, run_task};
use domain::request_store::RequestStore;
use issue_refund::IssueRefund;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let StripeConfig { base, key } = StripeConfig::from_env()?;
    let function = IssueRefund {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        stripe: HttpStripe::new(&base, StripeKeys::new(&aws, key))?,
        workflow: SfnWorkflow::new(&aws),
    };
    run_task(|task| function.handle(task))
        .await
        .map_err(anyhow::Error::from_boxed)
}
