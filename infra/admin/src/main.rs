//! `cargo run -p admin`: what an operator changes of a running deployment, without deploying anything.
//!
//! It works on the deployment's table and executions with the caller's own AWS credentials. Each change is recorded in the
//! operators' audit log, in the same transaction: see [`domain::payment_control`].

mod commands;
mod options;
mod person;
mod requests;

use std::io::Write;

use adapters::config::table_name;
use adapters::{DynamoTable, SfnExecutions};
use anyhow::Context;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use clap::Parser;
use domain::request_store::RequestStore;
use jiff::Timestamp;

use options::{Command, Options};

/// What the stack and the table of the local stack are called.
const LOCAL: [&str; 2] = ["refund-desk", "refund-desk-Table"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let [usual_stack, usual_table] =
        LOCAL.map(|name| options.local.as_ref().map(|_| name.to_owned()));
    let stack = options.stack.clone().or(usual_stack);
    if stack.is_none() && matches!(options.command, Command::Requests(_)) {
        anyhow::bail!("say whose requests: give the name of the stack with --stack");
    }
    let table = options
        .table
        .clone()
        .or(usual_table)
        .map_or_else(table_name, Ok)?;
    let aws = match &options.local {
        Some(_) => local_stack().await,
        None => adapters::config().await,
    };
    let service = |name: &str| match &options.local {
        Some(base) => {
            let endpoint = format!("{}/_local/aws/{name}", base.trim_end_matches('/'));
            aws.to_builder().endpoint_url(endpoint).build()
        }
        None => aws.clone(),
    };
    let store = RequestStore::new(DynamoTable::new(&service("dynamodb"), table));
    let executions = SfnExecutions::new(&service("states"), &stack.unwrap_or_default());
    #[expect(
        clippy::disallowed_methods,
        reason = "no event brings the time when a person acts"
    )]
    let now = Timestamp::now();
    let said = commands::run(&store, &executions, options.command, now).await?;
    writeln!(std::io::stdout(), "{said}").context("cannot write to the terminal")
}

/// The SDK's configuration for a local stack, which takes any credentials.
async fn local_stack() -> SdkConfig {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"));
    Box::pin(config.load()).await
}
