//! A customer's request and the events that change it.
//!
//! [`Request::apply`] is the only way to change one. It is pure, and it returns the audit record that
//! must be stored in the same transaction: a change without a record cannot be written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::{Action, Actor, AuditRecord, Currency};
use crate::audit_chain;
use crate::brand::BrandOverrides;
use crate::form::{DesignatedFields, Values};
use crate::id::{FieldName, OfferingPath, PhaseName, RequestId};
use crate::inquiry::Inquiry;
use crate::money::Usd;
use crate::payment_control::PaymentHold;
use crate::reference::Reference;
use crate::task::{Offering, StateEntry, Wording};

mod advice;
mod answered;
mod audit_entry;
mod change;
mod event;
mod forgotten;
mod links;
mod output;
mod ownership_confirmation;

pub use crate::status::Status;
use answered::answered;
pub use answered::{AnswerKind, Answered};
use audit_entry::Entry;
pub use event::{Event, Movement};
pub use forgotten::ForgetReason;
pub use output::Output;
pub use ownership_confirmation::{OwnershipConfirmation, UnclearCharge};

/// A customer's request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// Its id, and the name of its execution.
    pub request_id: RequestId,
    /// Where its offering lives.
    pub offering: OfferingPath,
    /// The offering's name when it was submitted.
    pub title: String,
    /// What its offering said in place of the deployment's brand when it was submitted.
    #[serde(default, skip_serializing_if = "BrandOverrides::is_empty")]
    pub brand: BrandOverrides,
    /// What the customer reads in place of the team's names.
    #[serde(default)]
    pub wording: Wording,
    /// The version of the definition whose form the customer filled in.
    #[serde(default)]
    pub definition: String,
    /// Scheme and host under which the customer reached us; every link of this request begins so.
    pub origin: String,
    /// The request whose mail invited to this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<RequestId>,
    /// The mailbox that the invitation was sent to, by which the request is found for its person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invited: Option<String>,
    /// The status, as the customer is told.
    pub status: Status,
    /// The phase it is in.
    pub phase: PhaseName,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// When it came to its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    /// When its personal data was removed: see [`ForgetReason`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forgotten_at: Option<Timestamp>,
    /// The answers, in the form's order.
    pub answers: Vec<Answered>,
    /// Which answer is what to the process, by the form that the customer filled in.
    #[serde(flatten)]
    pub designated: DesignatedFields,
    /// What phases found out, by variable.
    #[serde(default)]
    pub outputs: BTreeMap<FieldName, Output>,
    /// The states that were handled, so that a repeated invocation does nothing twice.
    #[serde(default)]
    pub steps: BTreeMap<String, Step>,
    /// Whether the customer was offered a choice, and has not made it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub awaits_choice: bool,
    /// Why it is denied, or will be unless something else is tried. It outlives the personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub denial: Option<Denial>,
    /// How the refund stands, once Stripe has taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundProgress>,
    /// Why it was not paid when that was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment_hold: Option<PaymentHold>,
    /// Where it stopped, while its execution cannot go on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What the approvers of each phase were shown, as a digest: what is decided is what is paid.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub approved: BTreeMap<PhaseName, String>,
    /// The smallest amount that somebody has approved, where that is less than what the form asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_amount: Option<Usd>,
    /// An approver's word for whose the charge is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership_confirmation: Option<OwnershipConfirmation>,
    /// The approvers' inquiries, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inquiries: Vec<Inquiry>,
    /// How often its execution had been redriven when it last stopped or went on. More than that means that a person has
    /// let it go on since.
    #[serde(default)]
    pub redrives: u32,
    /// How many audit records it has.
    pub audit_count: u32,
    /// The hash of the last of them.
    #[serde(default)]
    pub audit_hash: String,
}

/// Why a request does not get what it asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Denial {
    /// An approver said no.
    Rejected,
    /// Nobody decided in time.
    Expired,
    /// Nothing stood in the way of a payment, and it could not be made.
    NotPaid,
}

/// How a refund that Stripe took stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundProgress {
    /// The money is on its way.
    Pending,
    /// The customer has it.
    Paid,
    /// The customer had it, and then the bank sent it back.
    Reversed,
}

/// Where a request stopped, so that a redrive finds it as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stopped {
    /// The error's name.
    #[serde(default)]
    pub error: String,
    /// Where the request stood.
    pub status: Status,
    /// The phase it was in.
    pub phase: PhaseName,
    /// Since when.
    pub since: Timestamp,
}

/// A state that was handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// When the state was entered: which state entry through it this was.
    pub entered_at: Timestamp,
    /// What it was answered with.
    pub outcome: String,
}

