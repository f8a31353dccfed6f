//! Resolves `!Ref`, `!Sub`, `!GetAtt` and secrets to the values of this machine.

use std::collections::BTreeMap;

use super::{LocalValues, Problem, node::Node};

/// The region that everything local claims to be in.
pub const REGION: &str = "us-east-1";
/// The account that everything local claims to belong to.
pub const ACCOUNT: &str = "000000000000";
/// The stack's name on this machine.
const STACK: &str = "refund-desk";

/// Every name that a template's expressions may refer to.
pub(super) struct Scope<'a> {
    parameters: BTreeMap<&'a str, Node<'a>>,
    resources: BTreeMap<&'a str, Resource<'a>>,
    local: &'a LocalValues,
}

/// A resource's type and its whole node.
#[derive(Clone, Copy)]
pub(super) struct Resource<'a> {
    pub(super) kind: &'a str,
    pub(super) node: Node<'a>,
}

impl<'a> Scope<'a> {
    /// Collects the names of a template.
    pub(super) fn new(root: Node<'a>, local: &'a LocalValues) -> Result<Scope<'a>, Problem> {
        let parameters = root.at(&["Parameters"]).map(Node::entries).transpose()?;
        let resource = |(id, node): (&'a str, Node<'a>)| {
            let kind = node.require("Type")?.literal()?;
            Ok((id, Resource { kind, node }))
        };
        let resources = root.require("Resources")?.entries()?.into_iter();
        Ok(Scope {
            parameters: parameters.into_iter().flatten().collect(),
            resources: resources.map(resource).collect::<Result<_, _>>()?,
            local,
        })
    }

    /// All resources, in the order of their ids.
    pub(super) fn all(&self) -> impl Iterator<Item = (&'a str, Resource<'a>)> {
        self.resources.iter().map(|(id, resource)| (*id, *resource))
    }

    /// The node of a resource that a `!Ref` names.
    pub(super) fn referred(&self, node: Node<'_>) -> Result<Node<'a>, Problem> {
        let id = match node.intrinsic() {
            Some(("Ref", argument)) => argument.literal()?,
            _ => "",
        };
        let resource = self.resources.get(id);
        resource
            .map(|resource| resource.node)
            .ok_or_else(|| node.problem("expected a `!Ref` to a resource here"))
    }

    /// All resources of a type.
    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let own = self.all().filter(move |(_, it)| it.kind == kind);
        own.map(|(id, resource)| (id, resource.node))
    }

    /// The text that a node comes to.
    pub(super) fn text(&self, node: Node<'_>) -> Result<String, Problem> {
        let text = match node.intrinsic() {
            Some(("Ref" | "GetAtt", argument)) => self.value(argument, argument.literal()?)?,
            Some(("Sub", argument)) => self.substitute(argument)?,
            Some((other, argument)) => {
                return Err(argument.problem(format!(
                    "`!{other}` is not implemented by the local stack; it knows !Ref, !Sub and !GetAtt"
                )));
            }
            None => node.literal()?.to_owned(),
        };
        if text.contains("{{resolve:") {
            return Err(node.problem(format!("the local stack has no value for `{text}`")));
        }
        Ok(text)
    }

    /// The text of the secret of this template that a node refers to.
    pub(super) fn secret(&self, node: Node<'_>) -> Result<String, Problem> {
        let id = match node.intrinsic() {
            Some(("Ref", argument)) => argument.literal()?,
            _ => "",
        };
        if let Some(text) = self.local.secrets.get(id) {
            return Ok(text.clone());
        }
        let secret = self.resources.get(id);
        let text = secret.and_then(|it| it.node.at(&["Properties", "SecretString"]));
        let missing = "the local stack has no value for this secret";
        self.text(text.ok_or_else(|| node.problem(missing))?)
    }

    /// A whole number, such as a timeout.
    pub(super) fn number<N: std::str::FromStr>(&self, node: Node<'_>) -> Result<N, Problem> {
        let text = self.text(node)?;
        text.parse()
            .map_err(|_| node.problem(format!("`{text}` is not a whole number")))
    }

    /// What a parameter, a resource (`Table`) or an attribute of one (`Table.Arn`) comes to.
    fn value(&self, node: Node<'_>, name: &str) -> Result<String, Problem> {
        if let Some(pseudo) = pseudo_parameter(name) {
            return Ok(pseudo.to_owned());
        }
        if let Some(given) = self.local.parameters.get(name) {
            return Ok(given.clone());
        }
        if let Some(parameter) = self.parameters.get(name) {
            return Ok(parameter.require("Default")?.literal()?.to_owned());
        }
        let (id, attribute) = name.split_once('.').unwrap_or((name, ""));
        if let Some((machine, alias)) = self.alias_of_machine(id) {
            return Ok(format!("{}:{alias}", self.machine_arn(machine)?));
        }
        let kind = self.resources.get(id).map_or("", |resource| resource.kind);
        // A function's alias is the function itself: there is one version of it.
        Ok(match (kind, attribute) {
            ("AWS::Serverless::Function", "") => id.to_owned(),
            ("AWS::Serverless::Function", "Arn" | "Alias") => function_arn(id),
            ("AWS::Serverless::HttpApi", "") => "local".to_owned(),
            ("AWS::Serverless::StateMachine", "" | "Arn") => self.machine_arn(id)?,
            ("AWS::DynamoDB::Table", "") => in_stack(id),
            ("AWS::DynamoDB::Table", "Arn") => arn("dynamodb", &format!("table/{}", in_stack(id))),
            ("AWS::DynamoDB::Table", "StreamArn") => {
                arn("dynamodb", &format!("table/{}/stream/local", in_stack(id)))
            }
            ("AWS::SES::ConfigurationSet", "") => self.name(id)?,
            ("AWS::SNS::Topic", "") => arn("sns", &in_stack(id)),
            _ => {
                return Err(node.problem(format!(
                    "the local stack has no value for `{name}`, which is no parameter and no resource or \
                     attribute that it implements"
                )));
            }
        })
    }

    /// The state machine whose alias SAM gives that logical id, and the alias.
    fn alias_of_machine(&self, id: &str) -> Option<(&'a str, &'a str)> {
        let mut machines = self.of_kind("AWS::Serverless::StateMachine");
        machines.find_map(|(machine, node)| {
            let alias = node.at(&["Properties", "AutoPublishAlias"])?.literal();
            let alias = alias.ok()?;
            (id.strip_prefix(machine)?.strip_prefix("Alias")? == alias).then_some((machine, alias))
        })
    }

    /// The ARN of a state machine of this stack.
    pub(super) fn machine_arn(&self, id: &str) -> Result<String, Problem> {
        Ok(arn("states", &format!("stateMachine:{}", self.name(id)?)))
    }

    /// The name that the template gives a resource, or else its own.
    fn name(&self, id: &str) -> Result<String, Problem> {
        let resource = self.resources.get(id);
        let name = resource.and_then(|it| it.node.at(&["Properties", "Name"]));
        name.map_or_else(|| Ok(in_stack(id)), |name| self.text(name))
    }

    /// Replaces each `${Name}`, `${Resource.Attribute}` and, by its literal, each `${!Name}`.
    fn substitute(&self, node: Node<'_>) -> Result<String, Problem> {
        let mut result = String::new();
        let mut rest = node.literal()?;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after
                .split_once('}')
                .ok_or_else(|| node.problem("a `${` is never closed"))?;
            result.push_str(before);
            match name.strip_prefix('!') {
                Some(literal) => result.extend(["${", literal, "}"]),
                None => result.push_str(&self.value(node, name)?),
            }
            rest = after;
        }
        result.push_str(rest);
        Ok(result)
    }
}

/// The ARN of a function of this stack.
pub(crate) fn function_arn(id: &str) -> String {
    arn("lambda", &format!("function:{id}"))
}

fn arn(service: &str, resource: &str) -> String {
    format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")
}

/// The name of what the template gives none, so that AWS may replace it.
pub(super) fn in_stack(id: &str) -> String {
    format!("{STACK}-{id}")
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
