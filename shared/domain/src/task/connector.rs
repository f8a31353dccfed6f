//! `issue-refund`: what is to be done with Stripe.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Task;
use crate::closed_set::name_of;
use crate::id::{FieldName, TaskToken, TeamId};
use crate::payment_control::Limits;

/// The payload of a Task state that has to do with Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConnectorTask {
    /// The task.
    #[serde(flatten)]
    pub task: Task<ConnectorConfig>,
    /// What lets the execution go on, with [`ConnectorConfig::AwaitRefund`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task_token: Option<TaskToken>,
}

/// `issue-refund`: what is to be done with Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase")]
pub enum ConnectorConfig {
    /// Find out about the charge, for the reviewer.
    LookUp,
    /// Pay back.
    CreateRefund(RefundConfig),
    /// Wait until a refund is paid, or is not going to be.
    AwaitRefund,
    /// Give a credit toward the next invoice.
    CreateCredit(RefundConfig),
}

/// Pay back or credit through Stripe.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RefundConfig {
    /// The field that holds the charge or payment intent.
    pub charge: FieldName,
    /// The field that holds the amount.
    pub amount: FieldName,
    /// The field that holds the customer's reason.
    pub reason: FieldName,
    /// Stripe's reason for each of the form's; those that are absent are `requested_by_customer`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stripe_reasons: BTreeMap<String, StripeReason>,
    /// The variable that the result is stored under.
    pub output: FieldName,
    /// The team to notify when a refund fails after it had succeeded.
    pub tell: TeamId,
    /// The definition's limits of what is paid.
    #[serde(default, skip_serializing_if = "Limits::is_empty")]
    pub limits: Limits,
}

/// The reasons that Stripe knows. Its third, `fraudulent`, puts the customer on a block list and is
/// never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StripeReason {
    /// The customer was charged twice.
    Duplicate,
    /// The customer asked.
    RequestedByCustomer,
}

impl StripeReason {
    /// The reason as Stripe spells it.
    pub fn as_str(self) -> &'static str {
        name_of(&self)
    }
}
