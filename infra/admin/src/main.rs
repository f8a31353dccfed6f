//! `cargo run -p admin`: what an operator changes of a running deployment, without deploying anything.
//!
//! It works on the deployment's table with the caller's own AWS credentials. Each change is recorded in the
//! operators' audit log, in the same transaction: see [`domain::payment_control`].

mod commands;
mod options;

use std::io::Write;

use adapters::DynamoTable;
use adapters::config::table_name;
use anyhow::Context;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use clap::Parser;
use jiff::Timestamp;

use options::Options;

/// What the table of the local stack is called.
const LOCAL_TABLE: &str = "refund-desk-Table";

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Options {
        table,
        local,
        command,
    } = Options::parse();
    let (aws, name) = match local {
        Some(base) => (
            Box::pin(local_stack(&base)).await,
            table.unwrap_or_else(|| LOCAL_TABLE.to_owned()),
        ),
        None => (adapters::config().await, table.map_or_else(table_name, Ok)?),
    };
    let table = DynamoTable::new(&aws, name);
    #[expect(
        clippy::disallowed_methods,
        reason = "no event brings the time when a person acts"
    )]
    let now = Timestamp::now();
    let said = commands::run(&table, command, now).await?;
    writeln!(std::io::stdout(), "{said}").context("cannot write to the terminal")
}

/// The SDK's configuration for a local stack, which takes any credentials.
async fn local_stack(base: &str) -> SdkConfig {
    let endpoint = format!("{}/_local/aws/dynamodb", base.trim_end_matches('/'));
    aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .endpoint_url(endpoint)
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .load()
        .await
}
