//! Limits that hold in place of the definition's, also for requests that are under way.

use serde::{Deserialize, Serialize};

use super::limits::Limits;
use crate::id::OfferingPath;
use crate::operator_log::Change;
use crate::table::{Entity, Key};

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
