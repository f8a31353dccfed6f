//! A customer's request and the events that change it.
//!
//! [`Request::apply`] is the only way to change one. It is pure, and it returns the audit record that
//! must be stored in the same transaction: a change without a trail cannot be written.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::approval::LinkKey;
use crate::audit::{Actor, AuditRecord};
use crate::form::{Form, Value, Values};
use crate::id::{FieldName, OfferingPath, PhaseName, RequestId};
use crate::money::Usd;
use crate::task::{EndStatus, Offering, Passage, variable};

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
    /// The process stopped, and a person of the team has to look.
    NeedsAttention,
}

impl Status {
    /// The status as the interface spells it: `in_review`.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::InReview => "in_review",
            Status::Processing => "processing",
            Status::Refunded => "refunded",
            Status::Denied => "denied",
            Status::NeedsAttention => "needs_attention",
        }
    }
}

impl From<EndStatus> for Status {
    fn from(end: EndStatus) -> Self {
        match end {
            EndStatus::Refunded => Status::Refunded,
            EndStatus::Denied => Status::Denied,
            EndStatus::NeedsAttention => Status::NeedsAttention,
        }
    }
}

/// An answer as it was given, with the question as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answered {
    /// The field.
    pub name: FieldName,
    /// Its label in the form that the customer filled in.
    pub label: String,
    /// The answer; `None` when an optional field was left empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Value>,
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
    /// How many audit records it has.
    pub audit_count: u32,
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

