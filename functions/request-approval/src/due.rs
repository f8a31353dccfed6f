//! What is due in a passage through the waiting state.

use jiff::SignedDuration;
use shared::approval::Approval;
use shared::request::Request;
use shared::task::{ApprovalConfig, WaitingTask};

/// The one thing that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Due {
    /// Nobody was asked yet in this round.
    Ask { round: u32 },
    /// An earlier attempt of this very passage has asked: finish what it left.
    Resume,
    /// A mail came back: whoever else may decide is to be asked now.
    AskOthers,
    /// They were asked, and nobody answered.
    Remind,
    /// Nobody answered for so long that others are asked too.
    Escalate,
    /// Nobody answered in time.
    Expire,
    /// Somebody decided, and the execution does not know yet.
    Deliver { outcome: String },
    /// The invocation was given up long ago, and a later passage has been here.
    Nothing,
}

/// Says what it is. Time is when the state was entered.
pub(crate) fn due(
    request: &Request,
    approval: Option<&Approval>,
    waiting: &WaitingTask<ApprovalConfig>,
) -> Due {
    let now = waiting.task.entered_at;
    let Some(approval) = approval else {
        return Due::Ask { round: 1 };
    };
    let is_new = |at| now > approval.entered_at && now > at;
    match approval.decision() {
        // The request has moved on since and came back: that is another question.
        Some(decision) if request.phase != approval.phase && is_new(decision.at()) => Due::Ask {
            round: approval.round + 1,
        },
        Some(decision) => Due::Deliver {
            outcome: decision.outcome().to_owned(),
        },
        None if now < approval.entered_at => Due::Nothing,
        None if now == approval.entered_at => Due::Resume,
        None if now >= approval.decide_until => Due::Expire,
        None if escalation_is_due(approval, waiting) => Due::Escalate,
        None if approval.woken => Due::AskOthers,
        None => Due::Remind,
    }
}

fn escalation_is_due(approval: &Approval, waiting: &WaitingTask<ApprovalConfig>) -> bool {
    let task = &waiting.task;
    task.config.escalate.as_ref().is_some_and(|escalation| {
        let patience = SignedDuration::from_secs(i64::from(escalation.after_seconds));
        let waited = task.entered_at.duration_since(approval.asked_at);
        approval.escalated_at.is_none() && waited >= patience
    })
}
