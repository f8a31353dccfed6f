//! From the tree of the file to what the local stack needs of it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use jiff::SignedDuration;

use super::{
    Function, Index, Key, LocalValues, Logging, Machine, MailEvents, Problem, Route, Schedule,
    Subscription, Table, Template,
    node::Node,
    pipe::pipe,
    scope::{Scope, in_stack},
};

/// The properties of a type of resource that are read here or mean nothing on this machine.
fn understood(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "AWS::Serverless::Function" => {
            "Architectures AutoPublishAlias AutoPublishAliasAllProperties CodeUri DeploymentPreference Description Environment \
             EventInvokeConfig Events Handler LoggingConfig MemorySize Policies ReservedConcurrentExecutions Role \
             Runtime Tags Timeout Tracing VersionDescription"
        }
        "AWS::Serverless::HttpApi" => {
            "AccessLogSettings Auth DefaultRouteSettings Description DisableExecuteApiEndpoint RouteSettings StageName Tags"
        }
        "AWS::Serverless::StateMachine" => {
            "AutoPublishAlias DefinitionSubstitutions DefinitionUri DeploymentPreference Logging Name Policies Role \
             Tags Tracing Type"
        }
        "AWS::DynamoDB::Table" => {
            "AttributeDefinitions BillingMode DeletionProtectionEnabled GlobalSecondaryIndexes KeySchema \
             PointInTimeRecoverySpecification SSESpecification StreamSpecification TableClass Tags TimeToLiveSpecification"
        }
        "AWS::Pipes::Pipe" => {
            "Description Enrichment RoleArn Source SourceParameters Target TargetParameters"
        }
        "AWS::StepFunctions::StateMachine" => "Definition RoleArn StateMachineType",
        "AWS::SecretsManager::Secret" => {
            "Description GenerateSecretString KmsKeyId Name SecretString Tags"
        }
        "AWS::SES::ConfigurationSetEventDestination" => "ConfigurationSetName EventDestination",
        _ => return None,
    })
}

/// Types of resources that mean nothing on this machine by themselves.
const WITHOUT_MEANING: &str = "AWS::ApiGatewayV2::ApiMapping AWS::ApiGatewayV2::DomainName \
    AWS::Budgets::Budget AWS::CloudFront::Distribution AWS::CloudWatch::Alarm AWS::CloudWatch::Dashboard AWS::Events::EventBus AWS::Events::Rule \
    AWS::IAM::ManagedPolicy AWS::IAM::Role AWS::Lambda::Permission AWS::Logs::LogGroup \
    AWS::Route53::RecordSet AWS::SES::ConfigurationSet AWS::SES::EmailIdentity AWS::SNS::Subscription AWS::SNS::Topic \
    AWS::SNS::TopicPolicy AWS::SQS::Queue AWS::SQS::QueuePolicy AWS::WAFv2::WebACL";

/// Lambda's own defaults.
const DEFAULT_TIMEOUT_SECONDS: u64 = 3;
const DEFAULT_MEMORY_MB: u32 = 128;

/// Reads the tree of a template.
pub(super) fn template(
    root: Node<'_>,
    folder: &Path,
    local: &LocalValues,
) -> Result<Template, Problem> {
    let scope = Scope::new(root, local)?;
    for (id, resource) in scope.all() {
        check_kind(id, resource.kind, resource.node)?;
    }
    let defaults = root.at(&["Globals", "Function"]);
    let mut functions = Vec::new();
    let mut routes = Vec::new();
    let mut subscriptions = Vec::new();
    let mut schedules = Vec::new();
    for (id, node) in scope.of_kind("AWS::Serverless::Function") {
        functions.push(function(&scope, id, node, defaults, local)?);
        let events = node.at(&["Properties", "Events"]).map(Node::entries);
        for (_, event) in events.transpose()?.into_iter().flatten() {
            let kind = event.require("Type")?;
            let properties = event.require("Properties")?;
            match kind.literal()? {
                "HttpApi" => routes.push(route(&scope, id, properties)?),
                "SNS" => subscriptions.push(Subscription {
                    topic: scope.text(properties.require("Topic")?)?,
                    function: id.to_owned(),
                }),
                "Schedule" => schedules.push(Schedule {
                    rate: rate(properties.require("Schedule")?)?,
                    function: id.to_owned(),
                }),
                // What it tells of does not happen here: nobody aborts an execution, and none runs for a year.
                "EventBridgeRule" => {}
                other => {
                    return Err(kind.problem(format!(
                        "events of type {other} are not implemented by the local stack"
                    )));
                }
            }
        }
    }
    let machines = scope.of_kind("AWS::Serverless::StateMachine");
    let tables = scope.of_kind("AWS::DynamoDB::Table");
    Ok(Template {
        functions,
        routes,
        machines: machines
            .map(|(id, node)| machine(&scope, id, node, folder))
            .collect::<Result<_, _>>()?,
        tables: tables
            .map(|(id, node)| table(&scope, id, node))
            .collect::<Result<_, _>>()?,
        subscriptions,
        schedules,
        mail_events: mail_events(&scope)?,
        secrets: secrets(&scope)?,
        pipe: pipe(&scope)?,
    })
}

