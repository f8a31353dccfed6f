//! The same context, turned round: only the customer chooses, and only what is offered.

use crate::approval::{A, DAYS, at, case};
use domain::approval::*;
use domain::id::{PhaseName, TeamId};
use domain::one_time_code::WRONG_CODES;
use domain::request::Request;
use domain::task::{Confirm, Escalation};
use testing::fixtures;
use testing::fixtures::approval::link_keys;
use testing::fixtures::approval::{choose, offer, offering};

const CUSTOMER: &str = "ada@example.com";

fn offered() -> (Request, Approval) {
    let (request, _) = fixtures::request::request();
    let approval = offer(&request);
    (request, approval)
}

fn attempt(
    (request, approval): &(Request, Approval),
    link: &Link,
    second: i64,
    decision: &str,
    code: &str,
) -> Result<Authorized, Refusal> {
    let context = DecisionContext {
        keys: &link_keys(),
        approval,
        link,
        request,
        earlier: &[],
        // No customer is on a team.
        is_member: false,
        lookup: None,
        at: at(second),
    };
    let submitted = SubmittedDecision {
        decision,
        code,
        reason: "a reason that nobody asked for",
        ..SubmittedDecision::default()
    };
    authorize_decision(&context, &submitted)
}

#[test]
fn the_texts_are_filled_from_the_request() {
    let (_, approval) = offered();
    let Asked::Customer(choice) = &approval.asked else {
        panic!("{approval:?}")
    };
    assert_eq!(approval.question, "How would you like your money back?");
    assert_eq!(
        choice.label("credit"),
        Some("A credit of $50.00 toward my next invoice")
    );
    assert_eq!(choice.label("approve"), None);
    let stored = serde_json::to_string(&approval).unwrap();
    assert!(
        !stored.contains("/requests/"),
        "the table holds no usable link to the status page"
    );
}

#[test]
fn a_team_and_the_customer_are_asked_as_the_definition_says() {
    let finance: PhaseName = "Finance Approval".parse().unwrap();
    let team = case(|config| {
        config.separate_from = vec![finance.clone()];
        config.escalate = Some(Escalation {
            after_seconds: 1,
            team: "managers".parse().unwrap(),
            responsible: "Managers".to_owned(),
        });
    });
    let Approval {
        question, asked, ..
    } = &team.approval;
    assert_eq!(
        (question.as_str(), asked.responsible()),
        ("Refund?", "CSM Team")
    );
    let teams: Vec<_> = asked.teams().iter().map(TeamId::as_str).collect();
    assert_eq!(teams, ["csm-team", "managers"]);
    assert_eq!(asked.separate_from(), [finance]);

    let (request, _) = fixtures::request::request();
    let mut waiting = offering(request.request_id, 0, "token");
    waiting.task.config.confirm = Confirm::Click;
    let choice = Approval::offer(&waiting, 1, &request, CUSTOMER, &link_keys()).unwrap();
    assert_eq!(choice.confirm, Confirm::Click);
    assert_eq!(choice.asked.responsible(), "customer");
    assert!(choice.asked.teams().is_empty() && choice.asked.separate_from().is_empty());
}

#[test]
fn only_what_is_offered_is_an_answer_and_others_are_no_guess_at_a_code() {
    let case = offered();
    let (_, code) = case.1.secrets(&link_keys(), CUSTOMER);
    let link = case.1.link(&link_keys(), CUSTOMER);
    for decision in ["approve", "reject", "expire", "", "Credit", "credit "] {
        for code in [code.as_str(), "000000", ""] {
            let refusal = attempt(&case, &link, 1, decision, code).unwrap_err();
            let offered = ["credit", "cash"].map(str::to_owned).to_vec();
            assert_eq!(refusal, Refusal::NotOffered(offered), "{decision:?}");
        }
    }
    for decision in ["credit", "cash"] {
        let authorized = attempt(&case, &link, 1, decision, &code).unwrap();
        let made = authorized.decision();
        assert_eq!(
            (made.outcome(), made.decider()),
            (decision, Decider::Customer)
        );
        assert_eq!((made.by(), made.reason()), (None, None));
        assert!(made.shown().is_some());
    }
}

#[test]
fn the_code_the_lock_the_time_and_the_generation_count_as_for_approvals() {
    let mut case = offered();
    let (_, code) = case.1.secrets(&link_keys(), CUSTOMER);
    let mut link = case.1.link(&link_keys(), CUSTOMER);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    let end = 3 * DAYS;
    for (second, code, expected) in [
        (1, "", Refusal::NoCode),
        (1, wrong, Refusal::WrongCode),
        (end, code.as_str(), Refusal::Expired),
    ] {
        let refusal = attempt(&case, &link, second, "cash", code).unwrap_err();
        assert_eq!(refusal, expected);
    }
    assert!(attempt(&case, &link, end - 1, "cash", &code).is_ok());
    for _ in 0..WRONG_CODES {
        link.count_wrong_code();
    }
    let refusal = attempt(&case, &link, 1, "cash", &code).unwrap_err();
    assert_eq!(refusal, Refusal::Locked);
    let old = case.1.link(&link_keys(), CUSTOMER);
    case.1.renew(CUSTOMER, at(1));
    let refusal = attempt(&case, &old, 2, "cash", &code).unwrap_err();
    assert_eq!(refusal, Refusal::Superseded);
}

#[test]
fn it_is_chosen_once() {
    let mut case = offered();
    let made = choose(&mut case.1, &case.0, "cash").decision().clone();
    let (_, code) = case.1.secrets(&link_keys(), CUSTOMER);
    let link = case.1.link(&link_keys(), CUSTOMER);
    let refusal = attempt(&case, &link, 2, "credit", &code).unwrap_err();
    assert_eq!(refusal, Refusal::Decided(Box::new(made)));
}

#[test]
fn nobody_chooses_for_the_customer_whichever_link_they_have() {
    let (request, _) = fixtures::request::request();
    let waiting = offering(request.request_id, 0, "token");
    for (to, fits) in [(CUSTOMER, true), ("Ada@Example.com", true), (A, false)] {
        let approval = Approval::offer(&waiting, 1, &request, to, &link_keys()).unwrap();
        let (_, code) = approval.secrets(&link_keys(), to);
        let link = approval.link(&link_keys(), to);
        let case = (request.clone(), approval);
        let answer = attempt(&case, &link, 1, "credit", &code);
        match answer {
            Ok(_) => assert!(fits, "{to}"),
            Err(refusal) => assert_eq!((refusal, fits), (Refusal::NotTheirs, false)),
        }
    }
}

#[test]
fn both_kinds_are_read_as_they_were_stored() {
    for approval in [case(|_| {}).approval, offered().1] {
        let stored = serde_json::to_value(&approval).unwrap();
        assert_eq!(
            serde_json::from_value::<Approval>(stored).unwrap(),
            approval
        );
    }
}
