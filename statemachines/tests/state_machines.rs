//! What holds of every generated state machine, whatever the definition.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod payments;
mod random_definitions;
mod walk;

use std::path::Path;

use domain::task::{AskConfig, Confirm, EmailConfig, Offering};
use statemachines::compile;
use statemachines::files::Folders;

const VALID: &str = include_str!("fixtures/shop/refund.yaml");

#[test]
fn the_committed_state_machines_hold_together() {
    let offerings = Folders::of_this_checkout().offerings().unwrap();
    assert!(!offerings.is_empty());
    for generated in offerings {
        println!("{}", generated.path);
        walk::check(&generated.asl);
    }
}

#[test]
fn the_smaller_one_is_as_expected() {
    let generated = compile(Path::new("shop/refund.yaml"), VALID).unwrap();
    walk::check(&generated.asl);
    insta::assert_snapshot!("small_schema", generated.schema);
    insta::assert_snapshot!("small_diagram", generated.diagram);
}

/// The states of the smaller one with some of its text replaced.
fn states_of(changes: &[(&str, &str)]) -> serde_json::Value {
    let change = |text: String, (from, to): &(&str, &str)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    };
    let source = changes.iter().fold(VALID.to_owned(), change);
    let generated = compile(Path::new("shop/refund.yaml"), &source).unwrap();
    walk::check(&generated.asl);
    let machine: serde_json::Value = serde_json::from_str(&generated.asl).unwrap();
    machine["States"].clone()
}

#[test]
fn a_lookup_comes_before_every_way_to_its_approval() {
    let look_up = "    look up: charge\n    question: Really?";
    let states = states_of(&[("    question: Really?", look_up)]);
    let first = &states["Check Outcome"]["Choices"][0]["Next"];
    assert_eq!(first, "Second Review Lookup");
    assert_eq!(states["Second Review Lookup"]["Next"], "Second Review");
    assert_eq!(states["Second Review"]["Catch"][0]["Next"], "Second Review");
}

const START: &str = "    type: start\n";

#[test]
fn the_arrival_is_acknowledged_unless_nobody_can_be_told() {
    let states = states_of(&[]);
    let payload = &states["Acknowledgement"]["Arguments"]["Payload"];
    assert_eq!(states["Start"]["Next"], "Acknowledgement");
    assert_eq!(states["Acknowledgement"]["Next"], "Review");
    assert_eq!(
        payload["phase"], "Review",
        "the request is in it from the start"
    );
    assert_eq!(payload["config"]["to"]["field"], "email");
    let own = "    acknowledge:\n      to: \"{{ email }}\"\n      subject: Thanks\n      body: See {{ statusUrl }}.\n";
    let states = states_of(&[(START, &format!("{START}{own}"))]);
    let config = &states["Acknowledgement"]["Arguments"]["Payload"]["config"];
    assert_eq!(config["subject"], "Thanks");
    let states = states_of(&[(START, &format!("{START}    acknowledge: false\n"))]);
    assert_eq!(states["Start"]["Next"], "Review");
    assert_eq!(states.get("Acknowledgement"), None);
    let survey = shipped("customer-satisfaction/csat-survey");
    assert_eq!(survey.get("Acknowledgement"), None, "it is no request");
}

#[test]
fn customers_read_words_of_their_own_for_the_offering_and_each_phase() {
    let states = states_of(&[]);
    let wording = |states: &serde_json::Value| {
        let offering = states["Start"]["Assign"]["offering"].clone();
        serde_json::from_value::<Offering>(offering).unwrap()
    };
    let usual = wording(&states);
    assert_eq!(usual.title(), "Refund");
    let seen: Vec<_> = usual
        .wording
        .phases
        .iter()
        .map(|(name, it)| (name.as_str(), it.as_str()))
        .collect();
    let expected = [
        ("Check", "Under review"),
        ("Pay", "Being processed"),
        ("Review", "Under review"),
        ("Second Review", "Under review"),
        ("Sorry", "We have written to you"),
        ("Thanks", "We have written to you"),
    ];
    assert_eq!(seen, expected);
    let own = wording(&states_of(&[
        (
            "  description: Money back\n",
            "  description: Money back\n  customer sees: Your money\n  usually takes: two days\n",
        ),
        (
            "    question: Really?\n",
            "    question: Really?\n    customer sees: A last look\n",
        ),
    ]));
    assert_eq!(
        (own.title(), own.wording.usually_takes.as_deref()),
        ("Your money", Some("two days"))
    );
    let phase = "Second Review".parse().unwrap();
    assert_eq!(own.wording.phases[&phase], "A last look");
    assert_eq!(own.json_schema()["title"], "Your money");
}

