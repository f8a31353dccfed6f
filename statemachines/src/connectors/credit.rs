//! `Stripe - Create Credit`: a credit toward the customer's next invoice.

use shared::task::{ConnectorConfig, RefundConfig};

use super::payment::{self, Payment};
use crate::asl::task::{Function, Task};
use crate::connector::{Connector, ConnectorAction, ConnectorType, Place};
use crate::diagnostic::Report;
use crate::usage::Usage;

pub(super) const TYPE: ConnectorType = ConnectorType {
    name: "Stripe - Create Credit",
    read: |report, section| Some(Box::new(Credit(Payment::read(report, section)?))),
};

#[derive(Debug)]
struct Credit(Payment);

impl Connector for Credit {
    fn pays(&self) -> bool {
        true
    }

    fn sets(&self) -> Vec<String> {
        self.0.sets()
    }

    fn check(
        &self,
        report: &mut Report<'_>,
        place: &Place<'_>,
    ) -> Option<Box<dyn ConnectorAction>> {
        let config = self.0.check(report, place)?;
        Some(Box::new(CreateCredit(config)))
    }
}

#[derive(Debug)]
struct CreateCredit(RefundConfig);

impl ConnectorAction for CreateCredit {
    fn task(&self, name: &str) -> Task {
        let config = ConnectorConfig::CreateCredit(self.0.clone());
        Task::new(Function::IssueRefund, name, &config)
    }

    fn actor(&self) -> &'static str {
        payment::ACTOR
    }

    fn usage(&self) -> Usage {
        payment::usage()
    }
}
