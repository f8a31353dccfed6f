//! `cargo run -p admin`: what an operator changes of a running deployment, without deploying anything.
//!
//! It works on the deployment's table and executions with the caller's own AWS credentials. Each change is recorded in the
//! operators' audit log, in the same transaction: see [`domain::operator_log`].

mod audit;
mod commands;
mod options;
mod person;
mod reconciliation;
mod report;
mod requests;
mod teams;

use std::io::Write;

use adapters::config::{settings_secret, table_name};
use adapters::stripe::HttpStripe;
use adapters::{DynamoTable, S3Archive, Secrets, Settings, SfnExecutions, SfnWorkflow};
use anyhow::Context;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_dynamodb::config::Credentials;
use clap::Parser;
use domain::request_store::RequestStore;
use jiff::Timestamp;

use commands::Deployment;
use options::{Command, Options, Requests, TeamsCommand};

/// What the stack, the table and the settings of the local stack are called.
const LOCAL: [&str; 3] = ["refund-desk", "refund-desk-Table", "refund-desk-Settings"];

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let options = Options::parse();
    let [usual_stack, usual_table, usual_settings] =
        LOCAL.map(|name| options.local.as_ref().map(|_| name.to_owned()));
    let stack = options.stack.clone().or(usual_stack);
    let (needs_stack, needs_settings) = match &options.command {
        Command::Requests(Requests::Stopped | Requests::Redrive { .. }) => (true, false),
        Command::Teams(TeamsCommand::List) | Command::Reconcile(_) => (false, true),
        Command::Teams(_) => (true, true),
        Command::Requests(Requests::Find { .. })
        | Command::Payments(_)
        | Command::Limits(_)
        | Command::Person(_)
        | Command::Log
        | Command::Audit(_)
        | Command::Report(_) => (false, false),
    };
    if needs_stack && stack.is_none() {
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
    let secrets = Secrets::new(&service("secretsmanager"));
    let settings = if needs_settings {
        let settings = options.settings.clone().or(usual_settings);
        let settings = settings.map_or_else(settings_secret, Ok)?;
        secrets.settings_in(&settings).await?
    } else {
        Settings::default()
    };
    let stripe = if matches!(options.command, Command::Reconcile(_)) {
        let access = secrets.stripe(&settings.clone().into()).await;
        Some(HttpStripe::new(access)?)
    } else {
        None
    };
    let deployment = Deployment {
        store: RequestStore::new(DynamoTable::new(&service("dynamodb"), table)),
        executions: SfnExecutions::new(&service("states"), &stack.unwrap_or_default()),
        workflow: SfnWorkflow::new(&service("states")),
        teams: settings.teams,
        stripe,
    };
    let archive = S3Archive::new(&service("s3"));
    #[expect(
        clippy::disallowed_methods,
        reason = "no event brings the time when a person acts"
    )]
    let now = Timestamp::now();
    let said = commands::run(&deployment, &archive, options.command, now).await?;
    // A report on standard output is all that stands there.
    if said.is_empty() {
        return Ok(());
    }
    writeln!(std::io::stdout(), "{said}").context("cannot write to the terminal")
}

/// The SDK's configuration for a local stack, which takes any credentials.
async fn local_stack() -> SdkConfig {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"));
    Box::pin(config.load()).await
}
