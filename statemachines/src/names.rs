//! Which names a text may use: known ones, and only where they are set on every path.

use std::collections::BTreeMap;

use domain::task::{outcome, variable};

use crate::definition::{Definition, Kind};
use crate::diagnostic::{Report, list, suggestion};
use crate::graph::{Edge, Graph};
use crate::process::{
    ERROR_EMAIL_SUFFIX, LOOKUP_SUFFIX, NEEDS_ATTENTION, NEEDS_ATTENTION_EMAIL, OUTCOME_SUFFIX,
    PENDING_EMAIL_SUFFIX, PENDING_SUFFIX, RESUME, STOPPED,
};
use crate::source::At;

/// Names that phases set, and that neither a field nor an output can have.
pub(crate) const RESERVED: [&str; 7] = [
    variable::REJECTION_REASON,
    variable::STRIPE_ERROR,
    variable::REQUEST_ID,
    variable::STATUS_URL,
    variable::INVITATION_URL,
    variable::INVITATION_CODE,
    STRIPE_CUSTOMER_KNOWN,
];

/// What a condition can ask after something was looked up, and what a text cannot.
pub(crate) const STRIPE_CUSTOMER_KNOWN: &str = "stripeCustomerKnown";

/// Words of the languages of conditions and texts.
pub(crate) const KEYWORDS: [&str; 30] = [
    "True",
    "False",
    "None",
    "and",
    "as",
    "break",
    "const",
    "continue",
    "elif",
    "else",
    "endif",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "is",
    "let",
    "loop",
    "namespace",
    "none",
    "not",
    "null",
    "or",
    "package",
    "return",
    "self",
    "true",
    "var",
];

/// How the names of generated states end.
pub(crate) const RESERVED_PHASES: [&str; 9] = [
    NEEDS_ATTENTION,
    NEEDS_ATTENTION_EMAIL,
    STOPPED,
    RESUME,
    OUTCOME_SUFFIX,
    ERROR_EMAIL_SUFFIX,
    PENDING_SUFFIX,
    PENDING_EMAIL_SUFFIX,
    LOOKUP_SUFFIX,
];

/// Every name that texts can use.
#[derive(Debug)]
pub(crate) struct Names {
    /// With the ways (phase and way out) that set it. A name without ways is always set.
    ways: BTreeMap<String, Vec<(usize, &'static str)>>,
    /// Phases that could not be read, and may set anything.
    unreadable: Vec<usize>,
}

/// Where a text is used: in a phase, or after a phase was left by one of its ways out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) phase: usize,
    pub(crate) way: Option<&'static str>,
}

impl Names {
    pub(crate) fn of(definition: &Definition) -> Self {
        let mut names = BTreeMap::new();
        let mut unreadable = Vec::new();
        let always = [variable::REQUEST_ID, variable::STATUS_URL];
        for name in definition.fields.names().chain(always) {
            names.insert(name.to_owned(), Vec::new());
        }
        let mut set = |name: String, phase: usize, way: &'static str| {
            names.entry(name).or_default().push((phase, way));
        };
        for (index, phase) in definition.phases.iter().enumerate() {
            match &phase.kind {
                Kind::Approval(_) => {
                    for way in [outcome::REJECT, outcome::EXPIRE] {
                        set(variable::REJECTION_REASON.to_owned(), index, way);
                    }
                }
                Kind::Connector(connector) => {
                    for member in variable::REFUND_MEMBERS {
                        set(
                            format!("{}.{member}", connector.output.value),
                            index,
                            outcome::DONE,
                        );
                    }
                    set(variable::STRIPE_ERROR.to_owned(), index, outcome::ERROR);
                }
                Kind::Invalid => unreadable.push(index),
                Kind::Start
                | Kind::Choice(_)
                | Kind::Condition
                | Kind::Email(_)
                | Kind::Wait(_)
                | Kind::End(_) => {}
            }
        }
        Self {
            ways: names,
            unreadable,
        }
    }

    /// Reports a name that is unknown, or not set on some path to the place.
    pub(crate) fn check(
        &self,
        report: &mut Report<'_>,
        graph: &Graph<'_>,
        definition: &Definition,
        name: &At<String>,
        place: Place,
    ) {
        let written = &name.value;
        let Some(ways) = self.ways.get(written) else {
            let may_be_set = written.contains('.') || RESERVED.contains(&written.as_str());
            if may_be_set && !self.unreadable.is_empty() {
                return;
            }
            report.refuse(
                name.span,
                format!("there is nothing called `{written}`"),
                self.help(written),
            );
            return;
        };
        let sets = |phase: usize, way: &str| ways.contains(&(phase, way));
        if ways.is_empty() || place.way.is_some_and(|way| sets(place.phase, way)) {
            return;
        }
        let path = graph.path(place.phase, |edge: &Edge| {
            sets(edge.from, &edge.way) || self.unreadable.contains(&edge.from)
        });
        if let Some(path) = path {
            let start = path.first().map_or(place.phase, |edge| edge.from);
            let by: Vec<String> = ways
                .iter()
                .map(|(phase, way)| format!("{} ({way})", definition.phases[*phase].name.value))
                .collect();
            report.refuse(
                name.span,
                format!(
                    "`{written}` is not set yet on the path {}",
                    graph.describe(start, &path)
                ),
                format!("It is set by {}. Use it only after that.", by.join(", ")),
            );
        }
    }

    fn help(&self, written: &str) -> String {
        let names = || self.ways.keys().map(String::as_str);
        let prefix = format!("{written}.");
        let members: Vec<&str> = names().filter(|name| name.starts_with(&prefix)).collect();
        match written.split_once('.') {
            _ if !members.is_empty() => format!("It has parts: {}.", list(members)),
            Some((whole, _)) if self.ways.contains_key(whole) => {
                format!("`{whole}` has no parts, write it without the point.")
            }
            _ => suggestion(written, names()),
        }
    }
}
