//! The Lambda function `RecordApproval`.

use record_approval::RecordApproval;
use shared::aws::{DynamoTable, SfnWorkflow, config, run_http};
use shared::config::{link_key, table_name};
use shared::desk::Desk;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let aws = config().await;
    let function = RecordApproval {
        desk: Desk::new(DynamoTable::new(&aws, table_name()?)),
        workflow: SfnWorkflow::new(&aws),
        link_key: link_key()?,
    };
    run_http(async |request| function.handle(&request).await)
        .await
        .map_err(anyhow::Error::from_boxed)
}
