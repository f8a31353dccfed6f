//! Which names a text may use: known ones, and only where they are set on every path.

use std::collections::BTreeMap;

use domain::task::{ACKNOWLEDGEMENT_STATE, variable};

use crate::definition::Definition;
use crate::diagnostic::{Report, list, suggestion};
use crate::graph::{Edge, Graph};
use crate::process::{
    ERROR_EMAIL_SUFFIX, ERROR_NOTICE_SUFFIX, EXHAUSTED_EMAIL_SUFFIX, EXHAUSTED_NOTICE_SUFFIX,
    LOOKUP_SUFFIX, NEEDS_ATTENTION, NEEDS_ATTENTION_EMAIL, OUTCOME_SUFFIX, PENDING_EMAIL_SUFFIX,
    PENDING_SUFFIX, RESUME, STOPPED,
};
use crate::roles::{AMOUNT, Designated};
use crate::source::At;

/// Names that phases set, and that neither a field nor an output can have.
const RESERVED: [&str; 16] = [
    variable::REJECTION_REASON,
    variable::STRIPE_ERROR,
    variable::REQUEST_ID,
    variable::STATUS_URL,
    variable::SUMMARY,
    variable::STOP_CAUSE,
    variable::STOP_ERROR,
    variable::REQUEST_REFERENCE,
    variable::FORM_URL,
    variable::USUALLY_TAKES,
    variable::REQUESTED_AMOUNT,
    variable::APPROVED_AMOUNT,
    variable::INVITATION_URL,
    variable::INVITATION_CODE,
    STRIPE_CUSTOMER_KNOWN,
    CHARGE_TOTAL,
];

/// What a condition can ask after something was looked up, and what a text cannot: whether Stripe has a customer.
pub(crate) const STRIPE_CUSTOMER_KNOWN: &str = "stripeCustomerKnown";
/// The same: what the charge gives back in all, with what this request asks for.
pub(crate) const CHARGE_TOTAL: &str = "chargeTotal";

/// Words of the languages of conditions and texts.
const KEYWORDS: &str = "True False None and as break const continue elif else endif false for function if \
    import in is let loop namespace none not null or package return self true var";

/// Whether it is a word of the languages of conditions and texts.
pub(crate) fn is_keyword(word: &str) -> bool {
    KEYWORDS.split_whitespace().any(|known| known == word)
}

/// Whether neither a field nor an output can be called that.
pub(crate) fn is_taken(name: &str) -> bool {
    RESERVED.contains(&name) || is_keyword(name)
}

/// How the names of generated states end.
pub(crate) const RESERVED_PHASES: [&str; 13] = [
    NEEDS_ATTENTION,
    NEEDS_ATTENTION_EMAIL,
    STOPPED,
    RESUME,
    OUTCOME_SUFFIX,
    ERROR_EMAIL_SUFFIX,
    ERROR_NOTICE_SUFFIX,
    EXHAUSTED_EMAIL_SUFFIX,
    EXHAUSTED_NOTICE_SUFFIX,
    PENDING_SUFFIX,
    PENDING_EMAIL_SUFFIX,
    LOOKUP_SUFFIX,
    ACKNOWLEDGEMENT_STATE,
];

/// Every name that texts can use.
#[derive(Debug)]
pub(crate) struct Names {
    /// With the ways (phase and way out) that set it. A name without ways is always set.
    set_by: BTreeMap<String, Vec<(usize, &'static str)>>,
    /// Phases that could not be read, and may set anything.
    unreadable: Vec<usize>,
}

/// Where a text is used: in a phase, or after a phase was left by one of its ways out.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    pub(crate) phase: usize,
    pub(crate) outcome: Option<&'static str>,
}

impl Place {
    /// In a phase.
    pub(crate) fn of(phase: usize) -> Self {
        Self {
            phase,
            outcome: None,
        }
    }
}

impl Names {
    pub(crate) fn of(definition: &Definition) -> Self {
        let mut names: BTreeMap<String, Vec<_>> = BTreeMap::new();
        let mut unreadable = Vec::new();
        let always = [
            variable::REQUEST_ID,
            variable::STATUS_URL,
            variable::REQUEST_REFERENCE,
            variable::FORM_URL,
            variable::USUALLY_TAKES,
        ];
        let amounts = match definition.fields.designated(&AMOUNT) {
            Designated::Nothing => &[][..],
            Designated::Field(_) | Designated::Refused => {
                &[variable::REQUESTED_AMOUNT, variable::APPROVED_AMOUNT]
            }
        };
        let always = always.iter().chain(amounts).copied();
        for name in definition.fields.names().chain(always) {
            names.insert(name.to_owned(), Vec::new());
        }
        for (index, phase) in definition.phases.iter().enumerate() {
            match &phase.facts {
                Some(facts) => {
                    for (name, outcome) in &facts.sets {
                        let set_by = names.entry(name.clone()).or_default();
                        set_by.push((index, *outcome));
                    }
                }
                None => unreadable.push(index),
            }
        }
        Self {
            set_by: names,
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
        let Some(set_by) = self.set_by.get(written) else {
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
        let sets = |phase: usize, outcome: &str| set_by.contains(&(phase, outcome));
        let is_set = place
            .outcome
            .is_some_and(|outcome| sets(place.phase, outcome));
        if set_by.is_empty() || is_set {
            return;
        }
        let path = graph.path(place.phase, |edge: &Edge| {
            sets(edge.from, &edge.outcome) || self.unreadable.contains(&edge.from)
        });
        if let Some(path) = path {
            let start = path.first().map_or(place.phase, |edge| edge.from);
            let phase = |index: usize| definition.phases[index].name.value.as_str();
            let by = set_by
                .iter()
                .map(|(at, outcome)| format!("{} ({outcome})", phase(*at)));
            let by: Vec<String> = by.collect();
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
        let names = || self.set_by.keys().map(String::as_str);
        let prefix = format!("{written}.");
        let members: Vec<&str> = names().filter(|name| name.starts_with(&prefix)).collect();
        match written.split_once('.') {
            _ if !members.is_empty() => format!("It has parts: {}.", list(members)),
            Some((whole, _)) if self.set_by.contains_key(whole) => {
                format!("`{whole}` has no parts, write it without the point.")
            }
            _ => suggestion(written, names()),
        }
    }
}
