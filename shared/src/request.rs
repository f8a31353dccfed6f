//! A customer's request and the events that change it.
//!
//! [`Request::apply`] is the only way to change one. It is pure, and it returns the audit record that
//! must be stored in the same transaction: a change without a trail cannot be written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::approval::{LinkKey, Recorded};
use crate::audit::{Actor, AuditRecord};
use crate::form::{FieldKind, Form, TextFormat, Value, Values};
use crate::id::{FieldName, OfferingPath, PhaseName, RequestId};
use crate::money::Usd;
use crate::question::Question;
use crate::task::{EndStatus, Offering, Passage, outcome, variable};

mod event;
mod trail;
mod vouch;

pub use crate::status::Status;
pub use event::Event;
use trail::Entry;
pub use vouch::Vouched;

/// An answer as it was given, with the question as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The field.
    pub name: FieldName,
    /// Its label in the form that the customer filled in.
    pub label: String,
    /// What kind of thing was asked for.
    #[serde(default)]
    pub kind: AnswerKind,
    /// The answer; `None` when an optional field was left empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
    /// The approver who gave it, where it was not the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_by: Option<String>,
}

/// What an answer is, where that matters for who may see it and who may decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerKind {
    /// An address of the customer's.
    Email,
    /// A payment at Stripe.
    Charge,
    /// An amount.
    Amount,
    /// One of Stripe's customers.
    Customer,
    /// Anything else; it may be personal.
    #[default]
    Other,
}

impl AnswerKind {
    fn of(kind: &FieldKind) -> Self {
        match kind {
            FieldKind::Email => AnswerKind::Email,
            FieldKind::Usd => AnswerKind::Amount,
            FieldKind::Text {
                format: Some(TextFormat::StripeCharge),
            } => AnswerKind::Charge,
            FieldKind::Text {
                format: Some(TextFormat::StripeCustomer),
            } => AnswerKind::Customer,
            FieldKind::Text { .. } | FieldKind::Textarea | FieldKind::Select { .. } => {
                AnswerKind::Other
            }
        }
    }
}

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
    /// The version of the definition whose form the customer filled in.
    #[serde(default)]
    pub definition: String,
    /// Scheme and host under which the customer reached us; every link of this request begins so.
    pub origin: String,
    /// Where it stands.
    pub status: Status,
    /// The phase it is in.
    pub phase: PhaseName,
    /// When it was submitted.
    pub submitted_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// The answers, in the form's order.
    pub answers: Vec<Answered>,
    /// What phases found out, by variable.
    #[serde(default)]
    pub outputs: BTreeMap<FieldName, serde_json::Value>,
    /// The states that were handled, so that a repeated invocation does nothing twice.
    #[serde(default)]
    pub steps: BTreeMap<String, Step>,
    /// How the refund stands, once Stripe has taken it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<RefundProgress>,
    /// Where it stopped, while its execution cannot go on by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped: Option<Stopped>,
    /// What the approvers of each phase were shown, as a digest: what is decided is what is paid.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub approved: BTreeMap<PhaseName, String>,
    /// An approver's word for whose the charge is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vouched: Option<Vouched>,
    /// What approvers asked the customer, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub questions: Vec<Question>,
    /// How many audit records it has.
    pub audit_count: u32,
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
    /// How often the execution had been redriven by then.
    pub redrives: u32,
    /// Where the request stood.
    pub status: Status,
    /// The phase it was in.
    pub phase: PhaseName,
}

/// A state that was handled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    /// When the state was entered: which passage through it this was.
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
    /// When.
    pub at: Timestamp,
}

impl Request {
    /// A new request and the first record of its trail.
    pub fn submit(submission: Submission<'_>) -> (Self, AuditRecord) {
        let Submission {
            request_id,
            offering,
            values,
            origin,
            at,
        } = submission;
        let mut request = Self {
            request_id,
            offering: offering.path.clone(),
            title: offering.offering.name.clone(),
            definition: offering.version.clone(),
            origin,
            status: Status::InReview,
            phase: offering.first_phase.clone(),
            submitted_at: at,
            updated_at: at,
            answers: answered(&offering.form, values),
            outputs: BTreeMap::new(),
            steps: BTreeMap::new(),
            refund: None,
            stopped: None,
            approved: BTreeMap::new(),
            vouched: None,
            questions: Vec::new(),
            audit_count: 0,
        };
        let record = request.record(at, Actor::Customer, "submitted", None);
        (request, record)
    }

    /// Changes the request as the event says and returns the record for its trail.
    pub fn apply(&mut self, event: &Event<'_>, passage: Passage<'_>) -> AuditRecord {
        let phase_before = std::mem::replace(&mut self.phase, passage.phase.clone());
        self.change(event, passage, phase_before);
        let Entry {
            actor,
            action,
            detail,
        } = trail::entry(event, self.questions.len());
        self.record(passage.at, actor, action, detail)
    }

