//! The Lambda function `StripeWebhook`.

use adapters::config::table_name;
use adapters::stripe::HttpStripe;
use adapters::{DynamoTable, Secrets, SesMailer, SfnWorkflow, config, run_http};
use domain::request_store::RequestStore;
use stripe_webhook::StripeWebhook;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_http(make, |function, request| async move {
        function.handle(&request).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<StripeWebhook<DynamoTable, HttpStripe, SfnWorkflow, SesMailer>> {
    let aws = config().await;
    let secrets = Secrets::new(&aws);
    let (settings, link_keys) = tokio::try_join!(secrets.settings(), secrets.link_keys())?;
    let (stripe, signing) = tokio::join!(
        secrets.stripe(&settings),
        secrets.webhook_secrets(&settings)
    );
    Ok(StripeWebhook {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        stripe: HttpStripe::new(stripe)?,
        workflow: SfnWorkflow::new(&aws),
        mailer: SesMailer::new(&aws, settings.clone()),
        settings,
        link_keys,
        secrets: signing,
    })
}
