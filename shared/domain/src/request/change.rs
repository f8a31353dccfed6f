//! What each event changes of a request.

use jiff::Timestamp;

use super::{
    Denial, Event, Movement, Output, OwnershipConfirmation, RefundProgress, Request, Status, Step,
    Stopped,
};
use crate::approval::{Decider, Recorded};
use crate::audit::AuditRecord;
use crate::failure::EXECUTION_ENDED;
use crate::form::Value;
use crate::id::{FieldName, PhaseName};
use crate::inquiry::Inquiry;
use crate::payment_control::PaymentHold;
use crate::request::Answered;
use crate::task::{EndStatus, StateEntry, outcome, variable};

/// The state by which an execution as a whole is recorded; the rule of the template that tells of aborted ones names it too. So
/// what that rule says late, of a stop that is over, was handled already.
const EXECUTION: &str = "Execution";

impl Request {
    pub(super) fn change(
        &mut self,
        event: &Event<'_>,
        state_entry: StateEntry<'_>,
        phase_before: PhaseName,
    ) {
        match *event {
            Event::Asked(_) | Event::Offered => {
                self.goes_on(Status::InReview);
                self.approved.remove(state_entry.phase);
                self.awaits_choice = matches!(event, Event::Offered);
            }
            Event::Reminded
            | Event::Escalated(_)
            | Event::NobodyMayDecide(_)
            | Event::Unreachable(_)
            | Event::CustomerUnreachable(_)
            | Event::LinkLocked(_)
            | Event::CodeRenewed(_)
            | Event::HandedOver { .. } => {}
            Event::NotChosen => self.awaits_choice = false,
            Event::Decided(recorded) => self.decided(recorded, state_entry),
            Event::Questioned { by, text, key_id } => {
                let number = u32::try_from(self.inquiries.len() + 1).unwrap_or(u32::MAX);
                let inquiry = Inquiry::new(number, text, key_id, by, state_entry);
                self.inquiries.push(inquiry);
            }
            Event::Replied { number, text } => self.reply(number, text, state_entry.at),
            Event::Expired(reason) => {
                self.denial = Some(Denial::Expired);
                self.set(variable::REJECTION_REASON, reason);
            }
            Event::Evaluated { outcome, .. } => self.step(state_entry, outcome),
            Event::PaymentHeld(reason) => {
                let (at, reason) = (state_entry.at, reason.to_owned());
                self.payment_hold = Some(PaymentHold { at, reason });
            }
            Event::SettlementIntended { .. } => {
                self.payment_hold = None;
                self.denial = None;
                self.goes_on(Status::Processing);
            }
            Event::CreditGiven { movement, output } => {
                self.status = Status::Refunded;
                self.set_refund(output, movement, "credited");
                self.step(state_entry, outcome::DONE);
            }
            Event::RefundPending { .. } => {
                self.refund = Some(RefundProgress::Pending);
                self.step(state_entry, outcome::PENDING);
            }
            Event::RefundReversed { message, .. } => self.came_back(message),
            Event::CustomerIdentified {
                by,
                field,
                customer,
            } => self.identify(by, field, customer),
            Event::OwnershipConfirmed { by, of } => {
                // It can come while the process stands still, and moves nothing by itself.
                self.phase = phase_before;
                let (of, by) = (of.clone(), by.to_owned());
                self.ownership_confirmation = Some(OwnershipConfirmation { of, by });
            }
            Event::RefundSucceeded {
                movement,
                status,
                output,
            } => {
                self.status = Status::Refunded;
                self.refund = Some(RefundProgress::Paid);
                self.set_refund(output, movement, status);
                self.step(state_entry, outcome::DONE);
            }
            Event::RefundRefused(message) => {
                self.not_given(message, outcome::ERROR, state_entry);
            }
            Event::ChargeExhausted(message) => {
                self.not_given(message, outcome::EXHAUSTED, state_entry);
            }
            Event::Mailed { .. } | Event::NotInvited(_) | Event::MailWithheld(_) => {
                self.step(state_entry, outcome::DONE);
            }
            Event::Closed(status) => {
                // A refund that failed while its confirmation was on the way is not covered up.
                let reversed = self.refund == Some(RefundProgress::Reversed);
                if !(reversed && status == EndStatus::Refunded) {
                    self.status = status.into();
                }
                self.ended_at.get_or_insert(state_entry.at);
                self.step(state_entry, outcome::DONE);
            }
            Event::Forgotten(_) => self.forget(state_entry.at),
            Event::Stopped { error, redrives } => {
                self.redrives = redrives;
                self.stop(error, phase_before, state_entry.at);
                self.step(state_entry, outcome::DONE);
            }
            Event::Resumed(redrives) => {
                self.redrives = redrives;
                self.resume(phase_before, state_entry.phase);
                self.step(state_entry, outcome::RESUME);
            }
        }
    }