    fn change(&mut self, event: &Event<'_>, passage: Passage<'_>, phase_before: PhaseName) {
        match *event {
            Event::Asked { .. } => {
                self.goes_on(Status::InReview);
                self.approved.remove(passage.phase);
            }
            Event::Reminded
            | Event::Escalated { .. }
            | Event::NobodyMayDecide { .. }
            | Event::LinkLocked { .. }
            | Event::HandedOver { .. } => {}
            Event::Decided(recorded) => self.decided(recorded, passage),
            Event::Questioned { by, text } => self.ask_back(passage, by, text),
            Event::Replied { number, text } => self.reply(number, text, passage.at),
            Event::Expired { reason } => self.set(variable::REJECTION_REASON, json!(reason)),
            Event::Evaluated { outcome, .. } => self.step(passage, outcome),
            Event::RefundIntended { .. } | Event::CreditIntended { .. } => {
                self.goes_on(Status::Processing);
            }
            Event::CreditGiven { id, amount, output } => {
                self.status = Status::Refunded;
                let credit = json!({"id": id, "amount": amount.to_string(), "status": "credited"});
                self.outputs.insert(output.clone(), credit);
                self.step(passage, outcome::DONE);
            }
            Event::RefundPending { .. } => {
                self.refund = Some(RefundProgress::Pending);
                self.step(passage, outcome::PENDING);
            }
            Event::RefundReversed { message } => {
                self.status = Status::NeedsAttention;
                self.refund = Some(RefundProgress::Reversed);
                self.set(variable::STRIPE_ERROR, json!(message));
            }
            Event::CustomerIdentified {
                by,
                field,
                customer,
            } => self.identify(by, field, customer),
            Event::ChargeVouched { by, charge } => {
                // It can come while the process stands still, and moves nothing by itself.
                self.phase = phase_before;
                let (charge, by) = (charge.to_owned(), by.to_owned());
                self.vouched = Some(Vouched { charge, by });
            }
            Event::RefundSucceeded {
                id,
                amount,
                status,
                output,
            } => {
                self.status = Status::Refunded;
                self.refund = Some(RefundProgress::Paid);
                let refund = json!({"id": id, "amount": amount.to_string(), "status": status});
                self.outputs.insert(output.clone(), refund);
                self.step(passage, outcome::DONE);
            }
            Event::RefundRefused { message } => {
                self.refund = None;
                self.set(variable::STRIPE_ERROR, json!(message));
                self.step(passage, outcome::ERROR);
            }
            Event::Mailed { .. } => self.step(passage, outcome::DONE),
            Event::Closed { status } => {
                // A refund that failed while its confirmation was on the way is not covered up.
                let reversed = self.refund == Some(RefundProgress::Reversed);
                if !(reversed && status == EndStatus::Refunded) {
                    self.status = status.into();
                }
                self.step(passage, outcome::DONE);
            }
            Event::Stopped { error, redrives } => {
                self.stop(error, redrives, phase_before);
                self.step(passage, outcome::DONE);
            }
            Event::Resumed => {
                self.resume(phase_before, passage.phase);
                self.step(passage, outcome::RESUME);
            }
        }
    }

    /// What this very passage was answered with, if it was handled before. If a later one was, this one
    /// was given up long ago, and nothing comes of it.
    pub fn handled(&self, passage: Passage<'_>) -> Option<&str> {
        let step = self.steps.get(passage.state)?;
        (step.entered_at >= passage.at).then_some(step.outcome.as_str())
    }

    /// The answers by field.
    pub fn values(&self) -> Values {
        let given = |a: &Answered| Some((a.name.clone(), a.value.clone()?));
        self.answers.iter().filter_map(given).collect()
    }

    /// The answer to a field.
    pub fn value(&self, field: &FieldName) -> Option<&Value> {
        self.answers
            .iter()
            .find(|a| a.name == *field)?
            .value
            .as_ref()
    }

    /// The answer to a field, if an approver gave it.
    pub fn vouched(&self, field: &FieldName) -> Option<&Value> {
        let answer = self.answers.iter().find(|a| a.name == *field)?;
        answer.given_by.as_ref().and(answer.value.as_ref())
    }

    /// Which of Stripe's customers an approver says that it is.
    pub fn vouched_customer(&self) -> Option<&str> {
        let given = |a: &&Answered| a.kind == AnswerKind::Customer && a.given_by.is_some();
        match &self.answers.iter().find(given)?.value {
            Some(Value::Text(customer)) => Some(customer),
            Some(Value::Cents(_)) | None => None,
        }
    }

    /// The first amount of the form: what the request is about, at a glance.
    pub fn amount(&self) -> Option<Usd> {
        self.answers.iter().find_map(|answer| match answer.value {
            Some(Value::Cents(amount)) => Some(amount),
            Some(Value::Text(_)) | None => None,
        })
    }

