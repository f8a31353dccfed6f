//! The Lambda function `IssueRefund`.

use issue_refund::IssueRefund;
use shared::aws::{DynamoTable, config, run_task};
use shared::config::{StripeConfig, table_name};
use shared::desk::Desk;
use shared::stripe::HttpStripe;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let function = IssueRefund {
        desk: Desk::new(DynamoTable::new(&config().await, table_name()?)),
        stripe: HttpStripe::new(StripeConfig::from_env()?)?,
    };
    run_task(|task| function.handle(task))
        .await
        .map_err(anyhow::Error::from_boxed)
}
