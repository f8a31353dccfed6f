//! The Lambda function `ServeReports`.

use adapters::config::table_name;
use adapters::{DynamoTable, config, run_http};
use domain::report::PageLimits;
use serve_reports::ServeReports;

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    run_http(make, |function, request| async move {
        function.handle(&request).await
    })
    .await
    .map_err(anyhow::Error::from_boxed)
}

async fn make() -> anyhow::Result<ServeReports<DynamoTable>> {
    let aws = config().await;
    Ok(ServeReports {
        table: DynamoTable::new(&aws, table_name()?),
        limits: PageLimits::default(),
    })
}
