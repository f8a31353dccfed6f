//! The Lambda function `SubmitRequest`.

use adapters::config::{Teams, link_key, public_url, sender, state_machines, table_name};
use adapters::{DynamoTable, SesMailer, SfnWorkflow, config, run_http};
use domain::request_store::RequestStore;
use submit_request::SubmitRequest;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let function = &SubmitRequest::new(
        RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        SesMailer::new(&aws, sender()?),
        SfnWorkflow::new(&aws),
        Teams::from_env()?,
        state_machines()?,
        link_key()?,
        public_url(),
    );
    run_http(|request| async move { function.handle(&request).await })
        .await
        .map_err(anyhow::Error::from_boxed)
}
