//! The Lambda function `RecordApproval`.

use adapters::config::table_name;
use adapters::stripe::HttpStripe;
use adapters::{DynamoTable, Secrets, SesMailer, SfnWorkflow, config, run_http};
use domain::request_store::RequestStore;
use record_approval::RecordApproval;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_http(make, |function, request| async move {
        function.handle(&request).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<RecordApproval<DynamoTable, HttpStripe, SesMailer, SfnWorkflow>> {
    let aws = config().await;
    let secrets = Secrets::new(&aws);
    let (settings, link_keys) = tokio::try_join!(secrets.settings(), secrets.link_keys())?;
    Ok(RecordApproval {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        stripe: HttpStripe::new(secrets.stripe(&settings).await)?,
        mailer: SesMailer::new(&aws, settings.clone()),
        workflow: SfnWorkflow::new(&aws),
        settings,
        link_keys,
    })
}
