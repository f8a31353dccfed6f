//! The Lambda function `RecordApproval`.

use adapters::config::{StripeConfig, Teams, link_key, sender, table_name};
use adapters::stripe::HttpStripe;
use adapters::{DynamoTable, SesMailer, SfnWorkflow, StripeKeys, config, run_http};
use domain::request_store::RequestStore;
use record_approval::RecordApproval;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let StripeConfig { base, key } = StripeConfig::from_env()?;
    let function = RecordApproval {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        stripe: HttpStripe::new(&base, StripeKeys::new(&aws, key))?,
        mailer: SesMailer::new(&aws, sender()?),
        workflow: SfnWorkflow::new(&aws),
        teams: Teams::from_env()?,
        link_key: link_key()?,
    };
    run_http(async |request| function.handle(&request).await)
        .await
        .map_err(anyhow::Error::from_boxed)
}
