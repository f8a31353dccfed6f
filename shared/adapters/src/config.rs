//! Configuration: the only place that reads the environment.
//!
//! What a deployment may change is not in it: Lambda keeps the environment with a version, and a changed parameter makes
//! no version. It is in the document that `SETTINGS_SECRET_ARN` names ([`Settings`](crate::Settings)). Secrets are not in
//! it either: whoever may look at a function's configuration reads its environment.

/// A setting is missing or does not fit.
#[derive(Debug, thiserror::Error)]
#[error("the setting {name} {problem}")]
pub struct ConfigError {
    name: String,
    problem: String,
}

impl ConfigError {
    pub(crate) fn new(name: &str, problem: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            problem: problem.into(),
        }
    }
}

/// A variable of the environment that is set and not empty.
pub(crate) fn variable(name: &str) -> Result<String, ConfigError> {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is where the environment is read"
    )]
    match std::env::var(name) {
        Ok(value) if !value.is_empty() => Ok(value),
        Ok(_) | Err(_) => Err(ConfigError::new(name, "is not set")),
    }
}

/// Where the text of a setting is.
pub(crate) enum Place {
    /// `NAME` in the environment, on a machine without Secrets Manager.
    Given(String),
    /// The secret that `NAME_SECRET_ARN` names.
    Secret(String),
}

/// Where the text of a setting is.
pub(crate) fn place(name: &str) -> Result<Place, ConfigError> {
    match variable(name) {
        Ok(text) => Ok(Place::Given(text)),
        Err(_) => variable(&format!("{name}_SECRET_ARN")).map(Place::Secret),
    }
}

/// `TABLE_NAME`: the DynamoDB table.
pub fn table_name() -> Result<String, ConfigError> {
    variable("TABLE_NAME")
}

/// `SETTINGS_SECRET_ARN`: the secret with the settings of a deployment.
pub fn settings_secret() -> Result<String, ConfigError> {
    variable("SETTINGS_SECRET_ARN")
}

/// `MAIL_CONFIGURATION_SET`: what of SES all mails are sent through, so that it publishes what becomes of them. None on a
/// machine without SES.
pub(crate) fn mail_configuration_set() -> Option<String> {
    variable("MAIL_CONFIGURATION_SET").ok()
}

/// How functions log: what Lambda's logging controls say, and `METRICS_NAMESPACE`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// `AWS_LAMBDA_LOG_LEVEL` or `RUST_LOG`: how much.
    pub level: String,
    /// `AWS_LAMBDA_LOG_FORMAT`: whether the lines are read by `CloudWatch` rather than by a person.
    pub json: bool,
    /// Under which name `CloudWatch` keeps the numbers.
    pub namespace: String,
}

impl Logging {
    /// Reads it. Nothing of it has to be there.
    pub fn from_env() -> Self {
        let level = variable("AWS_LAMBDA_LOG_LEVEL").or_else(|_| variable("RUST_LOG"));
        let format = variable("AWS_LAMBDA_LOG_FORMAT");
        Self {
            level: level.unwrap_or_else(|_| "info".to_owned()).to_lowercase(),
            json: format.is_ok_and(|format| format.eq_ignore_ascii_case("json")),
            namespace: variable("METRICS_NAMESPACE").unwrap_or_else(|_| "refund-desk".to_owned()),
        }
    }
}
