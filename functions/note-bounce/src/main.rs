//! The Lambda function `NoteBounce`.

use note_bounce::NoteBounce;
use shared::aws::{DynamoTable, SfnWorkflow, config, run_event};
use shared::config::{link_key, table_name};
use shared::desk::Desk;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let function = NoteBounce {
        desk: Desk::new(DynamoTable::new(&aws, table_name()?)),
        workflow: SfnWorkflow::new(&aws),
        link_key: link_key()?,
    };
    run_event(|event| function.handle(event))
        .await
        .map_err(anyhow::Error::from_boxed)
}
