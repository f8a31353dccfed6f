//! What Stripe knows of the charge, found out before an approval asks about it.

use shared::task::{ConnectorConfig, LookUpConfig};

use super::payment::{Asker, charge};
use crate::asl::task::{Function, Task};
use crate::check::context::Context;
use crate::diagnostic::Report;
use crate::process::{LOOKUP_SUFFIX, States};
use crate::read::section::{Section, text_of};
use crate::source::At;

/// What Stripe is asked before a person is.
#[derive(Debug)]
pub(crate) struct LookUp {
    charge: At<String>,
    asker: Asker,
}

/// What an approval has looked up, if anything.
pub(crate) fn read(report: &mut Report<'_>, section: &mut Section<'_>) -> Option<LookUp> {
    let (key, node) = section.optional("look up")?;
    let charge = text_of(report, &key.value, node);
    let asker = Asker::read(report, section);
    Some(LookUp {
        charge: charge?,
        asker: asker?,
    })
}

impl LookUp {
    pub(crate) fn check(
        &self,
        report: &mut Report<'_>,
        context: &Context<'_>,
    ) -> Option<LookUpConfig> {
        let charge = charge(report, context, &self.charge);
        let asker = self.asker.check(report, context);
        Some(LookUpConfig {
            charge: charge?,
            asker: asker?,
        })
    }
}

/// Adds the state that looks a charge up before the phase of that name asks about it. Its failing does
/// not stop the review.
pub(crate) fn add_state(states: &mut States, name: &str, config: &LookUpConfig) {
    let lookup = format!("{name}{LOOKUP_SUFFIX}");
    let config = ConnectorConfig::LookUp(config.clone());
    let task = Task::new(Function::IssueRefund, &lookup, &config)
        .of_phase(name)
        .retried_briefly()
        .catch_to(name);
    states.insert(lookup, task.next(name));
}
