//! From the tree of the file to what the local stack needs of it.

use std::{collections::BTreeMap, path::Path, time::Duration};

use super::{
    Function, Key, LocalValues, Logging, Machine, Route, Table, Template, TemplateError,
    node::{Content, Node},
    resolve::{Scope, table_name},
    topics,
};

/// Sections of a template that are read here or mean nothing on this machine.
const TEMPLATE_SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Transform",
];

/// Attributes of a resource that are read here or mean nothing on this machine.
const RESOURCE_ATTRIBUTES: &[&str] = &[
    "Condition",
    "DeletionPolicy",
    "DependsOn",
    "Metadata",
    "Properties",
    "Type",
    "UpdateReplacePolicy",
];

/// Resource types that mean nothing on this machine.
const WITHOUT_LOCAL_MEANING: &[&str] = &[
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::Events::Rule",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Role",
    "AWS::Lambda::Permission",
    "AWS::Logs::LogGroup",
    "AWS::SES::ConfigurationSet",
    "AWS::SES::EmailIdentity",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::Queue",
    "AWS::SQS::QueuePolicy",
];

/// Properties of a function that are read here or mean nothing on this machine.
const FUNCTION_PROPERTIES: &[&str] = &[
    "Architectures",
    "AutoPublishAlias",
    "AutoPublishAliasAllProperties",
    "CodeUri",
    "Description",
    "Environment",
    "EventInvokeConfig",
    "Events",
    "Handler",
    "LoggingConfig",
    "MemorySize",
    "Policies",
    "ReservedConcurrentExecutions",
    "Role",
    "Runtime",
    "Tags",
    "Timeout",
    "Tracing",
];

/// Properties of an HTTP API that mean nothing on this machine.
const HTTP_API_PROPERTIES: &[&str] = &[
    "AccessLogSettings",
    "DefaultRouteSettings",
    "Description",
    "StageName",
    "Tags",
];

/// Lambda's own defaults.
const DEFAULT_TIMEOUT_SECONDS: u64 = 3;
const DEFAULT_MEMORY_MB: u32 = 128;

/// Reads the text of a template.
pub(super) fn template(
    text: &str,
    folder: &Path,
    local: &LocalValues,
) -> Result<Template, TemplateError> {
    let root = Node::parse(text)?;
    let scope = Scope::new(&root, &local.secrets)?;
    for (id, resource) in scope.all() {
        check_kind(id, resource.kind, resource.node)?;
    }
    root.only("a template", TEMPLATE_SECTIONS)?;
    let defaults = root.at(&["Globals", "Function"]);
    if let Some(globals) = root.get("Globals") {
        globals.only("Globals", &["Function"])?;
    }
    if let Some(defaults) = defaults {
        defaults.only("Globals.Function", FUNCTION_PROPERTIES)?;
    }
    let mut functions = Vec::new();
    let mut routes = Vec::new();
    let mut subscriptions = Vec::new();
    for (id, node) in scope.of_kind("AWS::Serverless::Function") {
        functions.push(function(&scope, id, node, defaults, local)?);
        if let Some(events) = node.at(&["Properties", "Events"]) {
            for (_, event) in events.entries()? {
                match event_type(event)? {
                    EventType::HttpApi => routes.push(route(&scope, id, event)?),
                    EventType::Sns => subscriptions.push(topics::subscription(&scope, id, event)?),
                }
            }
        }
    }
    Ok(Template {
        functions,
        routes,
        machines: scope
            .of_kind("AWS::Serverless::StateMachine")
            .map(|(id, node)| machine(&scope, id, node, folder))
            .collect::<Result<_, _>>()?,
        tables: scope
            .of_kind("AWS::DynamoDB::Table")
            .map(|(id, node)| table(&scope, id, node))
            .collect::<Result<_, _>>()?,
        subscriptions,
        mail_events: topics::mail_events(&scope)?,
        secrets: scope
            .of_kind("AWS::SecretsManager::Secret")
            .map(|(id, _)| id.to_owned())
            .collect(),
    })
}

fn check_kind(id: &str, kind: &str, node: &Node) -> Result<(), TemplateError> {
    if WITHOUT_LOCAL_MEANING.contains(&kind) {
        return Ok(());
    }
    node.only("a resource", RESOURCE_ATTRIBUTES)?;
    let properties = node.get("Properties");
    match kind {
        "AWS::Serverless::Function"
        | "AWS::Serverless::StateMachine"
        | "AWS::SES::ConfigurationSetEventDestination"
        | "AWS::SNS::Topic"
        | "AWS::DynamoDB::Table" => Ok(()),
        "AWS::Serverless::HttpApi" => match properties {
            Some(properties) => properties.only("an HttpApi", HTTP_API_PROPERTIES),
            None => Ok(()),
        },
        "AWS::SecretsManager::Secret" => match properties {
            Some(properties) if properties.get("GenerateSecretString").is_some() => Ok(()),
            _ => Err(node.problem(format!(
                "secret `{id}` has no GenerateSecretString, so the local stack does not know its value"
            ))),
        },
        _ => Err(node.problem(format!(
            "resource `{id}` is of type {kind}, which is not implemented by the local stack"
        ))),
    }
}