/// Something that happened to a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// A team is asked to decide.
    Asked {
        /// The team's name.
        responsible: &'a str,
    },
    /// The team is asked again.
    Reminded,
    /// Somebody decided.
    Decided {
        /// The approver's address.
        by: &'a str,
        /// `approve` or `reject`.
        outcome: &'a str,
        /// Why. Always there for a rejection.
        reason: Option<&'a str>,
    },
    /// Nobody decided in time.
    Expired {
        /// What the customer is told.
        reason: &'a str,
    },
    /// A condition was evaluated.
    Evaluated {
        /// The condition that held, or `otherwise`.
        text: &'a str,
        /// The branch.
        outcome: &'a str,
    },
    /// Stripe is about to be asked for a refund.
    RefundIntended {
        /// The charge or payment intent.
        charge: &'a str,
        /// How much.
        amount: Usd,
    },
    /// Stripe took the refund, but the money has not moved yet.
    RefundPending {
        /// Stripe's id of the refund.
        id: &'a str,
        /// Stripe's status.
        status: &'a str,
    },
    /// Stripe paid.
    RefundSucceeded {
        /// Stripe's id of the refund.
        id: &'a str,
        /// How much.
        amount: Usd,
        /// Stripe's status.
        status: &'a str,
        /// The variable that the definition keeps it under.
        output: &'a FieldName,
    },
    /// Stripe will not pay.
    RefundRefused {
        /// Stripe's message, for the team.
        message: &'a str,
    },
    /// A mail was handed to the mail service.
    Mailed {
        /// To whom, as a role: no address of a customer stands in the trail.
        to: &'a str,
        /// False when the service refused the address for good.
        accepted: bool,
    },
    /// The request came to an end.
    Closed {
        /// Which.
        status: EndStatus,
        /// The error that stopped the execution, if one did.
        error: Option<&'a str>,
    },
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
            origin,
            status: Status::InReview,
            phase: offering.first_phase.clone(),
            submitted_at: at,
            updated_at: at,
            answers: answered(&offering.form, values),
            outputs: BTreeMap::new(),
            steps: BTreeMap::new(),
            audit_count: 0,
        };
        let record = request.record(at, Actor::Customer, "submitted", None);
        (request, record)
    }

    /// Changes the request as the event says and returns the record for its trail.
    pub fn apply(&mut self, event: &Event<'_>, passage: Passage<'_>) -> AuditRecord {
        self.phase.clone_from(passage.phase);
        let (actor, action, detail) = match *event {
            Event::Asked { responsible } => {
                self.status = Status::InReview;
                (Actor::System, "asked", Some(responsible.to_owned()))
            }
            Event::Reminded => (Actor::System, "reminded", None),
            Event::Decided {
                by,
                outcome,
                reason,
            } => {
                if outcome != crate::task::outcome::APPROVE {
                    self.set(
                        variable::REJECTION_REASON,
                        json!(reason.unwrap_or_default()),
                    );
                }
                (
                    Actor::Approver(by.to_owned()),
                    outcome,
                    reason.map(ToOwned::to_owned),
                )
            }
            Event::Expired { reason } => {
                self.set(variable::REJECTION_REASON, json!(reason));
                (Actor::System, "expired", None)
            }
            Event::Evaluated { text, outcome } => {
                self.step(passage, outcome);
                (Actor::System, "evaluated", Some(text.to_owned()))
            }
            Event::RefundIntended { charge, amount } => {
                self.status = Status::Processing;
                (
                    Actor::System,
                    "refund intended",
                    Some(format!("{amount} of {charge}")),
                )
            }
            Event::RefundPending { id, status } => (
                Actor::System,
                "refund pending",
                Some(format!("{id}: {status}")),
            ),
            Event::RefundSucceeded {
                id,
                amount,
                status,
                output,
            } => {
                self.status = Status::Refunded;
                let refund = json!({"id": id, "amount": amount.to_string(), "status": status});
                self.outputs.insert(output.clone(), refund);
                self.step(passage, crate::task::outcome::DONE);
                (Actor::System, "refunded", Some(format!("{amount}: {id}")))
            }
            Event::RefundRefused { message } => {
                self.set(variable::STRIPE_ERROR, json!(message));
                self.step(passage, crate::task::outcome::ERROR);
                (Actor::System, "refund refused", Some(message.to_owned()))
            }
            Event::Mailed { to, accepted } => {
                self.step(passage, crate::task::outcome::DONE);
                (
                    Actor::System,
                    if accepted { "mailed" } else { "mail refused" },
                    Some(to.to_owned()),
                )
            }
            Event::Closed { status, error } => {
                self.status = status.into();
                self.step(passage, crate::task::outcome::DONE);
                (Actor::System, "closed", error.map(ToOwned::to_owned))
            }
        };
        self.record(passage.at, actor, action, detail)
    }

    /// What this very passage was answered with, if it was handled before.
    pub fn handled(&self, passage: Passage<'_>) -> Option<&str> {
        let step = self.steps.get(passage.state)?;
        (step.entered_at == passage.at).then_some(step.outcome.as_str())
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
            value: values.get(&field.name).cloned(),
        })
        .collect()
}

#[cfg(any(test, feature = "fakes"))]
pub mod fixture {
    //! A request to test with.

    use super::{AuditRecord, Offering, Request, RequestId, Submission, Timestamp, json};

    /// The offering of [`request`].
    pub fn offering() -> Offering {
        serde_json::from_value(json!({
            "path": "customer-success/refund-request",
            "service": {"name": "Customer Success", "description": "Requests handled by the CS team"},
            "offering": {"name": "Refund Request", "description": "Process a refund"},
            "firstPhase": "CSM Review",
            "form": [
                {"name": "customerEmail", "label": "Customer Email", "type": "email", "required": true},
                {"name": "stripeCustomerId", "label": "Stripe Customer ID", "type": "text", "required": false},
                {"name": "chargeIdToRefund", "label": "Charge ID to Refund", "type": "text", "format": "stripe-charge", "required": true},
                {"name": "refundAmount", "label": "Refund Amount (USD)", "type": "usd", "required": true},
                {"name": "reason", "label": "Reason", "type": "select", "options": ["Duplicate charge", "Other"], "required": true},
                {"name": "notes", "label": "Notes", "type": "textarea", "required": true}
            ]
        }))
        .expect("the fixture is a valid offering")
    }

