//! An approval to test with.

use jiff::Timestamp;

use super::{Approval, Door, LinkKey, Recorded, Verdict, authorize_decision};
use crate::id::{PhaseName, RequestId};
use crate::request::Request;
use crate::task::{ApprovalConfig, ChoiceConfig, ChoiceOption, Confirm, Task, WaitingTask};

/// A key that is no secret.
pub fn link_key() -> LinkKey {
    LinkKey::new("0123456789abcdef0123456789abcdef").expect("it is long enough")
}

/// The payload of `CSM Review`, entered at the given second of 1970.
pub fn waiting(request_id: RequestId, second: i64, token: &str) -> WaitingTask<ApprovalConfig> {
    let phase: PhaseName = "CSM Review".parse().expect("it is a phase name");
    WaitingTask {
        task: Task {
            request_id,
            entered_at: Timestamp::from_second(second).expect("it is a small number"),
            state: phase.to_string(),
            phase,
            version: "v1".to_owned(),
            config: ApprovalConfig {
                team: "csm-team".parse().expect("it is a team id"),
                responsible: "CSM Team".to_owned(),
                question: "Refund?".to_owned(),
                approvals: 1,
                separate_from: Vec::new(),
                confirm: Confirm::Code,
                escalate: None,
                remind_seconds: 24 * 3600,
                expire_seconds: 14 * 24 * 3600,
                expire_reason: "Nobody could look at it in time.".to_owned(),
                attention: "csm-team".parse().expect("it is a team id"),
            },
        },
        task_token: token.parse().expect("it is a task token"),
    }
}

/// A decision by `csm-1@example.com`, made as everybody makes it: through the door.
pub fn recorded(verdict: Verdict, reason: &str) -> Recorded {
    let (request, _) = crate::request::fixture::request();
    let waiting = waiting(request.request_id, 0, "token");
    let mut approval = Approval::ask(&waiting, 1, &["csm-1@example.com".to_owned()]);
    decide(
        &mut approval,
        &request,
        "csm-1@example.com",
        verdict,
        reason,
    )
}

/// Decides an approval as that person, one second after it was asked.
pub fn decide(
    approval: &mut Approval,
    request: &Request,
    by: &str,
    verdict: Verdict,
    reason: &str,
) -> Recorded {
    answer(approval, request, by, verdict.as_str(), reason)
}

/// The payload of `Offer Credit`, entered at the given second of 1970: a choice of three days.
pub fn offering(request_id: RequestId, second: i64, token: &str) -> WaitingTask<ChoiceConfig> {
    let phase: PhaseName = "Offer Credit".parse().expect("it is a phase name");
    let option = |outcome: &str, label: &str| ChoiceOption {
        outcome: outcome.to_owned(),
        label: label.to_owned(),
    };
    let config = ChoiceConfig {
        to: "customerEmail".parse().expect("it is a field name"),
        question: "How would you like your money back?".to_owned(),
        options: vec![
            option("credit", "A credit of {{ refundAmount }} toward my next invoice"),
            option("cash", "A refund of {{ refundAmount }} to my card"),
        ],
        subject: "Your refund of {{ refundAmount }}: credit or cash?".to_owned(),
        body: "Hi!\n\nYour refund of {{ refundAmount }} is approved. Which way would you like it?\nYou wrote: {{ notes }}\n\nIf we do not hear from you within three days, we refund your card. See {{ statusUrl }} for how it stands.".to_owned(),
        confirm: Confirm::Code,
        expire_seconds: 3 * 24 * 3600,
    };
    WaitingTask {
        task: Task {
            phase: phase.clone(),
            state: phase.to_string(),
            ..waiting(request_id, second, token).task.with(config)
        },
        task_token: token.parse().expect("it is a task token"),
    }
}

/// The choice of [`offering`], offered to the customer at the beginning of 1970.
pub fn offer(request: &Request) -> Approval {
    let to = request.emails().next().expect("the fixture has an address");
    Approval::offer(
        &offering(request.request_id, 0, "token-1"),
        1,
        request,
        to,
        &link_key(),
    )
    .expect("the fixture's texts can be rendered")
}

/// Chooses as the customer, one second after they were asked.
pub fn choose(approval: &mut Approval, request: &Request, option: &str) -> Recorded {
    let customer = approval.approvers[0].email.clone();
    answer(approval, request, &customer, option, "")
}

fn answer(
    approval: &mut Approval,
    request: &Request,
    by: &str,
    decision: &str,
    reason: &str,
) -> Recorded {
    let key = link_key();
    let (_, code) = approval.secrets(&key, by);
    let link = approval.link(&key, by);
    let door = Door {
        key: &key,
        approval,
        link: &link,
        request,
        earlier: &[],
        is_member: true,
        at: approval.asked_at + jiff::SignedDuration::from_secs(1),
    };
    let authorized = authorize_decision(&door, decision, &code, reason);
    approval.record(authorized.expect("the fixture may decide"))
}