fn function(
    scope: &Scope<'_>,
    id: &str,
    node: &Node,
    defaults: Option<&Node>,
    local: &LocalValues,
) -> Result<Function, TemplateError> {
    let properties = node.require("Properties")?;
    properties.only("a function", FUNCTION_PROPERTIES)?;
    let binary = node
        .at(&["Metadata", "BuildProperties", "Binary"])
        .ok_or_else(|| {
            node.problem(format!(
                "function `{id}` has no Metadata with BuildProperties and a Binary"
            ))
        })?;
    let setting = |name: &str| {
        properties
            .get(name)
            .or_else(|| defaults.and_then(|node| node.get(name)))
    };
    let timeout = match setting("Timeout") {
        Some(node) => scope.number(node)?,
        None => DEFAULT_TIMEOUT_SECONDS,
    };
    let memory_mb = match setting("MemorySize") {
        Some(node) => scope.number(node)?,
        None => DEFAULT_MEMORY_MB,
    };
    let mut environment = BTreeMap::new();
    for source in [defaults, Some(properties)].into_iter().flatten() {
        if let Some(variables) = source.at(&["Environment", "Variables"]) {
            for (name, node) in variables.entries()? {
                // A secret that a function reads by itself on AWS is given to it here.
                let name = match name.strip_suffix("_SECRET_ARN") {
                    Some(given) if local.environment.contains_key(given) => given,
                    _ => name,
                };
                let value = match local.environment.get(name) {
                    Some(value) => value.clone(),
                    None => scope.text(node)?,
                };
                environment.insert(name.to_owned(), value);
            }
        }
    }
    let mut logging = Logging::default();
    for source in [defaults, Some(properties)].into_iter().flatten() {
        let said = |name| source.at(&["LoggingConfig", name]);
        if let Some(format) = said("LogFormat") {
            logging.format = Some(scope.text(format)?);
        }
        if let Some(level) = said("ApplicationLogLevel") {
            logging.level = Some(scope.text(level)?);
        }
    }
    Ok(Function {
        id: id.to_owned(),
        binary: scope.text(binary)?,
        timeout: Duration::from_secs(timeout),
        memory_mb,
        environment,
        logging,
    })
}

/// What a function is invoked by.
enum EventType {
    HttpApi,
    Sns,
}

fn event_type(event: &Node) -> Result<EventType, TemplateError> {
    let kind = event.require("Type")?;
    let is = |name: &str| matches!(&kind.content, Content::Text(text) if text == name);
    if is("HttpApi") {
        return Ok(EventType::HttpApi);
    }
    if is("SNS") {
        return Ok(EventType::Sns);
    }
    let problem = "only events of type HttpApi and SNS are implemented by the local stack";
    Err(kind.problem(problem))
}

fn route(scope: &Scope<'_>, function: &str, event: &Node) -> Result<Route, TemplateError> {
    let properties = event.require("Properties")?;
    properties.only("an HttpApi event", &["ApiId", "Auth", "Method", "Path"])?;
    let path = properties.require("Path")?;
    let route = Route {
        method: scope
            .text(properties.require("Method")?)?
            .to_ascii_uppercase(),
        path: scope.text(path)?,
        function: function.to_owned(),
    };
    if !route.path.starts_with('/') {
        return Err(path.problem("a path starts with a slash"));
    }
    Ok(route)
}

fn machine(
    scope: &Scope<'_>,
    id: &str,
    node: &Node,
    folder: &Path,
) -> Result<Machine, TemplateError> {
    let properties = node.require("Properties")?;
    properties.only(
        "a state machine",
        &[
            "AutoPublishAlias",
            "DefinitionSubstitutions",
            "DefinitionUri",
            "DeploymentPreference",
            "Logging",
            "Name",
            "Policies",
            "Role",
            "Tags",
            "Tracing",
            "Type",
        ],
    )?;
    let mut substitutions = BTreeMap::new();
    if let Some(node) = properties.get("DefinitionSubstitutions") {
        for (name, value) in node.entries()? {
            substitutions.insert(name.clone(), scope.text(value)?);
        }
    }
    Ok(Machine {
        id: id.to_owned(),
        arn: scope.arn_of_machine(id, node)?,
        definition: folder.join(scope.text(properties.require("DefinitionUri")?)?),
        substitutions,
    })
}

fn table(scope: &Scope<'_>, id: &str, node: &Node) -> Result<Table, TemplateError> {
    let properties = node.require("Properties")?;
    properties.only(
        "a table",
        &[
            "AttributeDefinitions",
            "BillingMode",
            "DeletionProtectionEnabled",
            "KeySchema",
            "PointInTimeRecoverySpecification",
            "SSESpecification",
            "TableClass",
            "Tags",
            "TimeToLiveSpecification",
        ],
    )?;
    let mut kinds = BTreeMap::new();
    for definition in properties.require("AttributeDefinitions")?.items()? {
        kinds.insert(
            scope.text(definition.require("AttributeName")?)?,
            scope.text(definition.require("AttributeType")?)?,
        );
    }
    let (mut partition_key, mut sort_key) = (None, None);
    for element in properties.require("KeySchema")?.items()? {
        let name = scope.text(element.require("AttributeName")?)?;
        let kind = kinds.get(&name).cloned().ok_or_else(|| {
            element.problem(format!("`{name}` is missing in AttributeDefinitions"))
        })?;
        let key = Some(Key { name, kind });
        match scope.text(element.require("KeyType")?)?.as_str() {
            "HASH" => partition_key = key,
            "RANGE" => sort_key = key,
            other => {
                return Err(element.problem(format!("`{other}` is neither HASH nor RANGE")));
            }
        }
    }
    let ttl_attribute = match properties.get("TimeToLiveSpecification") {
        Some(ttl) if scope.text(ttl.require("Enabled")?)? == "true" => {
            Some(scope.text(ttl.require("AttributeName")?)?)
        }
        _ => None,
    };
    Ok(Table {
        name: table_name(id),
        partition_key: partition_key
            .ok_or_else(|| node.problem(format!("table `{id}` has no HASH key")))?,
        sort_key,
        ttl_attribute,
    })
}
