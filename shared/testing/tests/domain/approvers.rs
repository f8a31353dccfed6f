//! Who is asked: who is added, who was written to, whom no mail reaches, and whose answer is waited for.

use domain::approval::{Approval, TeamAbility, Verdict};
use domain::form::Value;
use domain::team::Teams;
use jiff::Timestamp;
use testing::fixtures::approval::teams;

use crate::approval::{A, B, Case, at, case};

const C: &str = "c@example.com";
const D: &str = "d@example.com";

fn people<const N: usize>(addresses: [&str; N]) -> [String; N] {
    addresses.map(str::to_owned)
}

#[test]
fn who_is_asked_already_is_not_asked_again_and_keeps_their_team() {
    let mut approval = case(|_| {}).approval;
    approval.add_approvers(&people([B, C, "C@Example.com"]), None);
    approval.add_approvers(&people([C, D]), Some("Managers"));
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
    approval.add_approvers(&people([C]), None);
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
    let all = teams(&[A, B, C]);
    let is_decidable = |case: &Case| {
        case.approval
            .is_decidable(&case.request, &case.earlier, &all)
    };
    let mut case = case(|config| config.approvals = 2);
    assert!(is_decidable(&case));
    case.approval.hand_over(B, C);
    assert!(is_decidable(&case));
    case.decide(A, Verdict::Approve);
    assert!(is_decidable(&case));
    case.approval.set_reachability(C, true, at(2));
    assert!(!is_decidable(&case));
}

#[test]
fn a_team_decides_of_itself_while_enough_of_it_may_and_get_mail() {
    for approvals in [1, 2] {
        let mut case = case(|config| config.approvals = approvals);
        let ability = |case: &Case| case.approval.team_ability(&case.request, &case.earlier);
        // Another team's people are none of it.
        case.approval
            .add_approvers(&people([C, D]), Some("Managers"));
        assert_eq!(ability(&case), TeamAbility::Decides);
        case.approval.set_reachability(A, true, at(1));
        let one_left = [TeamAbility::Decides, TeamAbility::TooFew];
        assert_eq!(ability(&case), one_left[approvals as usize - 1]);
        case.approval.set_reachability(B, true, at(1));
        assert_eq!(ability(&case), TeamAbility::Unreached);
    }
    let mut own = case(|_| {});
    own.approval.approvers.pop();
    own.request.answers[0].value = Some(Value::Text(A.to_owned()));
    let ability = own.approval.team_ability(&own.request, &own.earlier);
    assert_eq!(ability, TeamAbility::Ineligible);
}

#[test]
fn who_left_the_team_is_not_counted_on_and_what_was_handed_to_them_comes_back() {
    let mut case = case(|config| config.approvals = 2);
    let is_decidable = |case: &Case, teams: &Teams| {
        case.approval
            .is_decidable(&case.request, &case.earlier, teams)
    };
    assert!(is_decidable(&case, &teams(&[A, B])));
    assert!(!is_decidable(&case, &teams(&[A])));
    case.approval.hand_over(B, C);
    assert_eq!(case.approval.take_back(&teams(&[A, B, C])), [""; 0]);
    let left = teams(&[A, B]);
    assert!(!is_decidable(&case, &left));
    assert_eq!(case.approval.take_back(&left), [B]);
    assert!(is_decidable(&case, &left));
    assert_eq!(
        case.approval.approver(B).unwrap().generation,
        1,
        "the old link decides nothing"
    );
    assert_eq!(case.approval.take_back(&left), [""; 0]);
}
