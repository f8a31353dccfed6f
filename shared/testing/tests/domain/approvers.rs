//! Who is asked: who is added, who was written to, whom no mail reaches, and whose answer is waited for.

use domain::approval::{Approval, Verdict};
use jiff::Timestamp;

use crate::approval::{A, B, Case, at, case};

const C: &str = "c@example.com";
const D: &str = "d@example.com";

fn people<const N: usize>(addresses: [&str; N]) -> [String; N] {
    addresses.map(str::to_owned)
}

#[test]
fn who_is_asked_already_is_not_asked_again_and_keeps_their_team() {
    let mut approval = case(|_| {}).approval;
    let new = approval.add_approvers(&people([B, C, "C@Example.com"]));
    assert_eq!(new, [C]);
    assert_eq!(
        approval.escalate("Managers", &people([C, D]), at(9)),
        [D],
        "links are stored for these"
    );
    assert_eq!(approval.escalated_at, Some(at(9)));
    let teams = approval.approvers.iter().map(|it| it.team.as_deref());
    let teams: Vec<_> = teams.collect();
    assert_eq!(teams, [None, None, None, Some("Managers")]);
}

#[test]
fn an_approver_becomes_unreachable_once_and_keeps_since_when() {
    let mut approval = case(|_| {}).approval;
    for (second, is_suppressed, became_unreachable, since) in [
        (1, false, false, None),
        (2, true, true, Some(2)),
        (3, true, false, Some(2)),
        (4, false, false, None),
        (5, true, true, Some(5)),
    ] {
        let changed = approval.set_reachability(A, is_suppressed, at(second));
        assert_eq!(changed, became_unreachable, "{second}");
        let unreachable = approval.unreachable();
        let unreachable: Vec<_> = unreachable
            .map(|it| (it.email.as_str(), it.unreachable))
            .collect();
        let expected: Vec<_> = since
            .map(|since| (A, Some(at(since))))
            .into_iter()
            .collect();
        assert_eq!(unreachable, expected, "{second}");
    }
    assert!(!approval.set_reachability(C, true, at(6)), "nobody asked C");
}

#[test]
fn whoever_was_mailed_the_link_in_use_counts_as_notified_in_the_next_state_entry() {
    let notified = |approval: &Approval| -> Vec<Option<Timestamp>> {
        let approvers = approval.approvers.iter();
        approvers.map(|it| it.notified_for).collect()
    };
    let mut approval = case(|_| {}).approval;
    approval.add_approvers(&people([C]));
    approval.note_mail(A);
    approval.note_mail(B);
    approval.renew(B, at(1));
    approval.entered_at = at(5);
    approval.mark_already_notified();
    assert_eq!(notified(&approval), [Some(at(5)), Some(at(0)), None]);
    approval.note_mail(B);
    approval.entered_at = at(6);
    approval.mark_already_notified();
    assert_eq!(notified(&approval), [Some(at(6)), Some(at(6)), None]);
}

#[test]
fn it_is_decidable_while_enough_get_mail_and_have_neither_approved_nor_handed_over() {
    let is_decidable = |case: &Case| case.approval.is_decidable(&case.request, &case.earlier);
    let mut case = case(|config| config.approvals = 2);
    assert!(is_decidable(&case));
    case.approval.hand_over(B, C);
    assert!(is_decidable(&case));
    case.decide(A, Verdict::Approve);
    assert!(is_decidable(&case));
    case.approval.set_reachability(C, true, at(2));
    assert!(!is_decidable(&case));
}
