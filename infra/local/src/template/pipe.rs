//! The pipe that publishes what is written to a table, and the state machine that makes its events.

use super::{Pipe, Problem, node::Node, scope::Scope};

/// The pipe of a template.
pub(super) fn pipe(scope: &Scope<'_>) -> Result<Option<Pipe>, Problem> {
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
        patterns: filters.map(pattern).collect::<Result<_, Problem>>()?,
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
