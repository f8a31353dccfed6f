//! What operators change: the switch that stops every payment of the deployment at once, and limits that hold in place
//! of a definition's, also for requests that are under way. Each change and its record commit in one transaction.

use serde::{Deserialize, Serialize};

use super::limits::Limits;
use crate::failure::Failure;
use crate::id::OfferingPath;
use crate::operator_log::{Change, OperatorAction, OperatorRecord};
use crate::optimistic::update;
use crate::table::{Entity, Key, Table, Write, load_or};

/// Whether payments are stopped. There is one item; where it is missing, they are not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PaymentSwitch {
    /// Whether no payment is made.
    pub is_stopped: bool,
    /// Who changed it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Change>,
}

impl Entity for PaymentSwitch {
    const KIND: &'static str = "paymentSwitch";

    fn key(&self) -> Key {
        Key::new("PAYMENTS", "SWITCH")
    }
}

/// The overrides of an offering. Where one is absent, the definition's limit holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LimitOverrides {
    /// The offering.
    pub offering: OfferingPath,
    /// What holds in place of its limits.
    pub limits: Limits,
    /// Who changed them last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Change>,
}

impl LimitOverrides {
    /// None.
    pub fn none(offering: &OfferingPath) -> Self {
        Self {
            offering: offering.clone(),
            limits: Limits::default(),
            changed: None,
        }
    }
}

impl Entity for LimitOverrides {
    const KIND: &'static str = "limitOverrides";

    fn key(&self) -> Key {
        Key::new(format!("PAYMENTS#{}", self.offering), "LIMITS")
    }
}

/// Stops every payment, or lets them be made again. Answers how the switch stood before; where it stood so already,
/// nothing is changed and nothing recorded.
pub async fn switch_payments(
    table: &impl Table,
    is_stopped: bool,
    change: &Change,
) -> Result<PaymentSwitch, Failure> {
    update(|| async {
        let mut switch = load_or(table, PaymentSwitch::default()).await?;
        let changed = PaymentSwitch {
            is_stopped,
            changed: Some(change.clone()),
        };
        let before = std::mem::replace(&mut switch.value, changed);
        if before.is_stopped == is_stopped {
            return Ok(before);
        }
        let action = if is_stopped {
            OperatorAction::PaymentsStopped
        } else {
            OperatorAction::PaymentsResumed
        };
        let detail = change.because.clone();
        let [head, record] = OperatorRecord::append(table, change, action, None, detail).await?;
        let writes = vec![Write::update(&switch), head, record];
        table.commit(writes).await?;
        Ok(before)
    })
    .await
}

/// Puts limits in place of an offering's own, besides those that are in place; none takes all of them back. Answers
/// what is in place now.
pub async fn override_limits(
    table: &impl Table,
    offering: &OfferingPath,
    limits: Limits,
    change: &Change,
) -> Result<Limits, Failure> {
    update(|| async {
        let mut overrides = load_or(table, LimitOverrides::none(offering)).await?;
        let (action, limits) = if limits.is_empty() {
            (OperatorAction::LimitsReset, limits)
        } else {
            let limits = overrides.value.limits.overridden_by(limits);
            (OperatorAction::LimitsOverridden, limits)
        };
        overrides.value.limits = limits;
        overrides.value.changed = Some(change.clone());
        let detail = format!("{limits}: {}", change.because);
        let append = OperatorRecord::append(table, change, action, Some(offering), detail);
        let [head, record] = append.await?;
        let writes = vec![Write::update(&overrides), head, record];
        table.commit(writes).await?;
        Ok(limits)
    })
    .await
}
