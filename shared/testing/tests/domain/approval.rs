//! Who may decide, with what, and when.

use domain::approval::*;
use domain::one_time_code::WRONG_CODES;
use domain::request::Request;
use domain::table::Entity;
use domain::task::*;
use jiff::Timestamp;
use testing::fixtures;
use testing::fixtures::approval::{decide, link_keys, teams, waiting};

pub(crate) const A: &str = "a@example.com";
pub(crate) const B: &str = "b@example.com";
pub(crate) const DAYS: i64 = 24 * 3600;

pub(crate) struct Case {
    pub(crate) request: Request,
    pub(crate) approval: Approval,
    pub(crate) earlier: Vec<Approval>,
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn case(change: impl FnOnce(&mut ApprovalConfig)) -> Case {
    let (request, _) = fixtures::request::request();
    let mut waiting = waiting(request.request_id, 0, "token");
    change(&mut waiting.task.config);
    let approval = Approval::ask(&waiting, 1, &[A.to_owned(), B.to_owned()], &link_keys());
    Case {
        request,
        approval,
        earlier: Vec::new(),
    }
}

impl Case {
    fn code(&self, who: &str) -> String {
        self.approval.secrets(&link_keys(), who).1
    }

    fn context<'a>(
        &'a self,
        keys: &'a LinkKeys,
        link: &'a Link,
        second: i64,
    ) -> DecisionContext<'a> {
        DecisionContext {
            keys,
            approval: &self.approval,
            link,
            request: &self.request,
            earlier: &self.earlier,
            is_member: true,
            lookup: None,
            at: at(second),
        }
    }

    fn try_at(
        &self,
        link: &Link,
        second: i64,
        verdict: Verdict,
        code: &str,
        reason: &str,
    ) -> Result<Authorized, Refusal> {
        let keys = link_keys();
        let context = self.context(&keys, link, second);
        let submitted = SubmittedDecision {
            decision: verdict.as_str(),
            code,
            reason,
            ..SubmittedDecision::default()
        };
        authorize_decision(&context, &submitted)
    }

    fn refused(&self, who: &str, verdict: Verdict, code: &str, reason: &str) -> Refusal {
        let link = self.approval.link(&link_keys(), who);
        self.try_at(&link, 1, verdict, code, reason).unwrap_err()
    }

    fn team(&mut self) -> &mut TeamReview {
        match &mut self.approval.asked {
            Asked::Team(team) => team,
            Asked::Customer(_) => unreachable!("it was asked of a team"),
        }
    }

    pub(crate) fn decide(&mut self, who: &str, verdict: Verdict) -> Recorded {
        decide(&mut self.approval, &self.request, who, verdict, "Because.")
    }
}

#[test]
fn links_and_codes_are_stable_and_the_table_holds_none_of_them() {
    let case = case(|_| {});
    let (link, code) = case.approval.secrets(&link_keys(), A);
    assert_eq!(case.approval.secrets(&link_keys(), A), (link.clone(), code));
    let links = case.approval.links(&link_keys());
    assert_eq!(links[0].key(), Link::key_of(&link));
    assert_ne!(links[0].key(), links[1].key());
    let kept_until = case.approval.decide_until + jiff::SignedDuration::from_hours(30 * 24);
    assert_eq!(links[0].expires_at(), Some(kept_until));
    let stored = serde_json::to_string(&(&case.approval, links)).unwrap();
    assert!(
        !stored.contains(&link),
        "the table must not hold a usable link"
    );
}

#[test]
fn only_the_own_code_decides_and_only_what_could_be_a_code_is_a_guess() {
    let case = case(|_| {});
    for junk in [
        "",
        " ",
        "12345",
        "1234567",
        "12345x",
        "<b>",
        "\u{0661}\u{0662}\u{0663}456",
    ] {
        assert_eq!(
            case.refused(A, Verdict::Approve, junk, ""),
            Refusal::NoCode,
            "{junk}"
        );
    }
    assert_eq!(
        case.refused(A, Verdict::Approve, &case.code(B), ""),
        Refusal::WrongCode
    );
    let link = case.approval.link(&link_keys(), A);
    let padded = format!(" {} ", case.code(A));
    let authorized = case
        .try_at(&link, 1, Verdict::Approve, &padded, "")
        .unwrap();
    let decision = authorized.decision();
    assert_eq!(decision.decider(), Decider::Approver(A));
    assert_eq!((decision.at(), decision.reason()), (at(1), None));
}

