//! Alarms and the dashboard ask for what there is: metrics that functions write or AWS publishes, and fields
//! that stand in a line of the log.

use anyhow::{Context, ensure};
use serde_json::{Map, Value};

use super::{
    expanded::{Expanded, text},
    series::{Series, shown, watched},
};

/// Mistakes that would leave an alarm or a table silent: what the template says, what it would say, and
/// words of the complaint.
pub(super) const MISTAKES: [(&str, &str, &str); 8] = [
    (
        "stripe: { DetailedMetricsEnabled: true",
        "stripe: { DetailedMetricsEnabled: false",
        "WebhookRefusing: nothing writes",
    ),
    (
        "MetricName: PaymentsHeld",
        "MetricName: PaymentHeld",
        "PaymentHeld",
    ),
    ("Value: failed }", "Value: refused }", "Outcome=refused"),
    (
        "Name: QueueName",
        "Name: Queue",
        "NumberOfMessagesSent Queue=",
    ),
    (
        "\"RequestsTaken\"]",
        "\"Requests\"]",
        "Requests and decisions",
    ),
    (
        "MetricName=\\\"Decisions\\\"",
        "MetricName=\\\"Decided\\\"",
        "Decided",
    ),
    (
        ", error, reason |",
        ", fields.error, reason |",
        "fields.error",
    ),
    (
        "Value: broken }, { Name: Version, Value: '",
        "Value: broken }, { Name: Version, Value: '0",
        "Version=0",
    ),
];

/// Whether each alarm and each graph has a metric.
pub(super) fn are_known(template: &Expanded, known: &[Series]) -> anyhow::Result<()> {
    let mut asked = watched(template);
    ensure!(!asked.is_empty(), "no alarm watches anything");
    asked.extend(shown(template)?);
    let mut unknown = Vec::new();
    for (by, series) in asked {
        let written = known.iter().any(|known| known.answers(&series));
        if !written || !is_enabled(template, &series) {
            unknown.push(format!("{by}: nothing writes {series}"));
        }
    }
    ensure!(unknown.is_empty(), "{}", unknown.join("\n"));
    Ok(())
}

/// Whether API Gateway writes what is asked of a route, which costs extra. True of everything else.
fn is_enabled(template: &Expanded, series: &Series) -> bool {
    let dimension = |name: &str| series.dimensions.get(name)?.as_deref();
    let Some((method, path)) = dimension("Method").zip(dimension("Resource")) else {
        return true;
    };
    let route = format!("{method} {path}");
    let mut stages = template.of_type("AWS::ApiGatewayV2::Stage");
    stages.any(|(_, stage)| {
        stage["Properties"]["RouteSettings"][&route]["DetailedMetricsEnabled"] == true
    })
}

/// Whether each table of the dashboard finds this line of the functions' log, and all fields in it.
pub(super) fn find_fields(template: &Expanded, line: &Map<String, Value>) -> anyhow::Result<()> {
    let dashboard = template.dashboard()?;
    let widgets = dashboard["widgets"].as_array().into_iter().flatten();
    let mut queries = 0;
    for widget in widgets.filter(|widget| widget["type"] == "log") {
        queries += 1;
        let query = text(&widget["properties"]["query"]);
        let mut steps = query.split('|').map(str::trim);
        let source = steps.next().unwrap_or_default();
        ensure!(
            source == "SOURCE '${FunctionLog}'",
            "{source} is not the functions' log"
        );
        for step in steps {
            finds(step, line).with_context(|| format!("{line:?}"))?;
        }
    }
    ensure!(queries > 0, "the dashboard has no table");
    Ok(())
}

/// Whether one command of a query finds the line, and its fields in it. Those with an `@` are `CloudWatch`'s own.
fn finds(step: &str, line: &Map<String, Value>) -> anyhow::Result<()> {
    let (command, rest) = step.split_once(' ').unwrap_or((step, ""));
    let fields: Vec<&str> = match command {
        "fields" => rest.split(',').map(str::trim).collect(),
        "sort" => rest.split(' ').take(1).collect(),
        "filter" => {
            let (field, value) = rest.split_once(" = ").context("a filter compares")?;
            let found = line
                .get(field)
                .is_some_and(|it| it == value.trim_matches('\''));
            ensure!(found, "no line has {rest}");
            vec![field]
        }
        "limit" => Vec::new(),
        _ => anyhow::bail!("`{command}` is not understood here"),
    };
    for field in fields {
        let written = field.starts_with('@') || line.contains_key(field);
        ensure!(written, "no line has a field `{field}`");
    }
    Ok(())
}
