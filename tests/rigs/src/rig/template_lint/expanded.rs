//! The CloudFormation template that SAM makes, and what its expressions come to.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Map, Value, json};

/// The stack's name and region in everything that is resolved here.
pub(super) const STACK: &str = "refund-desk";
const REGION: &str = "us-east-1";

/// Values of parameters, by name.
pub(super) type Parameters = BTreeMap<String, String>;

/// A template without SAM's transformation, and the values of its parameters.
#[derive(Clone)]
pub(super) struct Expanded {
    template: Value,
    parameters: Parameters,
}

impl Expanded {
    /// The template with these values; the default ones of all other parameters.
    pub(super) fn new(template: Value, given: &Parameters) -> Self {
        let pseudo = [("AWS::StackName", STACK), ("AWS::Region", REGION)];
        let pseudo = pseudo.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let mut parameters = Parameters::from(pseudo);
        parameters.extend(given.clone());
        for (name, parameter) in template["Parameters"].as_object().into_iter().flatten() {
            let default = text(&parameter["Default"]);
            parameters.entry(name.clone()).or_insert(default);
        }
        Self {
            template,
            parameters,
        }
    }

    /// The same template with other values.
    pub(super) fn with(&self, given: &Parameters) -> Self {
        Self::new(self.template.clone(), given)
    }

    /// The value of a parameter.
    pub(super) fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).map_or("", String::as_str)
    }

    /// What is deployed: the values of the parameters stand in it, and what conditions leave out does not.
    pub(super) fn deployed(&self) -> Self {
        let kept = |section: &str| -> Value {
            let entries = self.section(section).filter(|(_, entry)| {
                let condition = entry["Condition"].as_str();
                condition.is_none_or(|name| self.holds(&self.template["Conditions"][name]))
            });
            let entries = entries.map(|(id, entry)| {
                let mut entry = expressions(self.resolve(entry));
                entry.as_object_mut().map(|it| it.remove("Condition"));
                (id.to_owned(), entry)
            });
            entries.collect::<Map<_, _>>().into()
        };
        let template = json!({"Resources": kept("Resources"), "Outputs": kept("Outputs")});
        Self {
            template,
            parameters: self.parameters.clone(),
        }
    }

    /// What the template's rules say against these values.
    pub(super) fn broken_rules(&self) -> Vec<String> {
        let applies =
            |rule: &Value| rule["RuleCondition"].is_null() || self.holds(&rule["RuleCondition"]);
        let rules = self.section("Rules").filter(|(_, rule)| applies(rule));
        let assertions = rules.filter_map(|(_, rule)| rule["Assertions"].as_array());
        let broken = assertions.flatten().filter(|it| !self.holds(&it["Assert"]));
        broken.map(|it| text(&it["AssertDescription"])).collect()
    }

    /// The template itself.
    pub(super) fn template(&self) -> &Value {
        &self.template
    }

    /// A section of the template, such as `Parameters`.
    pub(super) fn section(&self, name: &str) -> impl Iterator<Item = (&str, &Value)> {
        let entries = self.template[name].as_object().into_iter().flatten();
        entries.map(|(id, entry)| (id.as_str(), entry))
    }

    /// The resources of a type, by logical id.
    pub(super) fn of_type(&self, kind: &str) -> impl Iterator<Item = (&str, &Value)> {
        self.section("Resources")
            .filter(move |(_, resource)| resource["Type"] == kind)
    }

    /// The value with its conditions decided, without what is no value then, and its parameters filled in. A reference to
    /// a resource stays one.
    pub(super) fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => self.resolve_object(fields),
            Value::Array(values) => {
                let values = values.iter().map(|value| self.resolve(value));
                values.filter(is_value).collect()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    fn resolve_object(&self, fields: &Map<String, Value>) -> Value {
        let only = (fields.len() == 1).then(|| fields.iter().next()).flatten();
        match only.map(|(name, argument)| (name.as_str(), argument)) {
            Some(("Ref", Value::String(name))) if self.parameters.contains_key(name) => {
                self.parameters[name].clone().into()
            }
            Some(("Fn::Sub", Value::String(text))) => self.substitute(text).into(),
            Some(("Fn::If", Value::Array(branches))) => {
                let holds = self.holds(&self.template["Conditions"][text(&branches[0])]);
                self.resolve(&branches[if holds { 1 } else { 2 }])
            }
            _ => fields
                .iter()
                .map(|(name, value)| (name.clone(), self.resolve(value)))
                .filter(|(_, value)| is_value(value))
                .collect::<Map<_, _>>()
                .into(),
        }
    }

    fn substitute(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, value) in &self.parameters {
            text = text.replace(&format!("${{{name}}}"), value);
        }
        text
    }

    /// Whether a condition holds.
    pub(super) fn holds(&self, condition: &Value) -> bool {
        if let Some(name) = condition["Condition"].as_str() {
            return self.holds(&self.template["Conditions"][name]);
        }
        let of = |function: &str| condition[function].as_array();
        if let Some(values) = of("Fn::Equals") {
            return self.resolve(&values[0]) == self.resolve(&values[1]);
        }
        if let Some(negated) = of("Fn::Not") {
            return !self.holds(&negated[0]);
        }
        if let Some(all) = of("Fn::And") {
            return all.iter().all(|it| self.holds(it));
        }
        let any = of("Fn::Or");
        any.is_some_and(|any| any.iter().any(|it| self.holds(it)))
    }

    /// The dashboard's body. Where it names a resource, the name stands in it.
    pub(super) fn dashboard(&self) -> anyhow::Result<Value> {
        let (_, dashboard) = self
            .of_type("AWS::CloudWatch::Dashboard")
            .next()
            .context("the template has no dashboard")?;
        let body = self.resolve(&dashboard["Properties"]["DashboardBody"]);
        serde_json::from_str(&text(&body)).context("the dashboard's body is not JSON")
    }
}

fn is_value(value: &Value) -> bool {
    value["Ref"] != "AWS::NoValue"
}

/// The value with each text that still names a resource as the expression that it is. One with names of its own is one already.
fn expressions(value: Value) -> Value {
    match value {
        Value::String(text) if text.contains("${") => json!({"Fn::Sub": text}),
        Value::Array(values) => values.into_iter().map(expressions).collect(),
        Value::Object(fields) if !fields.contains_key("Fn::Sub") => {
            let fields = fields
                .into_iter()
                .map(|(name, value)| (name, expressions(value)));
            fields.collect::<Map<_, _>>().into()
        }
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Object(_)) => other,
    }
}

/// A text or a number as text, and JSON of everything else.
pub(super) fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
