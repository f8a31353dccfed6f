//! All connectors, and what they have in common.

mod credit;
pub(crate) mod look_up;
mod payment;
mod refund;

use crate::connector::ConnectorType;

/// Every connector that a phase can have.
pub(crate) const TYPES: [ConnectorType; 2] = [refund::TYPE, credit::TYPE];
