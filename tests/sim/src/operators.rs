//! Operators: they stop payments and let them go on, and change limits, by what `infra/admin` calls.

use domain::money::Usd;
use domain::operator_log::Change;
use domain::payment_control::Limits;
use domain::payment_control::operations::{override_limits, switch_payments};

use crate::functions::Functions;
use crate::process::Process;

/// What an operator does.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    /// No payment is made from now on.
    Stop,
    /// Payments are made again.
    Resume,
    /// These limits are in place of the routed process's own; none: its own again.
    Override(Limits),
}

impl Operation {
    /// Does it. Where the table does not answer, it is not known whether it is done.
    pub(crate) async fn run(self, functions: &Functions) {
        let change = Change {
            by: "operator".to_owned(),
            because: "drawn".to_owned(),
            at: functions.line.clock.now(),
        };
        let table = &functions.table;
        let _ = match self {
            Operation::Stop => switch_payments(table, true, &change).await.map(drop),
            Operation::Resume => switch_payments(table, false, &change).await.map(drop),
            Operation::Override(limits) => {
                let offering = &Process::Routed.machine().offering.path;
                let overridden = override_limits(table, offering, limits, &change).await;
                overridden.map(drop)
            }
        };
    }
}

/// Limits that no history reaches.
pub(crate) fn lifted() -> Limits {
    Limits {
        per_refund: Some(Usd::MAX),
        per_customer: Some(Usd::MAX),
        per_day: Some(Usd::MAX),
    }
}
