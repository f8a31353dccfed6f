//! What follows a phase that pays: done, pending, and nothing paid.

use super::{shipped, states_of};

/// The outcomes of a phase, each with the state that follows.
fn outcomes<'s>(states: &'s serde_json::Value, phase: &str) -> Vec<(&'s str, &'s str)> {
    let choices = states[format!("{phase} Outcome")]["Choices"].as_array();
    let choices = choices.unwrap().iter().map(|choice| {
        let condition = choice["Condition"].as_str().unwrap();
        let outcome = condition.split('\'').nth(1).unwrap();
        (outcome, choice["Next"].as_str().unwrap())
    });
    choices.collect()
}

/// The states that follow one another, without branches, from one to the first of another kind.
fn mails_from<'s>(states: &'s serde_json::Value, state: &'s str) -> Vec<&'s str> {
    let next = |state: &&str| states[*state]["Next"].as_str();
    let mails = |state: &&str| states[*state]["Arguments"]["FunctionName"] == "${SendEmail}";
    let mut path: Vec<&str> = std::iter::successors(Some(state), next)
        .take_while(mails)
        .collect();
    path.extend(path.last().copied().as_ref().and_then(next));
    path
}

#[test]
fn who_is_not_paid_is_told_after_the_team() {
    let states = states_of(&[]);
    let told = ["Pay Error Email", "Pay Error Notice", "Refused"];
    assert_eq!(mails_from(&states, "Pay Error Email"), told);
    let pending = outcomes(&states, "Pay Pending");
    assert!(
        pending.contains(&("error", "Pay Error Email")),
        "{pending:?}"
    );
    let notice = &states["Pay Error Notice"]["Arguments"]["Payload"];
    assert_eq!(notice["phase"], "Pay");
    assert_eq!(notice["config"]["to"]["field"], "email");
}

#[test]
fn an_email_on_the_way_tells_the_customer_as_well() {
    let mail = "      customer:\n        to: \"{{ email }}\"\n        subject: Not paid\n        body: We could not pay.\n";
    let states = states_of(&[
        (mail, ""),
        (
            "  Paid:\n    type: end",
            "  Regret:\n    type: email\n    to: \"{{ email }}\"\n    subject: No\n    body: No.\n  Paid:\n    type: end",
        ),
        ("    error: Refused", "    error: Regret\n  Regret: Refused"),
    ]);
    assert_eq!(
        mails_from(&states, "Pay Error Email"),
        ["Pay Error Email", "Regret", "Refused"]
    );
}

#[test]
fn where_another_payment_is_tried_only_who_is_not_paid_for_good_is_told() {
    let states = shipped("customer-success/refund-request-routed");
    let given = outcomes(&states, "Give Credit");
    assert_eq!(
        given,
        [
            ("done", "Send Credit Email"),
            ("error", "Give Credit Error Email"),
            ("exhausted", "Give Credit Exhausted Email")
        ]
    );
    for (first, path) in [
        (
            "Give Credit Error Email",
            &["Give Credit Error Email", "Process Refund"][..],
        ),
        (
            "Give Credit Exhausted Email",
            &[
                "Give Credit Exhausted Email",
                "Give Credit Exhausted Notice",
                "Denied",
            ],
        ),
        (
            "Process Refund Error Email",
            &[
                "Process Refund Error Email",
                "Process Refund Error Notice",
                "Denied",
            ],
        ),
    ] {
        assert_eq!(mails_from(&states, first), path);
    }
}

#[test]
fn a_credit_is_never_pending() {
    let states = states_of(&[("Stripe - Create Refund", "Stripe - Create Credit")]);
    let config = &states["Pay"]["Arguments"]["Payload"]["config"];
    assert_eq!(config["action"], "createCredit");
    assert_eq!(states.get("Pay Pending"), None);
    assert_eq!(
        outcomes(&states, "Pay"),
        [
            ("done", "Thanks"),
            ("error", "Pay Error Email"),
            ("exhausted", "Pay Error Email")
        ]
    );
}

#[test]
fn what_is_pending_is_waited_for_with_or_without_a_mail() {
    let pending = |states: &serde_json::Value| {
        let outcomes = outcomes(states, "Pay");
        let pending = outcomes.iter().find(|(outcome, _)| *outcome == "pending");
        pending.unwrap().1.to_owned()
    };
    assert_eq!(pending(&states_of(&[])), "Pay Pending");
    let mail = "    while pending:\n      to: \"{{ email }}\"\n      subject: Soon\n      body: Soon.\n    on error:\n";
    let states = states_of(&[("    on error:\n", mail)]);
    assert_eq!(pending(&states), "Pay Pending Email");
    assert_eq!(states["Pay Pending Email"]["Next"], "Pay Pending");
}
