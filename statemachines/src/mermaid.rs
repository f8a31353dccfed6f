//! The diagram of a process, as a Mermaid flowchart.

use std::fmt::Write as _;

use crate::process::{Action, Process, Step};

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

/// A shape for each type of phase, with who or what acts in it.
fn node(step: &Step) -> String {
    let name = escape(step.name.as_str());
    match &step.action {
        Action::Start | Action::End(_) => format!("([\"{name}\"])"),
        Action::Approval { config, .. } => {
            format!("[/\"{name}<br>{}\"/]", escape(&config.responsible))
        }
        Action::Choice(_) => format!("[/\"{name}<br>Customer\"/]"),
        Action::Condition(_) => format!("{{\"{name}\"}}"),
        Action::Connector(_) => format!("[[\"{name}<br>Stripe\"]]"),
        Action::Email(_) => format!("[\"{name}\"]"),
        Action::Wait { seconds } => format!("(\"{name}<br>{}\")", length(*seconds)),
    }
}

/// A length of time in the largest unit that is exact: `7 days`.
fn length(seconds: u32) -> String {
    const UNITS: [(u32, &str); 3] = [(24 * 60 * 60, "day"), (60 * 60, "hour"), (60, "minute")];
    let exact = UNITS.iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    let (unit, name) = exact.unwrap_or(&(1, "second"));
    let count = seconds / unit;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {name}{plural}")
}

/// Mermaid takes labels for HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('"', "&quot;")
}
