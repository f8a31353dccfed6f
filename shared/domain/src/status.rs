//! Where a request stands, in the words of the interface.

use serde::{Deserialize, Serialize};

use crate::closed_set::name_of;
use crate::task::EndStatus;

/// Where a request stands, as the customer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// A person is asked, or will be.
    InReview,
    /// The refund is being paid.
    Processing,
    /// The refund is paid.
    Refunded,
    /// There will be no refund.
    Denied,
    /// It was not about money, and it is done.
    Completed,
    /// The process stopped, and a person of the team has to look.
    NeedsAttention,
}

impl Status {
    /// The status as the interface spells it: `in_review`.
    pub fn as_str(self) -> &'static str {
        name_of(&self)
    }
}

impl From<EndStatus> for Status {
    fn from(end: EndStatus) -> Self {
        match end {
            EndStatus::Refunded => Status::Refunded,
            EndStatus::Denied => Status::Denied,
            EndStatus::Completed => Status::Completed,
        }
    }
}
