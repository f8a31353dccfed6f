//! The answer to an approval or a choice, as it is stored.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::is_same_person;
use crate::money::Usd;
use crate::request::UnclearCharge;
use crate::task::outcome;

/// Who answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decider<'a> {
    /// Somebody of a team, by address.
    Approver(&'a str),
    /// The customer. Their address stands in the request and nowhere else.
    Customer,
    /// Nobody; the time ran out.
    Nobody,
}

impl<'a> Decider<'a> {
    /// As it stands in the audit log and in JSON: never a customer's address.
    pub fn name(self) -> Option<&'a str> {
        match self {
            Decider::Approver(address) => Some(address),
            Decider::Customer => Some("customer"),
            Decider::Nobody => None,
        }
    }

    /// The address, where it is an approver's.
    pub(super) fn approver(self) -> Option<&'a str> {
        match self {
            Decider::Approver(address) => Some(address),
            Decider::Customer | Decider::Nobody => None,
        }
    }
}

/// The answer to an approval or a choice. Only the authorization makes one that a person gives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    pub(super) outcome: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) by: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) by_customer: bool,
    pub(super) at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) shown: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) viewed_amount: Option<Usd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) approved_amount: Option<Usd>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) confirmed: Option<UnclearCharge>,
}

impl Decision {
    /// `approve`, `reject`, `expire` or one of a choice's options.
    pub fn outcome(&self) -> &str {
        &self.outcome
    }

    /// Who decided.
    pub fn decider(&self) -> Decider<'_> {
        match &self.by {
            Some(approver) => Decider::Approver(approver),
            None if self.by_customer => Decider::Customer,
            None => Decider::Nobody,
        }
    }

    /// The approver's address; `None` when it was the customer or the time ran out.
    pub fn by(&self) -> Option<&str> {
        self.by.as_deref()
    }

    /// When it was decided.
    pub fn at(&self) -> Timestamp {
        self.at
    }

    /// The reason that was given.
    pub fn reason(&self) -> Option<&str> {
        self.reason.as_deref()
    }

    /// The [digest](super::viewed_digest::digest) of what they were shown.
    pub fn shown(&self) -> Option<&str> {
        self.shown.as_deref()
    }

    /// The amount that they were shown.
    pub fn viewed_amount(&self) -> Option<Usd> {
        self.viewed_amount
    }

    /// The amount that they approved, at most what they were shown. None: they did not approve, or there is no
    /// amount.
    pub fn approved_amount(&self) -> Option<Usd> {
        self.approved_amount
    }

    /// The charge of which they confirmed that it is the customer's, where only a person could tell.
    pub fn confirmed(&self) -> Option<&UnclearCharge> {
        self.confirmed.as_ref()
    }

    /// Whether it is that person's.
    pub fn is_by(&self, email: &str) -> bool {
        self.by().is_some_and(|by| is_same_person(by, email))
    }

    pub(super) fn expired(at: Timestamp, reason: Option<&str>) -> Self {
        Self {
            outcome: outcome::EXPIRE.to_owned(),
            by: None,
            by_customer: false,
            at,
            reason: reason.map(ToOwned::to_owned),
            shown: None,
            viewed_amount: None,
            approved_amount: None,
            confirmed: None,
        }
    }
}
