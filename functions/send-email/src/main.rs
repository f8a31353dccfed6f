//! The Lambda function `SendEmail`.

use send_email::SendEmail;
use shared::aws::{DynamoTable, SesMailer, config, run_task};
use shared::config::{Teams, link_key, mail_from, table_name};
use shared::desk::Desk;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let function = SendEmail {
        desk: Desk::new(DynamoTable::new(&aws, table_name()?)),
        mailer: SesMailer::new(&aws, mail_from()?),
        teams: Teams::from_env()?,
        link_key: link_key()?,
    };
    run_task(|task| function.handle(task))
        .await
        .map_err(anyhow::Error::from_boxed)
}