#[test]
fn a_text_arrives_line_by_line() {
    let source = VALID.replace("See {{", "\n      \u{201c}See\u{201d} {{");
    let generated = compile(Path::new("shop/refund.yaml"), &source).unwrap();
    let machine: serde_json::Value = serde_json::from_str(&generated.asl).unwrap();
    let config = &machine["States"]["Thanks"]["Arguments"]["Payload"]["config"];
    let config: EmailConfig = serde_json::from_value(config.clone()).unwrap();
    assert_eq!(config.subject, "Refunded");
    assert_eq!(
        config.body,
        "We paid {{ amount }} back.\n{# the id helps support #}\n\n\u{201c}See\u{201d} {{ refund.id }}."
    );
}

/// The states of a shipped process.
fn shipped(offering: &str) -> serde_json::Value {
    let mut offerings = Folders::of_this_checkout().offerings().unwrap().into_iter();
    let generated = offerings.find(|o| o.path.to_string() == offering).unwrap();
    let machine: serde_json::Value = serde_json::from_str(&generated.asl).unwrap();
    machine["States"].clone()
}

#[test]
fn what_is_said_about_a_choice_arrives_in_its_state() {
    let states = shipped("customer-success/refund-request-routed");
    let state = &states["Offer Credit"];
    let config = state["Arguments"]["Payload"]["config"].clone();
    let AskConfig::Choice(config) = serde_json::from_value(config).unwrap() else {
        panic!("{state:#}");
    };
    assert_eq!(config.to.as_str(), "customerEmail");
    let options: Vec<_> = config
        .options
        .iter()
        .map(|o| (o.outcome.as_str(), o.label.as_str()))
        .collect();
    assert_eq!(
        options,
        [
            (
                "credit",
                "A credit of {{ refundAmount }} toward my next invoice"
            ),
            (
                "cash",
                "{{ refundAmount }} back to my original payment method"
            ),
        ]
    );
    assert_eq!(config.expire_seconds, 3 * 24 * 3600);
    assert_eq!(config.confirm, Confirm::Code);
    assert_eq!(state["TimeoutSeconds"], 3 * 24 * 3600, "it is asked once");
    let transitions = states["Offer Credit Outcome"]["Choices"]
        .as_array()
        .unwrap();
    let transitions: Vec<_> = transitions
        .iter()
        .map(|outcome| outcome["Next"].as_str().unwrap())
        .collect();
    assert_eq!(
        transitions,
        ["Give Credit", "Process Refund", "Process Refund"]
    );
}

#[test]
fn a_wait_is_a_state_that_costs_nothing_while_it_waits() {
    let states = shipped("customer-success/refund-request-routed");
    assert_eq!(
        states["Wait a Week"],
        serde_json::json!({ "Type": "Wait", "Seconds": 7 * 24 * 3600, "Next": "Send Survey" })
    );
}

#[test]
fn an_invitation_arrives_with_both_its_ends() {
    let routed = shipped("customer-success/refund-request-routed");
    let survey = &routed["Send Survey"]["Arguments"]["Payload"]["config"];
    let survey: EmailConfig = serde_json::from_value(survey.clone()).unwrap();
    assert_eq!(
        survey.invites.unwrap().to_string(),
        "customer-satisfaction/csat-survey"
    );
    let offering = |offering: &str| {
        let offering = shipped(offering)["Start"]["Assign"]["offering"].clone();
        serde_json::from_value::<Offering>(offering).unwrap()
    };
    assert!(offering("customer-satisfaction/csat-survey").by_invitation);
    assert!(!offering("customer-success/refund-request").by_invitation);
}

#[test]
fn what_a_lookup_has_to_know_is_part_of_the_rule() {
    let states = shipped("customer-success/refund-request-routed");
    let branches = &states["Credit Check"]["Arguments"]["Payload"]["config"]["branches"];
    assert_eq!(
        branches[0]["when"],
        serde_json::json!({"all": [
            {"amount": {"field": "refundAmount", "is": "<", "cents": 5000}},
            "stripeCustomerKnown",
        ]})
    );
    let branches = &states["Finance Check"]["Arguments"]["Payload"]["config"]["branches"];
    assert_eq!(
        branches[1]["when"],
        serde_json::json!({"chargeTotal": {"is": ">=", "cents": 50_000}})
    );
}

