//! The metrics that there are, and those that alarms and the dashboard ask for.

use std::{collections::BTreeMap, fmt};

use anyhow::Context;
use serde_json::Value;

use super::expanded::{Expanded, text};
use crate::Checkout;

/// A metric of `CloudWatch`'s, by all that identifies it. A dimension without a value may have any.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Series {
    pub(super) namespace: String,
    pub(super) name: String,
    pub(super) dimensions: BTreeMap<String, Option<String>>,
}

impl Series {
    /// Whether what is asked for is this.
    pub(super) fn answers(&self, asked: &Series) -> bool {
        let same_value =
            |(name, value): (&String, &Option<String>)| match asked.dimensions.get(name) {
                Some(Some(asked)) => value.as_ref().is_none_or(|value| value == asked),
                Some(None) => true,
                None => false,
            };
        self.namespace == asked.namespace
            && self.name == asked.name
            && self.dimensions.len() == asked.dimensions.len()
            && self.dimensions.iter().all(same_value)
    }
}

impl fmt::Display for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.namespace, self.name)?;
        for (name, value) in &self.dimensions {
            write!(f, " {name}={}", value.as_deref().unwrap_or("*"))?;
        }
        Ok(())
    }
}

/// What AWS's services write, by AWS's documentation.
pub(super) fn published(checkout: &Checkout) -> anyhow::Result<Vec<Series>> {
    let list = checkout.tool_list(super::NAME, "published-metrics.json");
    let list: BTreeMap<String, Value> = serde_json::from_str(&std::fs::read_to_string(list)?)?;
    let mut published = Vec::new();
    for (namespace, of) in &list {
        for name in strings(&of["metrics"]) {
            for dimensions in of["dimensions"].as_array().into_iter().flatten() {
                published.push(Series {
                    namespace: namespace.clone(),
                    name: name.clone(),
                    dimensions: strings(dimensions).map(|name| (name, None)).collect(),
                });
            }
        }
    }
    Ok(published)
}

fn strings(value: &Value) -> impl Iterator<Item = String> {
    value.as_array().into_iter().flatten().map(text)
}

/// What alarms watch, by the alarm.
pub(super) fn watched(template: &Expanded) -> Vec<(String, Series)> {
    let mut watched = Vec::new();
    for (alarm, resource) in template.of_type("AWS::CloudWatch::Alarm") {
        let properties = template.resolve(&resource["Properties"]);
        let of_expression = properties["Metrics"].as_array().into_iter().flatten();
        let metrics = of_expression.map(|metric| &metric["MetricStat"]["Metric"]);
        for metric in metrics.chain([&properties]) {
            if metric["MetricName"].is_string() {
                watched.push((alarm.to_owned(), of_alarm(metric)));
            }
        }
    }
    watched
}

fn of_alarm(metric: &Value) -> Series {
    let dimensions = metric["Dimensions"].as_array().into_iter().flatten();
    Series {
        namespace: text(&metric["Namespace"]),
        name: text(&metric["MetricName"]),
        dimensions: dimensions
            .map(|it| (text(&it["Name"]), Some(text(&it["Value"]))))
            .collect(),
    }
}

/// What the dashboard's graphs show, by the graph's title.
pub(super) fn shown(template: &Expanded) -> anyhow::Result<Vec<(String, Series)>> {
    let dashboard = template.dashboard()?;
    let mut shown = Vec::new();
    for widget in dashboard["widgets"].as_array().into_iter().flatten() {
        let title = text(&widget["properties"]["title"]);
        let metrics = widget["properties"]["metrics"].as_array();
        for metric in metrics.into_iter().flatten() {
            let metric = metric.as_array().context("a metric is a list")?;
            let series = match metric[0]["expression"].as_str() {
                Some(expression) => searched(expression)?,
                None => vec![of_graph(metric)],
            };
            shown.extend(series.into_iter().map(|series| (title.clone(), series)));
        }
    }
    Ok(shown)
}

/// `["namespace", "name", "dimension", "value", ..., {options}]`.
fn of_graph(metric: &[Value]) -> Series {
    let texts: Vec<String> = metric
        .iter()
        .filter(|it| it.is_string())
        .map(text)
        .collect();
    let pairs = texts[2..].chunks(2);
    Series {
        namespace: texts[0].clone(),
        name: texts[1].clone(),
        dimensions: pairs
            .map(|pair| (pair[0].clone(), pair.get(1).cloned()))
            .collect(),
    }
}

/// What `SEARCH('{namespace,dimension} MetricName="name"', ...)` finds. Other expressions name graphs.
fn searched(expression: &str) -> anyhow::Result<Vec<Series>> {
    if !expression.starts_with("SEARCH(") {
        return Ok(Vec::new());
    }
    let schema = expression.split(['{', '}']).nth(1);
    let schema = schema.context("a search begins with its schema in braces")?;
    let mut parts = schema
        .split(',')
        .map(|part| part.trim_matches('"').to_owned());
    let namespace = parts.next().unwrap_or_default();
    let dimensions: BTreeMap<String, Option<String>> = parts.map(|name| (name, None)).collect();
    let names = expression.split("MetricName=\"").skip(1);
    let series = names.map(|rest| Series {
        namespace: namespace.clone(),
        name: rest.split('"').next().unwrap_or_default().to_owned(),
        dimensions: dimensions.clone(),
    });
    Ok(series.collect())
}
