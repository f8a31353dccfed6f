//! The Lambda function `StripeWebhook`.

use adapters::config::{StripeConfig, Teams, link_key, sender, table_name, webhook_secrets};
use adapters::stripe::HttpStripe;
use adapters::{DynamoTable, SesMailer, SfnWorkflow, StripeKeys, config, run_http};
use domain::request_store::RequestStore;
use stripe_webhook::StripeWebhook;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let StripeConfig { base, key } = StripeConfig::from_env()?;
    let function = StripeWebhook {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        stripe: HttpStripe::new(&base, StripeKeys::new(&aws, key))?,
        workflow: SfnWorkflow::new(&aws),
        mailer: SesMailer::new(&aws, sender()?),
        teams: Teams::from_env()?,
        link_key: link_key()?,
        secrets: webhook_secrets()?,
    };
    run_http(async |request| function.handle(&request).await)
        .await
        .map_err(anyhow::Error::from_boxed)
}