#[test]
fn what_is_said_about_an_approval_arrives_in_its_state() {
    let source = VALID.replace(
        "    question: Really?\n    remind: every 12 hours\n",
        "    question: Really?\n    separate from: [Review]\n    confirm: click\n    approvals: 2\n    \
         escalate:\n      after: 3 days\n      to: Shop Manager\n",
    );
    let generated = compile(Path::new("shop/refund.yaml"), &source).unwrap();
    let machine: serde_json::Value = serde_json::from_str(&generated.asl).unwrap();
    let state = &machine["States"]["Second Review"];
    let config = state["Arguments"]["Payload"]["config"].clone();
    let config: domain::task::ApprovalConfig = serde_json::from_value(config).unwrap();
    assert_eq!(config.approvals, 2);
    assert_eq!(config.confirm, domain::task::Confirm::Click);
    assert_eq!(config.separate_from[0].as_str(), "Review");
    let escalation = config.escalate.unwrap();
    assert_eq!(
        (escalation.after_seconds, escalation.team.as_str()),
        (3 * 24 * 3600, "shop-manager")
    );
    assert_eq!(
        state["TimeoutSeconds"],
        24 * 3600,
        "people are reminded daily"
    );
}

#[test]
fn every_change_of_a_definition_is_another_version() {
    let version = |source: &str| {
        let generated = compile(Path::new("shop/refund.yaml"), source).unwrap();
        let machine: serde_json::Value = serde_json::from_str(&generated.asl).unwrap();
        let version = machine["States"]["Start"]["Assign"]["offering"]["version"].clone();
        for (name, state) in machine["States"].as_object().unwrap() {
            if let Some(payload) = state.pointer("/Arguments/Payload") {
                assert_eq!(payload["version"], version, "{name}");
            }
        }
        version.as_str().unwrap().to_owned()
    };
    let first = version(VALID);
    assert_eq!((first.len(), version(VALID)), (64, first.clone()));
    for (from, to) in [
        ("Pay it back?", "Pay that back?"),
        (">= 500", ">= 501"),
        ("1 week", "2 weeks"),
        ("form:\n", "limits:\n  per day: 5\nform:\n"),
    ] {
        assert_ne!(version(&VALID.replace(from, to)), first, "{to}");
    }
}

#[test]
fn limits_arrive_in_cents_in_the_states_that_pay() {
    let limits = "form:\n";
    let written = "limits:\n  per refund: 1,999.99\n  per customer in 30 days: 3000\n  per day: 10000.5\nform:\n";
    let config = |states: &serde_json::Value, state: &str| {
        states[state]["Arguments"]["Payload"]["config"].clone()
    };
    let expected = serde_json::json!({
        "perRefundCents": 199_999,
        "perCustomerCents": 300_000,
        "perDayCents": 1_000_050,
    });
    for connector in ["Stripe - Create Refund", "Stripe - Create Credit"] {
        let states = states_of(&[(limits, written), ("Stripe - Create Refund", connector)]);
        assert_eq!(config(&states, "Pay")["limits"], expected);
    }
    let states = states_of(&[(limits, "limits:\n  per day: 5\nform:\n")]);
    let one = serde_json::json!({ "perDayCents": 500 });
    assert_eq!(config(&states, "Pay")["limits"], one);
    assert_eq!(config(&states_of(&[]), "Pay").get("limits"), None);
}

#[test]
fn what_is_paid_is_the_field_that_the_form_names() {
    let more = "    tip:\n      label: Tip\n      type: number\n      required: true\n    \
                copy:\n      label: Copy to\n      type: email\n      required: true\n    \
                email:\n";
    let states = states_of(&[
        ("    email:\n", more),
        (
            "    question: Really?",
            "    look up: charge\n    question: Really?",
        ),
    ]);
    let form = &states["Start"]["Assign"]["offering"]["form"];
    assert_eq!(form["fields"][0]["name"], "tip");
    assert_eq!(
        [
            &form["amountField"],
            &form["emailField"],
            &form["chargeField"]
        ],
        ["amount", "email", "charge"]
    );
    let pay = &states["Pay"]["Arguments"]["Payload"]["config"];
    assert_eq!([&pay["amount"], &pay["charge"]], ["amount", "charge"]);
}