    /// The money of a refund came back, as Stripe says why.
    fn came_back(&mut self, message: &str) {
        self.status = Status::NeedsAttention;
        // A redrive does not cover it up.
        if let Some(stopped) = &mut self.stopped {
            stopped.status = Status::NeedsAttention;
        }
        self.refund = Some(RefundProgress::Reversed);
        self.set(variable::STRIPE_ERROR, message);
    }

    fn decided(&mut self, recorded: &Recorded, state_entry: StateEntry<'_>) {
        self.awaits_choice = false;
        let decision = recorded.decision();
        let goes_on = match decision.decider() {
            Decider::Customer => true,
            Decider::Approver(_) | Decider::Nobody => decision.outcome() == outcome::APPROVE,
        };
        self.denial = (!goes_on).then_some(match decision.decider() {
            Decider::Nobody => Denial::Expired,
            Decider::Approver(_) | Decider::Customer => Denial::Rejected,
        });
        if !goes_on {
            let reason = decision.reason().unwrap_or_default();
            self.set(variable::REJECTION_REASON, reason);
        }
        // One who approves less counts for all who approve after them, also while more people have to.
        if let (Some(approved), Some(amount)) = (decision.approved_amount(), self.amount())
            && approved < amount
        {
            self.approved_amount = Some(approved);
        }
        if let (true, 0, Some(shown)) = (goes_on, recorded.missing(), decision.shown()) {
            let phase = state_entry.phase.clone();
            self.approved.insert(phase, shown.to_owned());
        }
    }

    fn not_given(&mut self, message: &str, outcome: &str, state_entry: StateEntry<'_>) {
        self.refund = None;
        self.denial = Some(Denial::NotPaid);
        self.set(variable::STRIPE_ERROR, message);
        self.step(state_entry, outcome);
    }

    fn reply(&mut self, number: u32, text: &str, at: Timestamp) {
        if let Some(inquiry) = self.inquiries.iter_mut().find(|it| it.number == number) {
            inquiry.reply(text, at);
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

    fn stop(&mut self, error: &str, phase: PhaseName, since: Timestamp) {
        let status = std::mem::replace(&mut self.status, Status::NeedsAttention);
        self.stopped = Some(Stopped {
            error: error.to_owned(),
            status,
            phase,
            since,
        });
    }

    /// Lets it go on, with the record of that, where its execution was ended from outside and has entered a state since:
    /// then somebody has redriven it. Step Functions runs no state that would say so.
    pub fn resume_at(&mut self, entered_at: Timestamp) -> Option<AuditRecord> {
        let stopped = self.stopped.as_ref()?;
        if !stopped.error.starts_with(EXECUTION_ENDED) || entered_at <= stopped.since {
            return None;
        }
        let phase = self.phase.clone();
        let state_entry = StateEntry {
            phase: &phase,
            state: EXECUTION,
            at: entered_at,
        };
        Some(self.apply(&Event::Resumed(self.redrives), state_entry))
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

    fn set(&mut self, name: &str, text: &str) {
        // What comes late must not bring back what was removed.
        if self.forgotten_at.is_some() {
            return;
        }
        let name = name
            .parse()
            .expect("the names of built-in variables are valid");
        self.outputs.insert(name, Output::Text(text.to_owned()));
    }

    fn set_refund(&mut self, name: &FieldName, movement: Movement<'_>, status: &str) {
        let (id, status) = (movement.stripe_id.to_owned(), status.to_owned());
        let amount = movement.amount;
        let refund = Output::Refund { id, amount, status };
        self.outputs.insert(name.clone(), refund);
    }

    fn step(&mut self, state_entry: StateEntry<'_>, outcome: &str) {
        let step = Step {
            entered_at: state_entry.at,
            outcome: outcome.to_owned(),
        };
        self.steps.insert(state_entry.state.to_owned(), step);
    }
}
