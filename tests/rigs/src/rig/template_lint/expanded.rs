//! The CloudFormation template that SAM makes, and what its expressions come to.

use std::collections::BTreeMap;

use anyhow::Context;
use serde_json::{Map, Value};

/// The stack's name in everything that is resolved here.
pub(super) const STACK: &str = "refund-desk";

/// Values of parameters, by name.
pub(super) type Parameters = BTreeMap<String, String>;

/// A template without SAM's transformation, and the values of its parameters.
pub(super) struct Expanded {
    template: Value,
    parameters: Parameters,
}

impl Expanded {
    /// The template with these values; the default ones of all other parameters.
    pub(super) fn new(template: Value, given: &Parameters) -> Self {
        let mut parameters = given.clone();
        for (name, parameter) in template["Parameters"].as_object().into_iter().flatten() {
            let default = text(&parameter["Default"]);
            parameters.entry(name.clone()).or_insert(default);
        }
        Self {
            template,
            parameters,
        }
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

    /// The value with its conditions decided and its parameters filled in. A reference to a resource stays one.
    pub(super) fn resolve(&self, value: &Value) -> Value {
        match value {
            Value::Object(fields) => self.resolve_object(fields),
            Value::Array(values) => values.iter().map(|value| self.resolve(value)).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }

    fn resolve_object(&self, fields: &Map<String, Value>) -> Value {
        let only = (fields.len() == 1).then(|| fields.iter().next()).flatten();
        match only.map(|(name, argument)| (name.as_str(), argument)) {
            Some(("Ref", name)) if name == "AWS::StackName" => STACK.into(),
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
                .collect::<Map<_, _>>()
                .into(),
        }
    }

    fn substitute(&self, text: &str) -> String {
        let mut text = text.replace("${AWS::StackName}", STACK);
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

/// A text or a number as text, and JSON of everything else.
pub(super) fn text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}
