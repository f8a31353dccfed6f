//! Resolves `!Ref`, `!Sub`, `!GetAtt` and secrets to the values of this machine.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

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
    /// Each resource's type and its whole node.
    pub(super) resources: BTreeMap<&'a str, (&'a str, Node<'a>)>,
    local: &'a LocalValues,
}

impl<'a> Scope<'a> {
    /// Collects the names of a template.
    pub(super) fn new(root: Node<'a>, local: &'a LocalValues) -> Result<Scope<'a>, Problem> {
        let parameters = root.entries_at(&["Parameters"])?;
        let resource = |(id, node): (&'a str, Node<'a>)| {
            let kind = node.require("Type")?.literal()?;
            Ok((id, (kind, node)))
        };
        let resources = root.require("Resources")?.entries()?.into_iter();
        Ok(Scope {
            parameters: parameters.into_iter().collect(),
            resources: resources.map(resource).collect::<Result<_, _>>()?,
            local,
        })
    }

    /// The node of a resource that a `!Ref` names.
    pub(super) fn referred(&self, node: Node<'_>) -> Result<Node<'a>, Problem> {
        let resource = node.reference().and_then(|id| self.resources.get(id));
        let (_, resource) =
            resource.ok_or_else(|| node.problem("expected a `!Ref` to a resource here"))?;
        Ok(*resource)
    }

    /// All resources of a type, in the order of their ids.
    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = (&'a str, Node<'a>)> {
        let resources = self.resources.iter();
        resources.filter_map(move |(id, (own, node))| (*own == kind).then_some((*id, *node)))
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

    /// The text at the end of a path of keys with dots between, each of which has to be there.
    pub(super) fn text_at(&self, node: Node<'_>, path: &str) -> Result<String, Problem> {
        self.text(node.require(path)?)
    }

    /// The JSON that a node comes to: lists and maps as they are, and all else as text.
    pub(super) fn json(&self, node: Node<'_>) -> Result<Value, Problem> {
        let mut items = node.items().peekable();
        match node.entries() {
            _ if items.peek().is_some() => items.map(|it| self.json(it)).collect(),
            Ok(members) if node.intrinsic().is_none() => {
                let member = |(name, node): (&str, _)| Ok((name.to_owned(), self.json(node)?));
                members
                    .into_iter()
                    .map(member)
                    .collect::<Result<Map<_, _>, _>>()
                    .map(Value::Object)
            }
            _ => Ok(self.text(node)?.into()),
        }
    }

    /// The text of the secret of this template that a node refers to.
    pub(super) fn secret(&self, node: Node<'_>) -> Result<String, Problem> {
        let given = node.reference().and_then(|id| self.local.secrets.get(id));
        if let Some(text) = given {
            return Ok(text.clone());
        }
        let text = self.referred(node)?.at(&["Properties", "SecretString"]);
        let missing = "the local stack has no value for this secret";
        self.text(text.ok_or_else(|| node.problem(missing))?)
    }

    /// A whole number, such as a timeout.
    pub(super) fn number(&self, node: Node<'_>) -> Result<u64, Problem> {
        let text = self.text(node)?;
        text.parse()
            .map_err(|_| node.problem(format!("`{text}` is not a whole number")))
    }

    /// What a parameter, a resource (`Table`) or an attribute of one (`Table.Arn`) comes to.
    fn value(&self, node: Node<'_>, name: &str) -> Result<String, Problem> {
        let given = match name {
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Partition" => Some("aws"),
            "AWS::Region" => Some(REGION),
            "AWS::StackName" => Some(STACK),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            _ => self.local.parameters.get(name).map(String::as_str),
        };
        if let Some(given) = given {
            return Ok(given.to_owned());
        }
        if let Some(parameter) = self.parameters.get(name) {
            return Ok(parameter.require("Default")?.literal()?.to_owned());
        }
        let (id, attribute) = name.split_once('.').unwrap_or((name, ""));
        if let Some((machine, alias)) = self.alias_of_machine(id) {
            return Ok(format!("{}:{alias}", self.machine_arn(machine)?));
        }
        let kind = self.resources.get(id).map_or("", |(kind, _)| kind);
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
        let name = resource.and_then(|(_, node)| node.at(&["Properties", "Name"]));
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