    /// A request of 50 USD by ada@example.com, just submitted.
    pub fn request() -> (Request, AuditRecord) {
        let offering = offering();
        let answers = [
            ("customerEmail", "ada@example.com"),
            ("chargeIdToRefund", "ch_1"),
            ("refundAmount", "50"),
            ("reason", "Duplicate charge"),
            ("notes", "Charged twice in May."),
        ]
        .map(|(name, text)| (name.to_owned(), crate::form::Answer::Text(text.to_owned())));
        let values = offering
            .form
            .check(&answers)
            .expect("the fixture is a valid form");
        Request::submit(Submission {
            request_id: RequestId::random(),
            offering: &offering,
            values: &values,
            origin: "https://refunds.example.com".to_owned(),
            at: Timestamp::UNIX_EPOCH,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phase(name: &str) -> PhaseName {
        name.parse().unwrap()
    }

    fn passage(phase: &PhaseName) -> Passage<'_> {
        Passage::during(phase, Timestamp::UNIX_EPOCH)
    }

    #[test]
    fn every_event_leaves_one_record_with_the_next_number() {
        let (mut request, first) = fixture::request();
        assert_eq!((first.seq, first.action.as_str()), (1, "submitted"));
        let output = "stripeRefundResult".parse().unwrap();
        let amount = Usd::from_cents(5000).unwrap();
        let events = [
            Event::Asked {
                responsible: "CSM Team",
            },
            Event::Decided {
                by: "csm-1@example.com",
                outcome: "approve",
                reason: None,
            },
            Event::RefundIntended {
                charge: "ch_1",
                amount,
            },
            Event::RefundSucceeded {
                id: "re_1",
                amount,
                status: "succeeded",
                output: &output,
            },
            Event::Closed {
                status: EndStatus::Refunded,
                error: None,
            },
        ];
        let statuses = [
            Status::InReview,
            Status::InReview,
            Status::Processing,
            Status::Refunded,
            Status::Refunded,
        ];
        for (n, (event, status)) in events.iter().zip(statuses).enumerate() {
            let record = request.apply(event, passage(&phase("P")));
            assert_eq!(usize::try_from(record.seq).unwrap(), n + 2);
            assert_eq!((record.status, request.status), (status, status));
        }
        assert_eq!(request.outputs[&output]["id"], "re_1");
        assert_eq!(request.outputs[&output]["amount"], "$50.00");
    }

    #[test]
    fn a_rejection_sets_the_reason_and_an_approval_does_not() {
        let (mut request, _) = fixture::request();
        let decided = |outcome, reason| Event::Decided {
            by: "a@b.c",
            outcome,
            reason,
        };
        request.apply(&decided("approve", Some("fine")), passage(&phase("P")));
        assert_eq!(request.output(variable::REJECTION_REASON), None);
        request.apply(&decided("reject", Some("Too late")), passage(&phase("P")));
        assert_eq!(request.output(variable::REJECTION_REASON), Some("Too late"));
    }

    #[test]
    fn a_state_counts_as_handled_only_for_the_passage_that_handled_it() {
        let (mut request, _) = fixture::request();
        let phase = phase("Threshold Check");
        let first = passage(&phase);
        let later = Passage {
            at: "2026-01-02T00:00:00Z".parse().unwrap(),
            ..first
        };
        let event = Event::Evaluated {
            text: "refundAmount >= 500",
            outcome: "branch-1",
        };
        request.apply(&event, first);
        assert_eq!(request.handled(first), Some("branch-1"));
        assert_eq!(request.handled(later), None);
        assert_eq!(
            request.handled(Passage {
                state: "Another",
                ..first
            }),
            None
        );
    }

    #[test]
    fn stored_and_read_back_it_is_the_same() {
        let (mut request, _) = fixture::request();
        request.apply(
            &Event::RefundRefused { message: "No." },
            passage(&phase("P")),
        );
        let json = serde_json::to_value(&request).unwrap();
        assert_eq!(serde_json::from_value::<Request>(json).unwrap(), request);
    }
}
