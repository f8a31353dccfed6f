//! The phases: what happens in each step.

use domain::id::PhaseName;
use domain::task::START_STATE;

use super::section::{Section, known};
use crate::definition::Phase;
use crate::diagnostic::Report;
use crate::names::RESERVED_PHASES;
use crate::phase::{PhaseKind, Written};
use crate::phases::TYPES;
use crate::source::At;
use crate::yaml::Node;

/// The phases; without its kind where a phase could not be read.
pub(super) fn read(
    report: &mut Report<'_>,
    section: &Section<'_>,
) -> (Vec<Phase>, Vec<Option<Box<dyn PhaseKind>>>) {
    let phases = section.entries.iter();
    phases
        .map(|(name, node)| {
            let (facts, kind) = match phase(report, name, node) {
                Some(Written { facts, kind }) => (Some(facts), Some(kind)),
                None => (None, None),
            };
            let name = name.clone();
            (Phase { name, facts }, kind)
        })
        .unzip()
}

fn phase(report: &mut Report<'_>, name: &At<String>, node: &At<Node>) -> Option<Written> {
    check_name(report, name);
    let label = format!("phase `{}`", name.value);
    let mut section = Section::open(report, &label, name.span, node)?;
    let written = section.text(report, "type")?;
    let names = TYPES.each_ref().map(|it| it.name);
    let known = known(report, &written, "phase type", &names, |name| {
        TYPES.iter().find(|it| it.name == name)
    })?;
    let mut read = (known.read)(report, &mut section);
    read_customer_sees(report, &mut section, read.as_mut());
    section.close(report);
    let is_start = read.as_ref().is_some_and(|read| read.facts.starts);
    if is_start != (name.value == START_STATE) {
        report.refuse(
            name.span,
            format!("the phase of type `start` is the one called `{START_STATE}`"),
            format!("Call the phase of type `start` {START_STATE}, and no other."),
        );
    }
    read
}

/// What customers read of a phase, in place of what they usually read of its kind. Where they see no request in it, it
/// has no such key.
fn read_customer_sees(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
    read: Option<&mut Written>,
) {
    const KEY: &str = "customer sees";
    let is_seen = |read: &Written| read.facts.customer_sees.is_some();
    if !read.as_deref().is_none_or(is_seen) || section.optional(KEY).is_none() {
        return;
    }
    if let (Some(words), Some(read)) = (section.plain(report, KEY), read) {
        read.facts.customer_sees = Some(words);
    }
}

fn check_name(report: &mut Report<'_>, name: &At<String>) {
    if name.value.parse::<PhaseName>().is_err() {
        report.refuse(
            name.span,
            format!("`{}` cannot be the name of a phase", name.value),
            "Use at most 60 letters, digits, spaces and hyphens.",
        );
    } else if RESERVED_PHASES.iter().any(|end| name.value.ends_with(end)) {
        report.refuse(
            name.span,
            format!(
                "`{}` is, or could be, the name of a generated state",
                name.value
            ),
            "Call the phase something else.",
        );
    }
}