    /// The customer's status page, an absolute URL.
    pub fn status_url(&self, key: &LinkKey) -> String {
        format!(
            "{}/requests/{}/{}",
            self.origin,
            self.request_id,
            key.status_key(self.request_id)
        )
    }

    /// A variable that some phase set, as text.
    pub fn output(&self, name: &str) -> Option<&str> {
        self.outputs
            .iter()
            .find(|(n, _)| n.as_str() == name)?
            .1
            .as_str()
    }

    /// The customer's addresses.
    pub fn emails(&self) -> impl Iterator<Item = &str> {
        self.answers
            .iter()
            .filter_map(|answer| match (&answer.value, answer.kind) {
                (Some(Value::Text(address)), AnswerKind::Email) => Some(address.as_str()),
                _ => None,
            })
    }

    fn decided(&mut self, recorded: &Recorded, passage: Passage<'_>) {
        let decision = recorded.decision();
        let is_yes = decision.outcome() == outcome::APPROVE;
        if !is_yes {
            let reason = decision.reason().unwrap_or_default();
            self.set(variable::REJECTION_REASON, json!(reason));
        }
        if let (true, 0, Some(shown)) = (is_yes, recorded.missing(), decision.shown()) {
            let phase = passage.phase.clone();
            self.approved.insert(phase, shown.to_owned());
        }
    }

    fn ask_back(&mut self, passage: Passage<'_>, by: &str, text: &str) {
        let number = u32::try_from(self.questions.len() + 1).unwrap_or(u32::MAX);
        let question = Question::new(number, passage.phase, by, text, passage.at);
        self.questions.push(question);
    }

    fn reply(&mut self, number: u32, text: &str, at: Timestamp) {
        if let Some(question) = self.questions.iter_mut().find(|q| q.number == number) {
            question.reply(text, at);
        }
    }

    /// Something is under way. While the execution stands still that is no news to the customer: it is
    /// an attempt that was given up, and a redrive goes on from it.
    fn goes_on(&mut self, status: Status) {
        match &mut self.stopped {
            Some(stopped) => stopped.status = status,
            None => self.status = status,
        }
    }

    fn stop(&mut self, error: &str, redrives: u32, phase: PhaseName) {
        let status = std::mem::replace(&mut self.status, Status::NeedsAttention);
        self.stopped = Some(Stopped {
            error: error.to_owned(),
            redrives,
            status,
            phase,
        });
    }

    /// Puts the request back to where it stopped, but for what people did in the meantime: a link that
    /// was mailed before still takes a decision.
    fn resume(&mut self, phase: PhaseName, phase_of_stop: &PhaseName) {
        self.phase = phase;
        let Some(stopped) = self.stopped.take() else {
            return;
        };
        if self.status == Status::NeedsAttention {
            self.status = stopped.status;
        }
        if self.phase == *phase_of_stop {
            self.phase = stopped.phase;
        }
    }

    /// Takes an approver's answer in place of one that is missing, and of no other.
    fn identify(&mut self, by: &str, field: &FieldName, customer: &str) {
        let missing = |a: &&mut Answered| a.name == *field && a.value.is_none();
        if let Some(answer) = self.answers.iter_mut().find(missing) {
            answer.value = Some(Value::Text(customer.to_owned()));
            answer.given_by = Some(by.to_owned());
        }
    }

    fn set(&mut self, name: &str, value: serde_json::Value) {
        let name = name
            .parse()
            .expect("the names of built-in variables are valid");
        self.outputs.insert(name, value);
    }

    fn step(&mut self, passage: Passage<'_>, outcome: &str) {
        let step = Step {
            entered_at: passage.at,
            outcome: outcome.to_owned(),
        };
        self.steps.insert(passage.state.to_owned(), step);
    }

    fn record(
        &mut self,
        at: Timestamp,
        actor: Actor,
        action: &str,
        detail: Option<String>,
    ) -> AuditRecord {
        self.audit_count += 1;
        self.updated_at = at;
        AuditRecord {
            request_id: self.request_id,
            offering: self.offering.clone(),
            seq: self.audit_count,
            at,
            actor,
            action: action.to_owned(),
            phase: self.phase.clone(),
            status: self.status,
            detail,
        }
    }
}

fn answered(form: &Form, values: &Values) -> Vec<Answered> {
    form.fields
        .iter()
        .map(|field| Answered {
            name: field.name.clone(),
            label: field.label.clone(),
            kind: AnswerKind::of(&field.kind),
            value: values.get(&field.name).cloned(),
            given_by: None,
        })
        .collect()
}

#[cfg(any(test, feature = "fakes"))]
pub mod fixture;
#[cfg(test)]
mod tests;
