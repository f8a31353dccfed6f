//! The Lambda function `DigestAuditLog`.

use adapters::config::table_name;
use adapters::{DynamoTable, S3Archive, Secrets, config, run_event};
use digest_audit_log::DigestAuditLog;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_event(make, |function, event| async move {
        function.handle(event).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<DigestAuditLog<DynamoTable, S3Archive>> {
    let aws = config().await;
    Ok(DigestAuditLog {
        table: DynamoTable::new(&aws, table_name()?),
        archive: S3Archive::new(&aws),
        settings: Secrets::new(&aws).settings().await?,
    })
}
