//! The domain's ports on AWS and Stripe, and how a function runs on Lambda.
//!
//! Built by each function's `main`; endpoints, credentials and region come from the environment that
//! Lambda and the SDKs define, so the same binary runs against AWS and against the local stack. Only
//! [`config`] reads other environment variables.

mod aws;
mod cached;
pub mod config;
mod dynamodb;
mod lambda;
pub mod logging;
#[cfg(feature = "s3")]
mod s3_archive;
mod secrets;
mod ses;
mod settings;
mod sfn;
pub mod stripe;

pub use aws::config;
pub use cached::Cached;
pub use dynamodb::DynamoTable;
pub use lambda::{ScheduledEvent, log_context, run_event, run_http, run_task};
#[cfg(feature = "s3")]
pub use s3_archive::S3Archive;
pub use secrets::{Secrets, StateMachines};
pub use ses::SesMailer;
pub use settings::{ReportsTeam, RetentionDays, RetentionYears, Settings};
pub use sfn::{SfnExecutions, SfnWorkflow};
