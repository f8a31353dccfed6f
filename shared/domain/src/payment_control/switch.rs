//! The switch that stops every payment of the deployment at once.

use serde::{Deserialize, Serialize};

use crate::operator_log::Change;
use crate::table::{Entity, Key};

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