/// `rate(10 minutes)`, or `cron(0 4 * * ? *)`, which is once a day: at which time makes no difference here. No other
/// `cron(...)` is implemented.
fn rate(node: Node<'_>) -> Result<SignedDuration, Problem> {
    let text = node.literal()?;
    let daily = text
        .strip_prefix("cron(")
        .and_then(|rest| rest.strip_suffix(" * * ? *)"));
    if daily.is_some_and(|time| time.split(' ').all(|part| part.parse::<u8>().is_ok())) {
        return Ok(SignedDuration::from_hours(24));
    }
    let inner = text
        .strip_prefix("rate(")
        .and_then(|rest| rest.strip_suffix(')'));
    let parts = inner.and_then(|inner| inner.split_once(' '));
    let seconds = parts.and_then(|(count, unit)| {
        let unit = match unit.trim_end_matches('s') {
            "minute" => 60,
            "hour" => 3_600,
            "day" => 86_400,
            _ => return None,
        };
        count.parse::<i64>().ok()?.checked_mul(unit)
    });
    let rate = seconds
        .filter(|seconds| *seconds > 0)
        .map(SignedDuration::from_secs);
    rate.ok_or_else(|| node.problem(format!("`{text}` is no rate such as `rate(10 minutes)`")))
}

fn check_kind(id: &str, kind: &str, node: Node<'_>) -> Result<(), Problem> {
    if WITHOUT_MEANING.split(' ').any(|known| known == kind) {
        return Ok(());
    }
    let understood = understood(kind).ok_or_else(|| {
        let what = format!("resource `{id}` is of type {kind}, which is not implemented");
        node.problem(format!("{what} by the local stack"))
    })?;
    let properties = node.at(&["Properties"]);
    properties.map_or(Ok(()), |properties| properties.only(kind, understood))
}

fn function(
    scope: &Scope<'_>,
    id: &str,
    node: Node<'_>,
    defaults: Option<Node<'_>>,
    local: &LocalValues,
) -> Result<Function, Problem> {
    let binary = node.at(&["Metadata", "BuildProperties", "Binary"]);
    let binary = binary.ok_or_else(|| {
        let problem = format!("function `{id}` has no Metadata with BuildProperties and a Binary");
        node.problem(problem)
    })?;
    // What the function says itself comes last and counts.
    let sources: Vec<Node<'_>> = defaults
        .into_iter()
        .chain(node.at(&["Properties"]))
        .collect();
    let setting = |path: &[&str]| sources.iter().rev().find_map(|source| source.at(path));
    let said = |path: &[&str]| setting(path).map(|node| scope.text(node)).transpose();
    let timeout = setting(&["Timeout"]).map(|node| scope.number(node));
    let memory = setting(&["MemorySize"]).map(|node| scope.number(node));
    let mut environment = BTreeMap::new();
    let variables = sources.iter();
    for variables in variables.filter_map(|source| source.at(&["Environment", "Variables"])) {
        for (name, node) in variables.entries()? {
            // A secret that a function reads by itself on AWS is given to it here.
            let (name, value) = match name.strip_suffix("_SECRET_ARN") {
                Some(name) => (name, scope.secret(node)?),
                None => (name, scope.text(node)?),
            };
            environment.insert(name.to_owned(), value);
        }
    }
    environment.extend(local.environment.clone());
    Ok(Function {
        id: id.to_owned(),
        binary: scope.text(binary)?,
        timeout: Duration::from_secs(timeout.unwrap_or(Ok(DEFAULT_TIMEOUT_SECONDS))?),
        memory_mb: memory.unwrap_or(Ok(DEFAULT_MEMORY_MB))?,
        environment,
        logging: Logging {
            format: said(&["LoggingConfig", "LogFormat"])?,
            level: said(&["LoggingConfig", "ApplicationLogLevel"])?,
        },
    })
}

