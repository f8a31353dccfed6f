//! How AWS is called: how long it is waited for, and how long a connection is kept.
//!
//! The SDK limits only how long connecting takes. A call that hangs would last until Lambda ends the function, and
//! then nobody is told what hung.

use std::fmt::Debug;
use std::time::Duration;

use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, SdkConfig};
use aws_sdk_dynamodb::error::{DisplayErrorContext, ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::tls::{Provider, rustls_provider::CryptoMode};

/// How long a new connection may take. The handshake is most of it where a function has little memory, and so little
/// of a processor.
const CONNECT: Duration = Duration::from_secs(2);
/// How long one attempt at a call may take. Usual are some ten milliseconds.
const ATTEMPT: Duration = Duration::from_secs(3);
/// How long a call may take with its second attempt. Two calls that hang fit into the 15 seconds of a function.
const CALL: Duration = Duration::from_secs(7);

/// How long a connection is kept that nobody uses. Lambda freezes a process between its invocations, so it does not
/// notice that the other side has closed: the first call afterwards would be lost, or hang. Services and the networks
/// between close after a minute or more.
pub(crate) const IDLE: Duration = Duration::from_secs(20);

/// The SDK's configuration for this environment.
pub async fn config() -> SdkConfig {
    // Boxed: the future nests too deeply for the compiler to lay out inside a `main`.
    Box::pin(within_limits(IDLE).load()).await
}

/// What a failed call says in a log. The message of a service error may quote what was sent.
pub(crate) fn described<E: std::error::Error + ProvideErrorMetadata + 'static, R: Debug>(
    error: &SdkError<E, R>,
) -> String {
    match error.code() {
        Some(code) => code.to_owned(),
        None => DisplayErrorContext(error).to_string(),
    }
}

fn within_limits(idle: Duration) -> ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(ATTEMPT)
        .operation_timeout(CALL);
    let client = aws_smithy_http_client::Builder::new()
        .pool_idle_timeout(idle)
        .tls_provider(Provider::Rustls(CryptoMode::AwsLc));
    aws_config::defaults(BehaviorVersion::latest())
        .timeout_config(timeouts.build())
        .http_client(client.build_https())
}

#[cfg(test)]
mod tests;