#[test]
fn only_approve_and_reject_are_answers_and_others_are_no_guess_at_a_code() {
    let case = case(|_| {});
    let link = case.approval.link(&link_keys(), A);
    let keys = link_keys();
    for answer in ["", "maybe", "Approve", " approve", "credit", "expire"] {
        let context = case.context(&keys, &link, 1);
        for code in [case.code(A), "000000".to_owned(), String::new()] {
            let submitted = SubmittedDecision {
                decision: answer,
                code: &code,
                ..SubmittedDecision::default()
            };
            let refusal = authorize_decision(&context, &submitted).unwrap_err();
            let offered = ["approve", "reject"].map(str::to_owned).to_vec();
            assert_eq!(refusal, Refusal::NotOffered(offered), "{answer:?}");
        }
    }
}

#[test]
fn a_rejection_needs_a_reason_of_a_sensible_length() {
    let case = case(|_| {});
    let code = case.code(A);
    assert_eq!(
        case.refused(A, Verdict::Reject, &code, "  "),
        Refusal::ReasonMissing
    );
    let long = "x".repeat(REASON_CHARS + 1);
    assert_eq!(
        case.refused(A, Verdict::Reject, &code, &long),
        Refusal::ReasonInvalid(domain::prose::ProseError::TooLong(2_000))
    );
    let link = case.approval.link(&link_keys(), A);
    for (given, reason) in [(" Late. ", "Late."), (&long[1..], &long[1..])] {
        let no = case.try_at(&link, 1, Verdict::Reject, &code, given);
        assert_eq!(no.unwrap().decision().reason(), Some(reason));
    }
}

#[test]
fn expired_used_superseded_and_locked_links_decide_nothing() {
    let mut case = case(|_| {});
    let (code, mut link) = (case.code(A), case.approval.link(&link_keys(), A));
    let end = 14 * DAYS;
    let late = case.try_at(&link, end, Verdict::Approve, &code, "");
    assert_eq!(late.unwrap_err(), Refusal::Expired);
    assert!(
        case.try_at(&link, end - 1, Verdict::Approve, &code, "")
            .is_ok()
    );

    for _ in 0..WRONG_CODES {
        assert!(!link.is_locked());
        link.count_wrong_code();
    }
    let locked = case.try_at(&link, 1, Verdict::Approve, &code, "");
    assert_eq!(locked.unwrap_err(), Refusal::Locked);

    let old = case.approval.link(&link_keys(), A);
    assert!(case.approval.renew(A, at(1)));
    assert_ne!(case.code(A), code, "a fresh link has a fresh code");
    let superseded = case.try_at(&old, 2, Verdict::Approve, &code, "");
    assert_eq!(superseded.unwrap_err(), Refusal::Superseded);

    let decision = case.decide(A, Verdict::Approve).decision().clone();
    let code = case.code(B);
    assert_eq!(
        case.refused(B, Verdict::Reject, &code, "No."),
        Refusal::Decided(Box::new(decision))
    );
    case.approval.round = 2;
    let mut old = case.approval.link(&link_keys(), B);
    old.round = 1;
    let superseded = case.try_at(&old, 2, Verdict::Approve, &code, "");
    assert_eq!(superseded.unwrap_err(), Refusal::Superseded);
}

#[test]
fn a_click_is_enough_where_the_definition_says_so() {
    let case = case(|config| config.confirm = Confirm::Click);
    let link = case.approval.link(&link_keys(), A);
    assert!(case.try_at(&link, 1, Verdict::Approve, "", "").is_ok());
}

#[test]
fn nobody_decides_their_own_request_however_they_write_their_address() {
    let mut case = case(|_| {});
    case.approval
        .add_approvers(&["Ada@Example.COM".to_owned()], None);
    let code = case.code("Ada@Example.COM");
    let refusal = case.refused("Ada@Example.COM", Verdict::Approve, &code, "");
    assert_eq!(refusal, Refusal::Ineligible(Ineligible::OwnRequest));
}

