//! The Lambda function `AskApprovers`.

use adapters::config::table_name;
use adapters::{DynamoTable, Secrets, SesMailer, SfnWorkflow, config, run_task};
use ask_approvers::AskApprovers;
use domain::request_store::RequestStore;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_task(make, |function, waiting| async move {
        function.handle(waiting).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<AskApprovers<DynamoTable, SesMailer, SfnWorkflow>> {
    let aws = config().await;
    let secrets = Secrets::new(&aws);
    let (settings, link_keys) = tokio::try_join!(secrets.settings(), secrets.link_keys())?;
    Ok(AskApprovers {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        mailer: SesMailer::new(&aws, settings.clone()),
        workflow: SfnWorkflow::new(&aws),
        settings,
        link_keys,
    })
}
