//! What `!Ref`, `!Sub`, `!GetAtt` and dynamic references come to on this machine.

use std::collections::BTreeMap;

use super::{
    TemplateError,
    node::{Content, Node},
};

/// The region that everything local claims to be in.
pub const REGION: &str = "us-east-1";
/// The account that everything local claims to belong to.
pub const ACCOUNT: &str = "000000000000";
/// The stack's name on this machine.
pub const STACK: &str = "refund-desk";

/// Every name that a template's expressions may refer to.
pub(super) struct Scope<'a> {
    parameters: BTreeMap<&'a str, &'a Node>,
    resources: BTreeMap<&'a str, Resource<'a>>,
    secrets: &'a BTreeMap<String, String>,
}

/// A resource's type and its whole node.
#[derive(Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) kind: &'a str,
    pub(super) node: &'a Node,
}

impl<'a> Scope<'a> {
    /// Collects the names of a template. `secrets` holds the values of its own secrets by logical id.
    pub(super) fn new(
        root: &'a Node,
        secrets: &'a BTreeMap<String, String>,
    ) -> Result<Scope<'a>, TemplateError> {
        let mut scope = Scope {
            parameters: BTreeMap::new(),
            resources: BTreeMap::new(),
            secrets,
        };
        if let Some(parameters) = root.get("Parameters") {
            for (name, node) in parameters.entries()? {
                scope.parameters.insert(name, node);
            }
        }
        for (id, node) in root.require("Resources")?.entries()? {
            let kind = node.require("Type")?;
            let Content::Text(kind) = &kind.content else {
                return Err(kind.problem("a resource's type is a name"));
            };
            scope.resources.insert(id, Resource { kind, node });
        }
        Ok(scope)
    }

    /// All resources of a type, in the order of their ids.
    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&'a str, &'a Node)> {
        self.resources
            .iter()
            .filter(move |(_, resource)| resource.kind == kind)
            .map(|(id, resource)| (*id, resource.node))
    }

    /// All resources.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a str, Resource<'a>)> {
        self.resources.iter().map(|(id, resource)| (*id, *resource))
    }

    /// The text that a node comes to.
    pub(super) fn text(&self, node: &Node) -> Result<String, TemplateError> {
        let text = match intrinsic(node) {
            Some(("Ref", argument)) => self.reference(node, &literal(argument)?)?,
            Some(("Sub", argument)) => self.substitute(node, &literal(argument)?)?,
            Some(("GetAtt", argument)) => self.attribute(node, &attribute_path(argument)?)?,
            Some((other, _)) => {
                return Err(node.problem(format!(
                    "`!{other}` is not implemented by the local stack; it knows !Ref, !Sub and !GetAtt"
                )));
            }
            None => literal(node)?,
        };
        self.dynamic_references(node, &text)
    }

    /// A whole number, such as a timeout.
    pub(super) fn number<N: std::str::FromStr>(&self, node: &Node) -> Result<N, TemplateError> {
        let text = self.text(node)?;
        text.parse()
            .map_err(|_| node.problem(format!("`{text}` is not a whole number")))
    }

    fn reference(&self, node: &Node, name: &str) -> Result<String, TemplateError> {
        if let Some(pseudo) = pseudo_parameter(name) {
            return Ok(pseudo.to_owned());
        }
        if let Some(parameter) = self.parameters.get(name) {
            let default = parameter.get("Default").ok_or_else(|| {
                node.problem(format!(
                    "parameter `{name}` has no default, so the local stack does not know its value"
                ))
            })?;
            return literal(default);
        }
        // What has an alias here is the thing itself: there is one version of everything.
        let aliased = self.aliased(name);
        let name = aliased.unwrap_or(name);
        let Some(resource) = self.resources.get(name) else {
            return Err(node.problem(format!(
                "`{name}` is neither a parameter nor a resource of this template"
            )));
        };
        match resource.kind {
            "AWS::Serverless::Function" if aliased.is_some() => Ok(function_arn(name)),
            "AWS::Serverless::Function" => Ok(name.to_owned()),
            "AWS::Serverless::HttpApi" => Ok("local".to_owned()),
            "AWS::DynamoDB::Table" => Ok(table_name(name)),
            "AWS::Serverless::StateMachine" => self.arn_of_machine(name, resource.node),
            "AWS::SecretsManager::Secret" => Ok(secret_arn(name)),
            "AWS::SNS::Topic" => Ok(topic_arn(name)),
            other => Err(node.problem(format!(
                "a reference to `{name}` ({other}) is not implemented by the local stack"
            ))),
        }
    }

    /// The function or state machine that the name of an alias stands for. SAM calls that of a function
    /// `Function.Alias`, and that of a state machine only by the logical id that it makes up.
    fn aliased<'n>(&'n self, name: &'n str) -> Option<&'n str> {
        let of_kind = |id: &str, kind: &str| {
            let resource = self.resources.get(id);
            resource.filter(|resource| resource.kind == kind)
        };
        if let Some(function) = name.strip_suffix(".Alias") {
            return of_kind(function, "AWS::Serverless::Function").map(|_| function);
        }
        let mut machines = self.of_kind("AWS::Serverless::StateMachine");
        machines.find_map(|(id, machine)| {
            let alias = machine.at(&["Properties", "AutoPublishAlias"])?;
            (name.strip_prefix(id)?.strip_prefix("Alias")? == literal(alias).ok()?).then_some(id)
        })
    }

    fn attribute(&self, node: &Node, path: &str) -> Result<String, TemplateError> {
        let (id, attribute) = path.split_once('.').ok_or_else(|| {
            node.problem(format!("`{path}` names no attribute, as in `Table.Arn`"))
        })?;
        let Some(resource) = self.resources.get(id) else {
            return Err(node.problem(format!("`{id}` is not a resource of this template")));
        };
        match (resource.kind, attribute) {
            ("AWS::Serverless::Function", "Arn") => Ok(function_arn(id)),
            ("AWS::Serverless::StateMachine", "Arn") => self.arn_of_machine(id, resource.node),
            ("AWS::Serverless::StateMachine", "Name") => self.name_of_machine(id, resource.node),
            ("AWS::DynamoDB::Table", "Arn") => Ok(format!(
                "arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{}",
                table_name(id)
            )),
            (kind, _) => Err(node.problem(format!(
                "attribute `{attribute}` of `{id}` ({kind}) is not implemented by the local stack"
            ))),
        }
    }

    /// Replaces each `${Name}`, `${Resource.Attribute}` and, by its literal, each `${!Name}`.
    fn substitute(&self, node: &Node, text: &str) -> Result<String, TemplateError> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| node.problem("a `${` is never closed"))?;
            result.push_str(before);
            match name.strip_prefix('!') {
                Some(literal) => result.extend(["${", literal, "}"]),
                None if name.contains('.') && self.aliased(name).is_none() => {
                    result.push_str(&self.attribute(node, name)?);
                }
                None => result.push_str(&self.reference(node, name)?),
            }
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    /// Replaces each `{{resolve:secretsmanager:ID}}` by the value of that secret.
    fn dynamic_references(&self, node: &Node, text: &str) -> Result<String, TemplateError> {
        let mut result = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{resolve:") {
            let (reference, after) = after
                .split_once("}}")
                .ok_or_else(|| node.problem("a `{{resolve:` is never closed"))?;
            let value = reference
                .strip_prefix("secretsmanager:")
                .and_then(|secret| {
                    self.secrets
                        .iter()
                        .find_map(|(id, value)| (secret == secret_arn(id)).then_some(value))
                })
                .ok_or_else(|| {
                    node.problem(format!(
                        "the local stack has no value for `{{{{resolve:{reference}}}}}`"
                    ))
                })?;
            result.push_str(before);
            result.push_str(value);
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }

    fn name_of_machine(&self, id: &str, node: &Node) -> Result<String, TemplateError> {
        match node.at(&["Properties", "Name"]) {
            Some(name) => self.text(name),
            None => Ok(format!("{STACK}-{id}")),
        }
    }

    /// The ARN of a state machine of this stack.
    pub(super) fn arn_of_machine(&self, id: &str, node: &Node) -> Result<String, TemplateError> {
        let name = self.name_of_machine(id, node)?;
        Ok(format!(
            "arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
        ))
    }
}

