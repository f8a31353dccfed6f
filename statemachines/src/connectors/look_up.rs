//! What Stripe knows of the charge, found out before an approval asks about it.

use domain::task::ConnectorConfig;
use serde::Deserialize;

use crate::asl::task::{Function, Task};
use crate::connector::{Context, Report, Section};
use crate::process::{LOOKUP_SUFFIX, States};
use crate::read::section::word_of;
use crate::roles::{CHARGE, CUSTOMER_EMAIL};
use crate::source::Span;

/// What Stripe is asked before a person is.
#[derive(Debug)]
pub(crate) struct LookUp {
    /// Where it is written.
    at: Span,
}

/// What can be looked up.
#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Thing {
    Charge,
}

/// What an approval has looked up, if anything.
pub(crate) fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<LookUp> {
    let entry = section.optional("look up")?;
    word_of::<Thing>(report, entry, "thing to look up called")?;
    Some(LookUp { at: entry.0.span })
}

impl LookUp {
    /// The request says which field is the charge, and which the address of the one who asks.
    pub(crate) fn check(&self, report: &mut Report<'_>, context: &Context<'_>) {
        context.needed(report, &CHARGE, self.at);
        context.needed(report, &CUSTOMER_EMAIL, self.at);
    }
}

/// The state that looks a charge up before the phase of that name asks about it. Its failing does
/// not stop the review.
pub(crate) fn state(name: &str) -> States {
    let lookup = format!("{name}{LOOKUP_SUFFIX}");
    let task = Task::new(Function::IssueRefund, &lookup, &ConnectorConfig::LookUp)
        .of_phase(name)
        .retried_briefly()
        .catch_to(name);
    States::from_iter([(lookup, task.next(name))])
}
