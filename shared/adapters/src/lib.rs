//! The domain's ports on AWS and Stripe, and how a function runs on Lambda.
//!
//! Built by each function's `main`; endpoints, credentials and region come from the environment that
//! Lambda and the SDKs define, so the same binary runs against AWS and against the local stack. Only
//! [`config`] reads other environment variables.

pub mod config;
mod dynamodb;
mod lambda;
mod logging;
mod secrets;
mod ses;
mod sfn;
pub mod stripe;

pub use dynamodb::DynamoTable;
pub use lambda::{log_context, run_event, run_http, run_task};
pub use secrets::StripeKeys;
pub use ses::{Sender, SesMailer};
pub use sfn::SfnWorkflow;

/// The SDK's configuration for this environment.
pub async fn config() -> aws_config::SdkConfig {
    // Boxed: the future nests too deeply for the compiler to lay out inside a `main`.
    Box::pin(aws_config::load_defaults(
        aws_config::BehaviorVersion::latest(),
    ))
    .await
}
