//! The diagram of a process, as a Mermaid flowchart.

use std::fmt::Write as _;

use crate::process::{Process, Step};

/// The flowchart.
pub(crate) fn flowchart(process: &Process) -> String {
    let path = &process.offering.path;
    let mut chart = format!(
        "%% Generated from statemachines/definitions/{path}.yaml. Do not edit.\nflowchart TD\n"
    );
    for (index, step) in process.steps.iter().enumerate() {
        let _ = writeln!(chart, "    {}{}", id(index), node(step));
    }
    for (index, step) in process.steps.iter().enumerate() {
        for exit in &step.exits {
            let to = process.steps.iter().position(|step| step.name == exit.to);
            let (from, to) = (id(index), to.map(id).unwrap_or_default());
            let _ = match exit.label.as_deref().map(escape) {
                Some(label) => writeln!(chart, "    {from} -->|\"{label}\"| {to}"),
                None => writeln!(chart, "    {from} --> {to}"),
            };
        }
    }
    chart
}

fn id(index: usize) -> String {
    format!("p{}", index + 1)
}

fn node(step: &Step) -> String {
    let (open, who, close) = &step.action.shape;
    let name = escape(step.name.as_str());
    let line = if who.is_empty() { "" } else { "<br>" };
    format!("{open}\"{name}{line}{}\"{close}", escape(who))
}

/// Mermaid takes labels for HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
