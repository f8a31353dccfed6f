//! The Lambda function `AskApprovers`.

use adapters::config::{Teams, link_key, sender, table_name};
use adapters::{DynamoTable, SesMailer, SfnWorkflow, config, run_task};
use ask_approvers::AskApprovers;
use domain::request_store::RequestStore;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let function = AskApprovers {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        mailer: SesMailer::new(&aws, sender()?),
        workflow: SfnWorkflow::new(&aws),
        teams: Teams::from_env()?,
        link_key: link_key()?,
    };
    run_task(|waiting| function.handle(waiting))
        .await
        .map_err(anyhow::Error::from_boxed)
}
