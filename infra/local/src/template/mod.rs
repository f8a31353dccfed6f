//! Reads `infra/template.yaml`, so that nothing is configured twice: what SAM deploys is what runs
//! here.
//!
//! Of SAM and `CloudFormation` this knows what the template uses: HTTP API, SNS and scheduled events, functions,
//! state machines, tables, secrets, a pipe to an event bus and what SES publishes, and the expressions `!Ref`, `!Sub` and `!GetAtt`.
//! Anything else is refused with its place in the file rather than silently ignored. Policies are the exception:
//! nothing on this machine enforces them.

mod node;
mod read;
mod scope;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, anyhow};
use jiff::SignedDuration;
use node::Node;
pub(crate) use scope::function_arn;
pub use scope::{ACCOUNT, REGION};
use serde_json::Value;
use statemachines::yaml;

/// What the template says, with this machine's values in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The Lambda functions, by logical id.
    pub functions: Vec<Function>,
    /// The routes of the HTTP API.
    pub routes: Vec<Route>,
    /// The state machines, by logical id.
    pub machines: Vec<Machine>,
    /// The `DynamoDB` tables, by logical id.
    pub tables: Vec<Table>,
    /// Which functions are told what is published to a topic.
    pub subscriptions: Vec<Subscription>,
    /// Which functions are invoked on a schedule.
    pub schedules: Vec<Schedule>,
    /// What SES publishes of the mails that it took.
    pub mail_events: Vec<MailEvents>,
    /// What is written into secrets, by their names.
    pub secrets: BTreeMap<String, String>,
    /// What of a table is published as events.
    pub pipe: Option<Pipe>,
}

/// A Lambda function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its logical id, which is also its name here.
    pub id: String,
    /// The binary that SAM builds for it.
    pub binary: String,
    /// How long an invocation may take.
    pub timeout: Duration,
    /// How much memory Lambda would give it.
    pub memory_mb: u64,
    /// Its environment.
    pub environment: BTreeMap<String, String>,
    /// How it logs, `JSON` or `Text`; `None` is Lambda's default.
    pub log_format: Option<String>,
    /// How much it logs, such as `INFO`.
    pub log_level: Option<String>,
}

/// A route of the HTTP API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// What API Gateway calls it: `GET /approvals/{linkId}`, or `$default` for the one that takes what no other does.
    pub key: String,
    /// The logical id of the function behind it.
    pub function: String,
}

/// A function that is told what is published to a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// The topic's ARN.
    pub topic: String,
    /// The function's logical id.
    pub function: String,
}

/// A function that is invoked on a schedule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// How long it is from one time to the next.
    pub rate: SignedDuration,
    /// The function's logical id.
    pub function: String,
}

/// Where SES publishes what became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailEvents {
    /// The configuration set that the mail went through.
    pub set: String,
    /// The kinds of events, such as `bounce`.
    pub types: Vec<String>,
    /// The topic's ARN.
    pub topic: String,
}

/// A pipe from a table's stream to an event bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipe {
    /// The ARN of the stream.
    pub stream: String,
    /// Event patterns, of which one has to match a record of the stream.
    pub patterns: Vec<Value>,
    /// The `{% %}` expression that makes the events' details of the stream's records.
    pub details: String,
    /// The `source` of the events.
    pub source: String,
    /// Their `detail-type`.
    pub detail_type: String,
}

/// A state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its ARN.
    pub arn: String,
    /// The file with its definition.
    pub definition: PathBuf,
    /// What to put in for each `${Name}` of the definition.
    pub substitutions: BTreeMap<String, String>,
}

/// A `DynamoDB` table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its `KeySchema`, `AttributeDefinitions` and `GlobalSecondaryIndexes`, which `CreateTable` takes as they are.
    pub schema: Value,
    /// The attribute that says when an item expires.
    pub ttl_attribute: Option<String>,
}

/// This machine's values for what AWS would know.
#[derive(Debug, Clone, Default)]
pub struct LocalValues {
    /// The template's parameters that are not left at their defaults.
    pub parameters: BTreeMap<String, String>,
    /// Environment variables for every function: the secrets of which the template knows only the names.
    pub environment: BTreeMap<String, String>,
    /// The values of the secrets that AWS would generate, by logical id.
    pub secrets: BTreeMap<String, String>,
}

/// What a template says that is not implemented here, or not right, behind its line and column.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Problem(String);

impl Template {
    /// Reads the template at `path`.
    pub fn read(path: &Path, local: &LocalValues) -> anyhow::Result<Template> {
        let text = read_file(path)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        Template::parse(&text, folder, local)
            .map_err(|problem| anyhow!("{}:{problem}", path.display()))
    }

    /// Reads the text of a template whose relative paths start at `folder`.
    pub fn parse(text: &str, folder: &Path, local: &LocalValues) -> Result<Template, Problem> {
        let tree = yaml::read(text).map_err(|error| {
            let place = error.location();
            let (line, column) = place.map_or((0, 0), |it| (it.line(), it.column()));
            let text = error.without_snippet();
            Problem(format!("{line}:{column}: not YAML: {text}"))
        })?;
        read::template(Node::new(text, &tree), folder, local)
    }
}

impl Table {
    /// The attributes of an item's key: the partition key, and the sort key where there is one.
    pub fn key(&self) -> impl Iterator<Item = &str> {
        let schema = self.schema["KeySchema"].as_array().into_iter().flatten();
        schema.filter_map(|element| element["AttributeName"].as_str())
    }
}

impl Machine {
    /// The definition with each `${Name}` replaced: like AWS in the text of the file, wherever it stands.
    pub fn load(&self) -> anyhow::Result<String> {
        let mut text = read_file(&self.definition)?;
        for (name, value) in &self.substitutions {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        Ok(text)
    }
}

fn read_file(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path);
    text.with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod permissions_tests;
#[cfg(test)]
mod tests;