/// A new request, before it is stored.
#[derive(Debug, Clone)]
pub struct Submission<'a> {
    /// The new request's id.
    pub request_id: RequestId,
    /// The offering and its form.
    pub offering: &'a Offering,
    /// The checked answers.
    pub values: &'a Values,
    /// Scheme and host of the links.
    pub origin: String,
    /// The request whose mail invited to it.
    pub about: Option<RequestId>,
    /// When the form was received.
    pub at: Timestamp,
}

impl Request {
    /// A new request and the first record of its audit log.
    pub fn submit(submission: Submission<'_>) -> (Self, AuditRecord) {
        let (offering, about, at) = (submission.offering, submission.about, submission.at);
        let mut request = Self {
            request_id: submission.request_id,
            offering: offering.path.clone(),
            title: offering.offering.name.clone(),
            brand: offering.brand.clone(),
            wording: offering.wording.clone(),
            definition: offering.version.clone(),
            origin: submission.origin,
            about,
            invited: None,
            status: Status::InReview,
            phase: offering.first_phase.clone(),
            submitted_at: at,
            updated_at: at,
            ended_at: None,
            forgotten_at: None,
            answers: answered(&offering.form, submission.values),
            designated: offering.form.designated.clone(),
            outputs: BTreeMap::new(),
            steps: BTreeMap::new(),
            awaits_choice: false,
            denial: None,
            refund: None,
            payment_hold: None,
            stopped: None,
            approved: BTreeMap::new(),
            approved_amount: None,
            ownership_confirmation: None,
            inquiries: Vec::new(),
            redrives: 0,
            audit_count: 0,
            audit_hash: String::new(),
        };
        let mut submitted = Entry::new(Actor::Customer, Action::Submitted);
        submitted.detail = about.map(|about| format!("about {about}"));
        let record = request.record(at, None, submitted);
        (request, record)
    }

    /// Changes the request as the event says and returns the record for its audit log.
    pub fn apply(&mut self, event: &Event<'_>, state_entry: StateEntry<'_>) -> AuditRecord {
        let status_before = Some(self.status);
        let phase_before = std::mem::replace(&mut self.phase, state_entry.phase.clone());
        self.change(event, state_entry, phase_before);
        let entry = audit_entry::entry(event, self.inquiries.len());
        if !matches!(event, Event::Forgotten(_)) {
            // Which changes nothing for the customer.
            self.updated_at = state_entry.at;
        }
        self.record(state_entry.at, status_before, entry)
    }

    /// What this very state entry was answered with, if it was handled before. If a later one was, this one
    /// was given up long ago, and nothing comes of it.
    pub fn handled(&self, state_entry: StateEntry<'_>) -> Option<&str> {
        let step = self.steps.get(state_entry.state)?;
        (step.entered_at >= state_entry.at).then_some(step.outcome.as_str())
    }

    /// Its short reference.
    pub fn reference(&self) -> Reference {
        Reference::of(self.request_id)
    }

    /// What the customer calls the offering.
    pub fn title_for_customer(&self) -> &str {
        self.wording.title.as_ref().unwrap_or(&self.title)
    }

    /// What happens in its phase, in words for the customer. None where the definition has none.
    pub fn phase_for_customer(&self) -> Option<&str> {
        self.wording.phases.get(&self.phase).map(String::as_str)
    }

    /// A variable that some phase set to a text.
    pub fn output(&self, name: &str) -> Option<&str> {
        let mut outputs = self.outputs.iter();
        match outputs.find(|(n, _)| n.as_str() == name)?.1 {
            Output::Text(text) => Some(text),
            Output::Refund { .. } => None,
        }
    }

    fn record(
        &mut self,
        at: Timestamp,
        status_before: Option<Status>,
        entry: Entry,
    ) -> AuditRecord {
        self.audit_count += 1;
        let mut record = AuditRecord {
            request_id: self.request_id,
            offering: self.offering.clone(),
            definition: self.definition.clone(),
            seq: self.audit_count,
            at,
            actor_kind: entry.actor.kind(),
            actor: entry.actor,
            action: entry.action,
            phase: self.phase.clone(),
            status_before,
            status: self.status,
            currency: entry.amount.map(|_| Currency::Usd),
            amount: entry.amount,
            means: entry.means,
            charge: entry.charge,
            stripe_id: entry.stripe_id,
            detail: entry.detail,
            hash: String::new(),
        };
        record.hash = audit_chain::hash(&self.audit_hash, &record);
        self.audit_hash.clone_from(&record.hash);
        record
    }
}
