//! The ports on AWS, and how a function runs on Lambda.
//!
//! Built by each function's `main`; endpoints, credentials and region come from the environment that
//! Lambda and the SDKs define, so the same binary runs against AWS and against the local stack.

mod dynamodb;
mod logging;
mod run;
#[cfg(feature = "secrets")]
mod secrets;
mod ses;
mod sfn;

pub use dynamodb::DynamoTable;
#[cfg(feature = "http")]
pub use run::run_http;
pub use run::{about, run_event, run_task};
#[cfg(feature = "secrets")]
pub use secrets::StripeKeys;
pub use ses::SesMailer;
pub use sfn::SfnWorkflow;

/// The SDK's configuration for this environment.
pub async fn config() -> aws_config::SdkConfig {
    // Boxed: the future nests too deeply for the compiler to lay out inside a `main`.
    Box::pin(aws_config::load_defaults(
        aws_config::BehaviorVersion::latest(),
    ))
    .await
}
