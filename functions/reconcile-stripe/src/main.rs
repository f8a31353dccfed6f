//! The Lambda function `ReconcileStripe`.

use adapters::config::table_name;
use adapters::stripe::HttpStripe;
use adapters::{DynamoTable, Secrets, SesMailer, config, run_event};
use domain::request_store::RequestStore;
use reconcile_stripe::ReconcileStripe;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_event(make, |function, event| async move {
        function.handle(event).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<ReconcileStripe<DynamoTable, HttpStripe, SesMailer>> {
    let aws = config().await;
    let secrets = Secrets::new(&aws);
    let (settings, link_keys) = tokio::try_join!(secrets.settings(), secrets.link_keys())?;
    Ok(ReconcileStripe {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        stripe: HttpStripe::new(secrets.stripe(&settings).await)?,
        mailer: SesMailer::new(&aws, settings.clone()),
        settings,
        link_keys,
    })
}