/// The ARN of a function of this stack.
pub(crate) fn function_arn(id: &str) -> String {
    format!("arn:aws:lambda:{REGION}:{ACCOUNT}:function:{id}")
}

/// The name of a table of this stack. The template gives none, so that AWS may replace a table.
pub(super) fn table_name(id: &str) -> String {
    format!("{STACK}-{id}")
}

fn topic_arn(id: &str) -> String {
    format!("arn:aws:sns:{REGION}:{ACCOUNT}:{STACK}-{id}")
}

fn secret_arn(id: &str) -> String {
    format!("arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{STACK}-{id}")
}

fn pseudo_parameter(name: &str) -> Option<&'static str> {
    Some(match name {
        "AWS::AccountId" => ACCOUNT,
        "AWS::Partition" => "aws",
        "AWS::Region" => REGION,
        "AWS::StackName" => STACK,
        "AWS::URLSuffix" => "amazonaws.com",
        _ => return None,
    })
}

/// The intrinsic function that a node is, in its short or its long form, and its argument.
fn intrinsic(node: &Node) -> Option<(&str, &Node)> {
    if let Some(tag) = &node.tag {
        return Some((tag, node));
    }
    let Content::Map(entries) = &node.content else {
        return None;
    };
    match entries.as_slice() {
        [(name, argument)] if name == "Ref" => Some(("Ref", argument)),
        [(name, argument)] => Some((name.strip_prefix("Fn::")?, argument)),
        _ => None,
    }
}

/// The text of a scalar.
fn literal(node: &Node) -> Result<String, TemplateError> {
    match &node.content {
        Content::Text(text) | Content::Number(text) => Ok(text.clone()),
        Content::Bool(value) => Ok(value.to_string()),
        Content::Null | Content::List(_) | Content::Map(_) => {
            Err(node.problem("expected a text here"))
        }
    }
}

/// `A.B`, which `GetAtt` also takes as the list `[A, B]`.
fn attribute_path(node: &Node) -> Result<String, TemplateError> {
    let Content::List(parts) = &node.content else {
        return literal(node);
    };
    let parts: Vec<_> = parts.iter().map(literal).collect::<Result<_, _>>()?;
    Ok(parts.join("."))
}