fn route(scope: &Scope<'_>, function: &str, properties: Node<'_>) -> Result<Route, Problem> {
    properties.only("an HttpApi event", "ApiId Auth Method Path")?;
    let (method, path) = match (properties.at(&["Method"]), properties.at(&["Path"])) {
        // SAM makes it the default route.
        (None, None) => ("ANY".to_owned(), Route::DEFAULT.to_owned()),
        _ => (
            scope.text(properties.require("Method")?)?,
            scope.text(properties.require("Path")?)?,
        ),
    };
    Ok(Route {
        method: method.to_ascii_uppercase(),
        path,
        function: function.to_owned(),
    })
}

fn machine(scope: &Scope<'_>, id: &str, node: Node<'_>, folder: &Path) -> Result<Machine, Problem> {
    let properties = node.require("Properties")?;
    let substitutions = properties.at(&["DefinitionSubstitutions"]);
    let substitutions = substitutions.map(Node::entries).transpose()?;
    let substitutions = substitutions.into_iter().flatten();
    Ok(Machine {
        arn: scope.machine_arn(id)?,
        definition: folder.join(scope.text(properties.require("DefinitionUri")?)?),
        substitutions: substitutions
            .map(|(name, value)| Ok((name.to_owned(), scope.text(value)?)))
            .collect::<Result<_, Problem>>()?,
    })
}

fn table(scope: &Scope<'_>, id: &str, node: Node<'_>) -> Result<Table, Problem> {
    let properties = node.require("Properties")?;
    let mut kinds = BTreeMap::new();
    for definition in properties.require("AttributeDefinitions")?.items() {
        kinds.insert(
            scope.text(definition.require("AttributeName")?)?,
            scope.text(definition.require("AttributeType")?)?,
        );
    }
    let (partition_key, sort_key) = keys(scope, &kinds, properties)?;
    let expiry = properties.at(&["TimeToLiveSpecification", "AttributeName"]);
    let indexes = properties.at(&["GlobalSecondaryIndexes"]);
    let indexes = indexes.iter().flat_map(|indexes| indexes.items());
    let index = |node: Node<'_>| {
        let (partition_key, sort_key) = keys(scope, &kinds, node)?;
        Ok(Index {
            name: scope.text(node.require("IndexName")?)?,
            partition_key,
            sort_key,
        })
    };
    Ok(Table {
        name: in_stack(id),
        partition_key,
        sort_key,
        ttl_attribute: expiry.map(|name| scope.text(name)).transpose()?,
        indexes: indexes.map(index).collect::<Result<_, Problem>>()?,
    })
}

/// The partition key and the sort key of a table or an index.
fn keys(
    scope: &Scope<'_>,
    kinds: &BTreeMap<String, String>,
    node: Node<'_>,
) -> Result<(Key, Option<Key>), Problem> {
    let schema = node.require("KeySchema")?;
    let mut keys = BTreeMap::new();
    for element in schema.items() {
        let name = scope.text(element.require("AttributeName")?)?;
        let kind = kinds.get(&name).cloned().unwrap_or_default();
        let role = scope.text(element.require("KeyType")?)?;
        keys.insert(role, Key { name, kind });
    }
    let partition_key = keys.remove("HASH");
    let partition_key = partition_key.ok_or_else(|| schema.problem("it has no HASH key"))?;
    Ok((partition_key, keys.remove("RANGE")))
}

/// What the template writes into secrets.
fn secrets(scope: &Scope<'_>) -> Result<BTreeMap<String, String>, Problem> {
    let all = scope.of_kind("AWS::SecretsManager::Secret");
    let texts = all.filter_map(|(id, node)| Some((id, node.at(&["Properties", "SecretString"])?)));
    let read = |(id, node)| Ok((in_stack(id), scope.text(node)?));
    texts.map(read).collect()
}

/// What SES publishes.
fn mail_events(scope: &Scope<'_>) -> Result<Vec<MailEvents>, Problem> {
    let destinations = scope.of_kind("AWS::SES::ConfigurationSetEventDestination");
    let read = |(_, node): (&str, Node<'_>)| {
        let properties = node.require("Properties")?;
        let destination = properties.require("EventDestination")?;
        let types = destination.require("MatchingEventTypes")?.items();
        let topic = destination.require("SnsDestination")?.require("TopicARN")?;
        Ok(MailEvents {
            set: scope.text(properties.require("ConfigurationSetName")?)?,
            types: types
                .map(|node| scope.text(node))
                .collect::<Result<_, _>>()?,
            topic: scope.text(topic)?,
        })
    };
    destinations.map(read).collect()
}
