//! The audit log: one record for every change of a request, stored in the same transaction.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{OfferingPath, PhaseName, RequestId};
use crate::money::Usd;
use crate::refund::SettlementMethod;
use crate::status::Status;

/// What happened, when, by whom, and where the request stood before and afterwards.
///
/// Each record holds a hash over itself and the one before: see [`audit_chain`](crate::audit_chain). It names approvers, who act for the company, and never holds a customer's answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRecord {
    /// The request.
    pub request_id: RequestId,
    /// Its offering.
    pub offering: OfferingPath,
    /// The version of the definition that the customer filled in the form of.
    #[serde(default)]
    pub definition: String,
    /// 1 for the submission, then without a gap.
    pub seq: u32,
    /// The time of the event that the function handled.
    pub at: Timestamp,
    /// The person or system that caused it.
    pub actor: Actor,
    /// Which of them that is.
    pub actor_kind: ActorKind,
    /// What happened.
    pub action: Action,
    /// The phase in which it happened.
    pub phase: PhaseName,
    /// The status before. None for the submission.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_before: Option<Status>,
    /// The status afterwards.
    pub status: Status,
    /// How much money it is about.
    #[serde(
        rename = "amountCents",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    pub amount: Option<Usd>,
    /// In which currency, where there is an amount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub currency: Option<Currency>,
    /// Whether it is money or a credit that is intended, given or came back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub means: Option<SettlementMethod>,
    /// The charge or payment intent that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub charge: Option<String>,
    /// Stripe's id of the refund or credit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stripe_id: Option<String>,
    /// Anything else: a reason, a team, Stripe's message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// What binds it to the records before.
    #[serde(default)]
    pub hash: String,
}

/// The currencies in which something is given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Currency {
    /// US dollars, counted in cents.
    Usd,
}

/// What happened to a request. The names are stored, counted and reported: they do not change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// The customer sent the form.
    Submitted,
    /// A team was asked to decide.
    ApprovalRequested,
    /// The customer was offered a choice.
    ChoiceOffered,
    /// The team was asked again.
    Reminded,
    /// Another team was asked too.
    Escalated,
    /// None of those who were asked may decide.
    NobodyMayDecide,
    /// Somebody approved, and more approvals are needed.
    PartlyApproved,
    /// A phase was approved.
    Approved,
    /// A phase was rejected.
    Rejected,
    /// The customer chose one of the options that were offered.
    Chosen,
    /// Nobody decided in time.
    Expired,
    /// The customer did not choose in time.
    ChoiceExpired,
    /// A link was locked after too many wrong codes.
    LinkLocked,
    /// A code was replaced after too many wrong guesses.
    CodeRenewed,
    /// No mail reaches somebody who is asked.
    ApproverUnreachable,
    /// A mail to the customer came back.
    CustomerMailBounced,
    /// The customer reported a mail as spam.
    CustomerMailReported,
    /// An approver gave the decision to a colleague.
    HandedOver,
    /// An approver asked the customer something.
    QuestionAsked,
    /// The customer answered.
    QuestionAnswered,
    /// An approver entered which of Stripe's customers it is.
    CustomerIdentified,
    /// An approver confirmed whose the charge is.
    OwnershipConfirmed,
    /// A condition was evaluated.
    ConditionEvaluated,
    /// A mail was handed to the mail service.
    Mailed,
    /// The mail service refused a mail.
    MailRefused,
    /// A mail that invites was not sent.
    InvitationWithheld,
    /// A mail to the customer was not sent, as their refund came back.
    MailWithheld,
    /// Nothing is paid for now, because payments are stopped or a limit is reached.
    PaymentHeld,
    /// Stripe was about to be asked for a refund.
    RefundIntended,
    /// Stripe took the refund, and the money has not moved yet.
    RefundPending,
    /// Stripe paid.
    Refunded,
    /// Nothing is given back, by Stripe's word or by a rule of ours.
    RefundRefused,
    /// Nothing is given back, as less is left of the charge.
    ChargeExhausted,
    /// The money came back after it had been paid.
    RefundReversed,
    /// Stripe was about to be asked for a credit.
    CreditIntended,
    /// The customer got a credit.
    Credited,
    /// The request came to an end.
    Closed,
    /// Its personal data was removed.
    Forgotten,
    /// The execution cannot go on by itself.
    Stopped,
    /// The execution was redriven and goes on.
    Resumed,
}

printed_as_stored!(Action);

/// Who caused a change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub enum Actor {
    /// The customer who asks for the refund; the request knows who that is.
    Customer,
    /// The process itself.
    System,
    /// An approver, by address.
    Approver(String),
}

/// What an actor is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// The customer.
    Customer,
    /// The process.
    System,
    /// A person of a team.
    Approver,
}

printed_as_stored!(ActorKind);

impl Actor {
    /// What it is.
    pub fn kind(&self) -> ActorKind {
        match self {
            Actor::Customer => ActorKind::Customer,
            Actor::System => ActorKind::System,
            Actor::Approver(_) => ActorKind::Approver,
        }
    }
}

impl From<String> for Actor {
    fn from(text: String) -> Self {
        match text.as_str() {
            "customer" => Actor::Customer,
            "system" => Actor::System,
            _ => Actor::Approver(text),
        }
    }
}

impl From<Actor> for String {
    fn from(actor: Actor) -> String {
        actor.to_string()
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Actor::Customer => f.write_str("customer"),
            Actor::System => f.write_str("system"),
            Actor::Approver(address) => f.write_str(address),
        }
    }
}
