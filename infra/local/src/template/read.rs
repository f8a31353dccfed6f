//! From the tree of the file to what the local stack needs of it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use jiff::{SignedDuration, Span, SpanRelativeTo};
use serde_json::{Map, Value};

use super::{
    Function, LocalValues, Machine, MailEvents, Pipe, Problem, Route, Schedule, Subscription,
    Table, Template,
    node::Node,
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

/// Reads the tree of a template.
pub(super) fn template(
    root: Node<'_>,
    folder: &Path,
    local: &LocalValues,
) -> Result<Template, Problem> {
    let scope = Scope::new(root, local)?;
    for (id, (kind, node)) in &scope.resources {
        check_kind(id, kind, *node)?;
    }
    let defaults = root.at(&["Globals", "Function"]);
    let mut functions = Vec::new();
    let mut routes = Vec::new();
    let mut subscriptions = Vec::new();
    let mut schedules = Vec::new();
    for (id, node) in scope.of_kind("AWS::Serverless::Function") {
        functions.push(function(&scope, id, node, defaults, local)?);
        for (_, event) in node.entries_at(&["Properties", "Events"])? {
            let kind = event.require("Type")?;
            let properties = event.require("Properties")?;
            match kind.literal()? {
                "HttpApi" => routes.push(route(&scope, id, properties)?),
                "SNS" => subscriptions.push(Subscription {
                    topic: scope.text_at(properties, "Topic")?,
                    function: id.to_owned(),
                }),
                "Schedule" => schedules.push(Schedule {
                    rate: rate(properties.require("Schedule")?)?,
                    function: id.to_owned(),
                }),
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
    let mail_events = scope.of_kind("AWS::SES::ConfigurationSetEventDestination");
    let secrets = scope.of_kind("AWS::SecretsManager::Secret");
    let secrets =
        secrets.filter_map(|(id, it)| Some((id, it.at(&["Properties", "SecretString"])?)));
    let secret = |(id, text)| Ok((in_stack(id), scope.text(text)?));
    Ok(Template {
        functions,
        routes,
        machines: all(machines, |(id, node)| machine(&scope, id, node, folder))?,
        tables: all(tables, |(id, node)| table(&scope, id, node))?,
        subscriptions,
        schedules,
        mail_events: all(mail_events, |(_, node)| mail_event(&scope, node))?,
        secrets: all(secrets, secret)?,
        pipe: pipe(&scope)?,
    })
}

/// What is read of each node, unless there is a problem with one.
fn all<I, T, C: FromIterator<T>>(
    nodes: impl IntoIterator<Item = I>,
    read: impl FnMut(I) -> Result<T, Problem>,
) -> Result<C, Problem> {
    nodes.into_iter().map(read).collect()
}

/// `rate(10 minutes)`, or `cron(0 4 * * ? *)`, which is once a day: at which time makes no difference here. No other
/// `cron(...)` is implemented.
fn rate(node: Node<'_>) -> Result<SignedDuration, Problem> {
    let text = node.literal()?;
    let between = |start, end| text.strip_prefix(start)?.strip_suffix(end);
    let daily: Option<&str> = between("cron(", " * * ? *)");
    if daily.is_some_and(|time| time.split(' ').all(|part| part.parse::<u8>().is_ok())) {
        return Ok(SignedDuration::from_hours(24));
    }
    let span = between("rate(", ")").and_then(|rate| rate.parse::<Span>().ok());
    let rate = span.and_then(|it| it.to_duration(SpanRelativeTo::days_are_24_hours()).ok());
    // EventBridge counts in minutes at the least.
    rate.filter(|rate| rate.is_positive() && rate.as_secs() % 60 == 0)
        .ok_or_else(|| node.problem(format!("`{text}` is no rate such as `rate(10 minutes)`")))
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
    // What the function says itself comes last and counts.
    let sources = [defaults, node.at(&["Properties"])];
    let sources = sources.iter().flatten();
    let setting = |path: &[&str]| sources.clone().rev().find_map(|source| source.at(path));
    let text = |path: &[&str]| setting(path).map(|node| scope.text(node)).transpose();
    let number = |name, usual| setting(&[name]).map_or(Ok(usual), |node| scope.number(node));
    let mut environment = BTreeMap::new();
    for source in sources.clone() {
        for (name, node) in source.entries_at(&["Environment", "Variables"])? {
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
        binary: scope.text_at(node, "Metadata.BuildProperties.Binary")?,
        // These are Lambda's own defaults.
        timeout: Duration::from_secs(number("Timeout", 3)?),
        memory_mb: number("MemorySize", 128)?,
        environment,
        log_format: text(&["LoggingConfig", "LogFormat"])?,
        log_level: text(&["LoggingConfig", "ApplicationLogLevel"])?,
    })
}

fn route(scope: &Scope<'_>, function: &str, properties: Node<'_>) -> Result<Route, Problem> {
    properties.only("an HttpApi event", "ApiId Auth Method Path")?;
    let has = |name| properties.at(&[name]).is_some();
    let key = if has("Method") || has("Path") {
        let method = scope.text_at(properties, "Method")?.to_ascii_uppercase();
        format!("{method} {}", scope.text_at(properties, "Path")?)
    } else {
        "$default".to_owned()
    };
    let function = function.to_owned();
    Ok(Route { key, function })
}

fn machine(scope: &Scope<'_>, id: &str, node: Node<'_>, folder: &Path) -> Result<Machine, Problem> {
    let properties = node.require("Properties")?;
    let substitutions = properties.entries_at(&["DefinitionSubstitutions"])?;
    let substitution = |(name, value): (&str, _)| Ok((name.to_owned(), scope.text(value)?));
    Ok(Machine {
        arn: scope.machine_arn(id)?,
        definition: folder.join(scope.text_at(properties, "DefinitionUri")?),
        substitutions: all(substitutions, substitution)?,
    })
}

fn table(scope: &Scope<'_>, id: &str, node: Node<'_>) -> Result<Table, Problem> {
    let properties = node.require("Properties")?;
    let mut schema = Map::new();
    for name in [
        "AttributeDefinitions",
        "GlobalSecondaryIndexes",
        "KeySchema",
    ] {
        if let Some(node) = properties.at(&[name]) {
            schema.insert(name.to_owned(), scope.json(node)?);
        }
    }
    let expiry = properties.at(&["TimeToLiveSpecification", "AttributeName"]);
    Ok(Table {
        name: in_stack(id),
        schema: Value::Object(schema),
        ttl_attribute: expiry.map(|name| scope.text(name)).transpose()?,
    })
}

fn mail_event(scope: &Scope<'_>, node: Node<'_>) -> Result<MailEvents, Problem> {
    let properties = node.require("Properties")?;
    let types = properties.require("EventDestination.MatchingEventTypes")?;
    Ok(MailEvents {
        set: scope.text_at(properties, "ConfigurationSetName")?,
        types: all(types.items(), |node| scope.text(node))?,
        topic: scope.text_at(properties, "EventDestination.SnsDestination.TopicARN")?,
    })
}

/// The pipe that publishes what is written to a table.
fn pipe(scope: &Scope<'_>) -> Result<Option<Pipe>, Problem> {
    let mut pipes = scope.of_kind("AWS::Pipes::Pipe");
    let Some((_, node)) = pipes.next() else {
        return Ok(None);
    };
    if pipes.next().is_some() {
        return Err(node.problem("the local stack knows one pipe"));
    }
    let properties = node.require("Properties")?;
    let filters = properties.at(&["SourceParameters", "FilterCriteria", "Filters"]);
    let filters = filters.iter().flat_map(|filters| filters.items());
    let pattern = |filter: Node<'_>| {
        let pattern = filter.require("Pattern")?;
        serde_json::from_str(pattern.literal()?)
            .map_err(|error| pattern.problem(format!("no event pattern: {error}")))
    };
    let target = properties.require("TargetParameters.EventBridgeEventBusParameters")?;
    Ok(Some(Pipe {
        stream: scope.text_at(properties, "Source")?,
        patterns: all(filters, pattern)?,
        details: details(scope, properties.require("Enrichment")?)?,
        source: scope.text_at(target, "Source")?,
        detail_type: scope.text_at(target, "DetailType")?,
    }))
}

/// The output of a machine of one Pass state, which is all that is evaluated here.
fn details(scope: &Scope<'_>, enrichment: Node<'_>) -> Result<String, Problem> {
    let definition = scope.referred(enrichment)?;
    let definition = definition.require("Properties.Definition")?;
    let states = definition.require("States")?.entries()?;
    let [(_, state)] = states.as_slice() else {
        return Err(definition.problem("the local stack knows an enrichment of one Pass state"));
    };
    Ok(state.require("Output")?.literal()?.to_owned())
}
