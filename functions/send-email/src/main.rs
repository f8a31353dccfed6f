//! The Lambda function `SendEmail`.

use adapters::config::table_name;
use adapters::{DynamoTable, Secrets, SesMailer, config, run_task};
use domain::request_store::RequestStore;
use send_email::SendEmail;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_task(
        make,
        |function, task| async move { function.handle(task).await },
    )
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<SendEmail<DynamoTable, SesMailer>> {
    let aws = config().await;
    let secrets = Secrets::new(&aws);
    let (settings, link_keys) = tokio::try_join!(secrets.settings(), secrets.link_keys())?;
    Ok(SendEmail {
        store: RequestStore::new(DynamoTable::new(&aws, table_name()?)),
        mailer: SesMailer::new(&aws, settings.clone()),
        settings,
        link_keys,
    })
}
