//! What an audit log says happened: the records folded into where the request must stand.
//!
//! It is written down a second time here, without a look at how a request changes, so that the two can
//! be compared.

use std::collections::{BTreeMap, BTreeSet};

use domain::audit::{Action, AuditRecord};
use domain::id::PhaseName;
use domain::request::Status;
use jiff::Timestamp;

use crate::process::{OFFER, SURVEY};

/// Where a request stands by its audit log.
#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) status: Status,
    /// What it stood at when it stopped.
    before_stop: Option<Status>,
    /// The refund that was paid came back.
    pub(crate) reversed: bool,
    /// Who decided what, and when, in each phase.
    pub(crate) decisions: BTreeMap<PhaseName, Vec<Decided>>,
    /// Which phases asked.
    pub(crate) asked: Vec<PhaseName>,
    /// What money it says went out, as a refund or a credit. The same may be found out twice.
    pub(crate) refunded: BTreeSet<String>,
    /// When it says so first.
    pub(crate) refunded_at: Option<Timestamp>,
    /// Stripe refused the credit that was chosen.
    pub(crate) credit_refused: bool,
    /// When the mail went out that invites.
    pub(crate) invited_at: Option<Timestamp>,
}

/// A decision by the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) outcome: String,
    pub(crate) by: String,
    pub(crate) at: Timestamp,
}

impl Model {
    /// Folds an audit log, and says what in it cannot be.
    pub(crate) fn of(audit_log: &[AuditRecord]) -> (Self, Vec<String>) {
        let mut model = Self {
            status: Status::InReview,
            before_stop: None,
            reversed: false,
            decisions: BTreeMap::new(),
            asked: Vec::new(),
            refunded: BTreeSet::new(),
            refunded_at: None,
            credit_refused: false,
            invited_at: None,
        };
        let mut problems = Vec::new();
        for (index, record) in audit_log.iter().enumerate() {
            if usize::try_from(record.seq) != Ok(index + 1) {
                problems.push(format!(
                    "record {} has the number {}",
                    index + 1,
                    record.seq
                ));
            }
            match model.next(record) {
                Some(status) => model.status = status,
                None => problems.push(format!("the model does not know {:?}", record.action)),
            }
            if record.status != model.status {
                problems.push(format!(
                    "after {:?} the request is {:?}, and must be {:?}",
                    record.action, record.status, model.status
                ));
            }
        }
        (model, problems)
    }

    /// Something is under way; which is no news while the execution stands still.
    fn goes_on(&mut self, status: Status) -> Status {
        match &mut self.before_stop {
            Some(before) => {
                *before = status;
                self.status
            }
            None => status,
        }
    }

    /// Somebody decided or chose, or nobody did in time.
    fn decided(&mut self, record: &AuditRecord, outcome: &str) -> Status {
        let phase = record.phase.clone();
        self.decisions.entry(phase).or_default().push(Decided {
            outcome: outcome.to_owned(),
            by: record.actor.to_string(),
            at: record.at,
        });
        self.status
    }

    /// Whether that phase asked.
    pub(crate) fn asked(&self, phase: &str) -> bool {
        self.asked.iter().any(|asked| asked.as_str() == phase)
    }

    /// What was decided in a phase first, and by whom.
    pub(crate) fn decision(&self, phase: &str) -> Option<&Decided> {
        let decided = self.decisions.iter().find(|(p, _)| p.as_str() == phase);
        decided?.1.first()
    }

    /// The status after a record; `None` if there is no such record.
    fn next(&mut self, record: &AuditRecord) -> Option<Status> {
        let phase = &record.phase;
        Some(match record.action {
            Action::Submitted => Status::InReview,
            Action::ApprovalRequested | Action::ChoiceOffered => {
                self.asked.push(phase.clone());
                self.goes_on(Status::InReview)
            }
            Action::Reminded
            | Action::Escalated
            | Action::ConditionEvaluated
            | Action::MailRefused
            | Action::ApproverUnreachable
            | Action::NobodyMayDecide
            | Action::RefundPending
            | Action::ChargeExhausted
            | Action::CustomerIdentified
            | Action::OwnershipConfirmed
            | Action::PaymentHeld
            | Action::InvitationWithheld
            | Action::MailWithheld
            | Action::LinkLocked
            | Action::CodeRenewed => self.status,
            Action::Mailed => {
                if phase.as_str() == "Send Survey" {
                    self.invited_at.get_or_insert(record.at);
                }
                self.status
            }
            Action::RefundRefused => {
                self.credit_refused |= phase.as_str() == "Give Credit";
                self.status
            }
            Action::Approved => self.decided(record, "approve"),
            Action::Rejected => self.decided(record, "reject"),
            Action::Expired | Action::ChoiceExpired => self.decided(record, "expire"),
            Action::Chosen if phase.as_str() == OFFER => {
                let chosen = record.detail.clone().unwrap_or_default();
                self.decided(record, &chosen)
            }
            Action::RefundIntended | Action::CreditIntended => self.goes_on(Status::Processing),
            Action::Refunded | Action::Credited => {
                self.refunded.extend(record.stripe_id.clone());
                self.refunded_at.get_or_insert(record.at);
                Status::Refunded
            }
            Action::Closed if record.offering.as_str() == SURVEY => Status::Completed,
            Action::RefundReversed => {
                self.reversed = true;
                // Also once it goes on.
                self.before_stop = self.before_stop.map(|_| Status::NeedsAttention);
                Status::NeedsAttention
            }
            Action::Closed if self.reversed => self.status,
            Action::Closed if !self.refunded.is_empty() => Status::Refunded,
            Action::Closed => Status::Denied,
            Action::Stopped => {
                self.before_stop = Some(self.status);
                Status::NeedsAttention
            }
            Action::Resumed => match self.before_stop.take() {
                Some(before) if self.status == Status::NeedsAttention => before,
                _ => self.status,
            },
            Action::PartlyApproved
            | Action::Chosen
            | Action::CustomerMailBounced
            | Action::Forgotten
            | Action::CustomerMailReported
            | Action::HandedOver
            | Action::QuestionAsked
            | Action::QuestionAnswered => return None,
        })
    }
}
