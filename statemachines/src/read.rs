//! The tree into a [`Definition`], with every problem of a part on its own: what is missing, unknown,
//! doubled, or of the wrong kind. How the parts fit together is checked afterwards.

mod brand;
pub(crate) mod duration;
mod form;
mod limits;
pub(crate) mod mail;
mod phases;
pub(crate) mod reserved_syntax;
pub(crate) mod section;

use domain::id::OfferingPath;
use domain::task::Titled;

use crate::definition::{Connection, Definition, NEXT, Transition};
use crate::diagnostic::Report;
use crate::phase::PhaseKind;
use crate::source::{At, Span};
use crate::yaml::{Entry, Node};
use section::{Section, flag, text_of};

/// The kinds of the phases, each at the place of its phase; `None` for one that could not be read.
pub(crate) type Kinds = Vec<Option<Box<dyn PhaseKind>>>;

/// Reads a definition. `None` when a whole section is missing, so that there is nothing to go on with.
pub(crate) fn read(
    report: &mut Report<'_>,
    path: OfferingPath,
    tree: &At<Node>,
) -> Option<(Definition, Kinds)> {
    let mut top = Section::open(report, "the definition", Span::default(), tree)?;
    let service = top.section(report, "service");
    let offering = top.section(report, "offering");
    let form = top.section(report, "form");
    let phases = top.section(report, "phases");
    let connections = top.section(report, "connections");
    let responsibilities = top.section(report, "responsibilities");
    let limits = top.optional("limits");
    let brand = top.optional("brand");
    top.close(report);

    let service = service.map(|mut section| {
        let titles = titled(report, &mut section);
        section.close(report);
        titles
    });
    let offering = offering.map(|mut section| {
        let titles = titled(report, &mut section);
        let [by_invitation, retired] = ["by invitation", "retired"].map(|key| {
            let entry = section.optional(key);
            entry.and_then(|entry| flag(report, entry)).unwrap_or(false)
        });
        let [title, usually_takes] = ["customer sees", "usually takes"].map(|key| {
            let written = section.optional(key).is_some();
            written.then(|| section.plain(report, key)).flatten()
        });
        section.close(report);
        (titles, title, usually_takes, by_invitation, retired)
    });
    let fields = form.and_then(|section| form::read(report, section));
    let phases = phases.map(|section| (section.at, phases::read(report, &section)));
    let connections = connections.map(|section| {
        let entries = section.entries.iter();
        entries
            .filter_map(|entry| connection(report, entry))
            .collect()
    });
    let responsibilities = responsibilities.map(|section| {
        let entries = section.entries.iter();
        let teams = entries
            .filter_map(|(what, who)| Some((what.clone(), text_of(report, &what.value, who)?)));
        (section.at, teams.collect())
    });

    let limits = limits.and_then(|entry| limits::read(report, entry));
    let brand = brand.and_then(|entry| brand::read(report, entry));

    let (phases_at, (phases, kinds)) = phases?;
    let (responsibilities_at, responsibilities) = responsibilities?;
    let (offering, title, usually_takes, by_invitation, retired) = offering?;
    let definition = Definition {
        path,
        service: service?,
        offering,
        title,
        usually_takes,
        by_invitation,
        retired,
        fields: fields?,
        phases_at,
        phases,
        connections: connections?,
        responsibilities_at,
        responsibilities,
        limits,
        brand: brand.unwrap_or_default(),
    };
    Some((definition, kinds))
}

fn titled(report: &mut Report<'_>, section: &mut Section<'_>) -> Titled {
    let name = section.plain(report, "name");
    let description = section.plain(report, "description");
    // What could not be read has been reported, and nothing is generated then.
    Titled {
        name: name.unwrap_or_default(),
        description: description.unwrap_or_default(),
    }
}

/// `Start: CSM Review`, or a mapping of the ways out.
fn connection(report: &mut Report<'_>, (from, to): &Entry) -> Option<Connection> {
    let transitions = if let Node::Map(_) = &to.value {
        let label = format!("the connections of `{}`", from.value);
        let section = Section::open(report, &label, from.span, to)?;
        section
            .entries
            .iter()
            .filter_map(|(name, to)| {
                reserved_syntax::check(report, &name.value, name.span);
                Some(Transition {
                    to: text_of(report, &name.value, to)?,
                    name: name.clone(),
                })
            })
            .collect()
    } else {
        let to = text_of(report, &from.value, to)?;
        let name = At {
            value: NEXT.to_owned(),
            span: from.span,
        };
        vec![Transition { name, to }]
    };
    Some(Connection {
        from: from.clone(),
        transitions,
    })
}