#[test]
fn who_decided_a_separate_phase_cannot_decide_this_one() {
    let mut first = case(|_| {});
    first.decide(A, Verdict::Approve);
    let mut second = case(|config| config.separate_from = vec!["CSM Review".parse().unwrap()]);
    second.earlier = vec![first.approval];
    let refusal = second.refused(A, Verdict::Approve, &second.code(A), "");
    let ineligible = Ineligible::DecidedBefore("CSM Review".parse().unwrap());
    assert_eq!(refusal, Refusal::Ineligible(ineligible));
    assert!(
        second
            .try_at(
                &second.approval.link(&link_keys(), B),
                1,
                Verdict::Approve,
                &second.code(B),
                ""
            )
            .is_ok()
    );
    assert!(
        second
            .approval
            .is_decidable(&second.request, &second.earlier, &teams(&[A, B]))
    );
    second.team().approvals = 2;
    assert!(
        !second
            .approval
            .is_decidable(&second.request, &second.earlier, &teams(&[A, B]))
    );

    second.team().separate_from.clear();
    second.team().approvals = 1;
    assert!(
        second
            .try_at(
                &second.approval.link(&link_keys(), A),
                1,
                Verdict::Approve,
                &second.code(A),
                ""
            )
            .is_ok()
    );
}

#[test]
fn two_of_two_are_two_people_and_the_first_no_ends_it() {
    let mut yes = case(|config| config.approvals = 2);
    let first = yes.decide(A, Verdict::Approve);
    assert_eq!((first.missing(), yes.approval.decision()), (1, None));
    let again = yes.refused(A, Verdict::Approve, &yes.code(A), "");
    assert_eq!(
        again,
        Refusal::AlreadyApproved(Box::new(first.decision().clone()))
    );
    let second = yes.decide(B, Verdict::Approve);
    assert_eq!(
        (second.missing(), yes.approval.decision()),
        (0, Some(second.decision()))
    );
    assert!(yes.approval.was_decided_by(A) && yes.approval.was_decided_by(B));

    let mut no = case(|config| config.approvals = 2);
    let only = no.decide(B, Verdict::Reject);
    assert_eq!(
        (only.missing(), no.approval.decision()),
        (0, Some(only.decision()))
    );
}

#[test]
fn who_hands_over_decides_nothing_more_and_the_other_does() {
    let mut case = case(|_| {});
    let (code, link) = (case.code(A), case.approval.link(&link_keys(), A));
    assert!(
        case.approval.hand_over(A, "c@example.com"),
        "the new one needs a link"
    );
    let refusal = case
        .try_at(&link, 1, Verdict::Approve, &code, "")
        .unwrap_err();
    assert_eq!(refusal, Refusal::HandedOver("c@example.com".to_owned()));
    assert!(
        !case.approval.hand_over("c@example.com", B),
        "they have one"
    );
    assert!(
        case.approval.hand_over(B, A),
        "the old one stays without use"
    );
    let old = case
        .try_at(&link, 1, Verdict::Approve, &code, "")
        .unwrap_err();
    assert_eq!(old, Refusal::Superseded);
    assert_eq!(case.decide(A, Verdict::Approve).missing(), 0);
}

#[test]
fn fresh_links_are_mailed_a_few_times_a_day() {
    let mut case = case(|_| {});
    let mailed: Vec<bool> = (0..7).map(|n| case.approval.renew(A, at(n))).collect();
    assert_eq!(mailed, [true, true, true, true, true, false, false]);
    assert!(case.approval.renew(A, at(DAYS + 10)));
    assert!(case.approval.renew(B, at(0)), "each has their own limit");
}

#[test]
fn it_expires_when_the_time_is_over_and_nobody_decided() {
    let mut open = case(|_| {});
    open.approval.expire(at(14 * DAYS - 1), Some("Late."));
    assert_eq!(open.approval.decision(), None);
    let mut decided = open.approval.clone();
    open.approval.expire(at(14 * DAYS), Some("Late."));
    let expired = open.approval.decision().unwrap();
    assert_eq!(expired.outcome(), "expire");
    assert_eq!(expired.decider(), Decider::Nobody);
    decide(&mut decided, &open.request, A, Verdict::Approve, "");
    decided.expire(at(14 * DAYS), Some("Late."));
    assert_eq!(decided.decision().unwrap().outcome(), "approve");
}
