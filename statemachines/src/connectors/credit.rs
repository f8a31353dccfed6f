//! `Stripe - Create Credit`: a credit toward the customer's next invoice.

use domain::task::ConnectorConfig;

use super::payment::Payment;

use crate::connector::{Call, Connector, ConnectorType, Place, Report};

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

    fn check(&self, report: &mut Report<'_>, place: &Place<'_>) -> Option<Call> {
        let config = self.0.check(report, place)?;
        Some(Payment::call(place, &ConnectorConfig::CreateCredit(config)))
    }
}
