//! What is due each time that the waiting state is entered.

use domain::approval::{Approval, Deadlock};
use domain::id::PhaseName;
use domain::request::Request;
use domain::task::{ApprovalConfig, AskConfig, WaitingTask};
use jiff::{SignedDuration, Timestamp};

/// The one action that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Due<'a> {
    /// Nobody was asked yet in this round.
    Ask { round: u32 },
    /// They were asked, or an earlier attempt began to: store this state entry's token, and finish that attempt. A
    /// choice has nothing else until it expires.
    Wait,
    /// A team was asked, and nobody answered.
    AskAgain {
        config: &'a ApprovalConfig,
        reason: RepeatReason,
    },
    /// Nobody decided in time. The reason is for the customer of an approval.
    Expire { reason: Option<&'a str> },
    /// Somebody decided, and the task was not answered yet.
    Deliver { outcome: String },
    /// The invocation is outdated: a later state entry was handled already.
    Nothing,
}

/// Why a team is asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RepeatReason {
    /// It is time for a reminder.
    Reminder,
    /// Nobody answered for so long that others are asked too.
    Escalation,
    /// A mail bounced, or somebody joined the team: whoever was not asked yet is asked now, and nobody is reminded.
    Others,
}

impl RepeatReason {
    /// The outcome of the invocation.
    pub(crate) fn outcome(self) -> &'static str {
        match self {
            RepeatReason::Reminder => "reminded",
            RepeatReason::Escalation => "escalated",
            RepeatReason::Others => "asked others",
        }
    }
}

/// Decides what is due. The time is when the state was entered.
pub(crate) fn due<'a>(
    request: &Request,
    approval: Option<&Approval>,
    waiting: &'a WaitingTask<AskConfig>,
) -> Due<'a> {
    let now = waiting.task.entered_at;
    let Some(approval) = approval else {
        return Due::Ask { round: 1 };
    };
    let is_new = |at| now > approval.entered_at && now > at;
    match approval.decision() {
        // The request has moved on since and came back: that is another question.
        Some(decision) if *phase_of(request) != approval.phase && is_new(decision.at()) => {
            Due::Ask {
                round: approval.round + 1,
            }
        }
        Some(decision) => Due::Deliver {
            outcome: decision.outcome().to_owned(),
        },
        None if now < approval.entered_at => Due::Nothing,
        None if now == approval.entered_at => Due::Wait,
        None => unanswered(approval, waiting),
    }
}

/// The phase that the process is in. One that stands still is where it stopped: an attempt that comes late
/// must not ask again for what somebody has decided, which a redrive goes on with.
fn phase_of(request: &Request) -> &PhaseName {
    let stopped = request.stopped.as_ref();
    stopped.map_or(&request.phase, |stopped| &stopped.phase)
}

/// What is due when the state is entered anew and nobody has answered. Where the process stopped before anybody was
/// written to, they are asked anew: what kept the mails from going out does not take the time to decide.
fn unanswered<'a>(approval: &Approval, waiting: &'a WaitingTask<AskConfig>) -> Due<'a> {
    let mut approvers = approval.approvers.iter();
    let nobody_knows =
        approvers.all(|it| it.notified_for.is_none()) && approval.decisions().next().is_none();
    if approval.deadlock != Deadlock::Notified && nobody_knows {
        return Due::Ask {
            round: approval.round + 1,
        };
    }
    let is_over = waiting.task.entered_at >= approval.decide_until;
    match &waiting.task.config {
        AskConfig::Choice(_) if is_over => Due::Expire { reason: None },
        AskConfig::Choice(_) => Due::Wait,
        AskConfig::Approval(config) if is_over => Due::Expire {
            reason: Some(&config.expire_reason),
        },
        AskConfig::Approval(config) => Due::AskAgain {
            config,
            reason: repeat_reason(approval, config, waiting.task.entered_at),
        },
    }
}

fn repeat_reason(approval: &Approval, config: &ApprovalConfig, now: Timestamp) -> RepeatReason {
    let escalation = config.escalate.as_ref().filter(|it| {
        let patience = SignedDuration::from_secs(i64::from(it.after_seconds));
        let waited = now.duration_since(approval.asked_at);
        approval.escalated_at.is_none() && waited >= patience
    });
    // That others are to be asked may have been noted just when a reminder was due. It puts off no reminder for longer
    // than the time between two.
    let interval = SignedDuration::from_secs(i64::from(config.remind_seconds));
    let last = approval.reminded_at.unwrap_or(approval.asked_at);
    let is_early = interval.is_zero() || now.duration_since(last) < interval;
    match (escalation, approval.asks_others && is_early) {
        (Some(_), _) => RepeatReason::Escalation,
        (None, true) => RepeatReason::Others,
        (None, false) => RepeatReason::Reminder,
    }
}
