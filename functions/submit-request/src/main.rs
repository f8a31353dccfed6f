//! The Lambda function `SubmitRequest`.

use adapters::config::table_name;
use adapters::{DynamoTable, Secrets, SesMailer, SfnWorkflow, config, run_http};
use domain::request_store::RequestStore;
use submit_request::SubmitRequest;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_http(make, |function, request| async move {
        function.handle(&request).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<SubmitRequest<DynamoTable, SesMailer, SfnWorkflow>> {
    let aws = config().await;
    let secrets = Secrets::new(&aws);
    let (settings, machines, link_keys) = tokio::try_join!(
        secrets.settings(),
        secrets.state_machines(),
        secrets.link_keys()
    )?;
    Ok(SubmitRequest::new(
        RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        SesMailer::new(&aws, settings.clone()),
        SfnWorkflow::new(&aws),
        settings,
        machines,
        link_keys,
    ))
}
