//! What an offering says in place of its deployment's brand: `sender name: Acme Support`.

use std::fmt::Display;
use std::str::FromStr;

use domain::brand::BrandOverrides;

use super::section::Section;
use crate::diagnostic::Report;
use crate::yaml::Entry;

/// Reads the section. What could not be read is left out, which has been reported.
pub(super) fn read(report: &mut Report<'_>, (key, node): &Entry) -> Option<BrandOverrides> {
    let mut section = Section::open(report, "`brand`", key.span, node)?;
    let brand = BrandOverrides {
        name: value(report, &mut section, "name"),
        logo: value(report, &mut section, "logo"),
        color: value(report, &mut section, "color"),
        sender_name: value(report, &mut section, "sender name"),
        reply_to: value(report, &mut section, "reply to"),
        contact: value(report, &mut section, "contact"),
        footer: value(report, &mut section, "footer"),
        time_zone: value(report, &mut section, "time zone"),
    };
    if section.entries.is_empty() {
        report.refuse(
            key.span,
            "`brand` says nothing",
            "Leave it out, and the deployment's brand is shown.",
        );
    }
    section.close(report);
    Some(brand)
}

/// The value at a key that may be absent, which is shown as it is.
fn value<T: FromStr<Err: Display>>(
    report: &mut Report<'_>,
    section: &mut Section<'_>,
    key: &'static str,
) -> Option<T> {
    section.optional(key)?;
    let at = section.text(report, key)?.span;
    let parsed = section.plain(report, key)?.parse();
    if let Err(error) = &parsed {
        report.refuse(at, format!("`{key}` cannot be used"), format!("{error}."));
    }
    parsed.ok()
}
