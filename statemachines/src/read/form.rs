//! The form: what is asked of the customer.

use domain::form::{Field, FieldKind};
use domain::id::FieldName;

use super::section::{Section, flag, known, text_of, word_of};
use crate::definition::Fields;
use crate::diagnostic::Report;
use crate::names::is_taken;
use crate::roles::{Designated, ROLES};
use crate::source::At;
use crate::yaml::{Entry, Node};

const TYPES: [&str; 5] = ["email", "text", "textarea", "number", "select"];

pub(super) fn read(report: &mut Report<'_>, mut section: Section<'_>) -> Option<Fields> {
    let written = ROLES.map(|role| {
        let named = section.given(report, role.key, |report, (key, node)| {
            text_of(report, &key.value, node)
        });
        (role, named)
    });
    let fields = section.section(report, "fields");
    section.close(report);
    let fields = fields?.entries.into_iter();
    let all: Vec<_> = fields
        .map(|(name, node)| (name.clone(), field(report, name, node)))
        .collect();
    let roles = written.into_iter().map(|(role, written)| {
        let designated = match written {
            Some(written) => role.designate(report, written.as_ref(), &all),
            None => Designated::Refused,
        };
        (role.key, designated)
    });
    let roles = roles.collect();
    Some(Fields { all, roles })
}

fn field(report: &mut Report<'_>, name: &At<String>, node: &At<Node>) -> Option<Field> {
    let label = format!("field `{}`", name.value);
    let field_name = field_name(report, name);
    let mut section = Section::open(report, &label, name.span, node)?;
    let label = section.plain(report, "label");
    let kind = kind(report, &mut section);
    let required = section.required(report, "required");
    let required = required.and_then(|entry| flag(report, entry));
    let help = match section.optional("help") {
        Some(_) => Some(section.plain(report, "help")?),
        None => None,
    };
    section.close(report);
    Some(Field {
        name: field_name?,
        label: label?,
        kind: kind?,
        required: required?,
        help,
    })
}

/// A name that conditions and texts can use.
fn field_name(report: &mut Report<'_>, name: &At<String>) -> Option<FieldName> {
    let written = name.value.as_str();
    if is_taken(written) {
        report.refuse(
            name.span,
            format!("`{written}` means something else in conditions or texts"),
            "Call the field something else.",
        );
        return None;
    }
    report.expect(
        written.parse().ok(),
        name.span,
        format!("`{written}` cannot be the name of a field"),
        "Begin with a letter, and use letters, digits and _ only, such as `refundAmount`.",
    )
}

fn kind(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<FieldKind> {
    let kind = section.text(report, "type")?;
    // Asked for with every type, so that a stray one is refused with the better message below.
    let options = section.optional("options");
    let format = section.optional("format");
    if let (Some((key, _)), true) = (options, kind.value != "select") {
        report.refuse(
            key.span,
            format!("a field of type `{}` has no options", kind.value),
            "Remove the options, or make it `type: select`.",
        );
    }
    if let (Some((key, _)), true) = (format, kind.value != "text") {
        report.refuse(
            key.span,
            format!("a field of type `{}` has no format", kind.value),
            "Remove the format, or make it `type: text`.",
        );
    }
    match kind.value.as_str() {
        "email" => Some(FieldKind::Email),
        "textarea" => Some(FieldKind::Textarea),
        "number" => Some(FieldKind::Usd),
        "text" => match format {
            None => Some(FieldKind::Text { format: None }),
            Some(entry) => Some(FieldKind::Text {
                format: Some(word_of(report, entry, "format")?),
            }),
        },
        "select" => options_of(report, &kind, options).map(|options| FieldKind::Select { options }),
        _ => known(report, &kind, "field type", &TYPES, |_| None),
    }
}

fn options_of(
    report: &mut Report<'_>,
    kind: &At<String>,
    entry: Option<&Entry>,
) -> Option<Vec<String>> {
    let items = match entry.map(|(_, node)| &node.value) {
        Some(Node::List(items)) if !items.is_empty() => items,
        _ => {
            report.refuse(
                entry.map_or(kind.span, |(key, _)| key.span),
                "a select needs options to choose from",
                "List them below `options:`, each on a line that begins with `- `.",
            );
            return None;
        }
    };
    let mut options: Vec<String> = Vec::new();
    for item in items {
        let option = text_of(report, "option", item)?;
        super::reserved_syntax::check_plain(report, "option", &option);
        if options.contains(&option.value) {
            report.refuse(
                option.span,
                format!("the option `{}` is listed twice", option.value),
                "Remove one of them.",
            );
        }
        options.push(option.value);
    }
    Some(options)
}
