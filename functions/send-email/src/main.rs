//! The Lambda function `SendEmail`.

use adapters::config::{Teams, link_key, sender, table_name};
use adapters::{DynamoTable, SesMailer, config, run_task};
use domain::request_store::RequestStore;
use send_email::SendEmail;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let function = SendEmail {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        mailer: SesMailer::new(&aws, sender()?),
        teams: Teams::from_env()?,
        link_key: link_key()?,
    };
    run_task(|task| function.handle(task))
        .await
        .map_err(anyhow::Error::from_boxed)
}
