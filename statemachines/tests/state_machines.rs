//! What holds of every generated state machine, whatever the definition.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod payments;
mod walk;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use domain::task::{AskConfig, Confirm, EmailConfig, Offering};
use proptest::prelude::*;
use statemachines::compile;
use statemachines::files::Folders;

const VALID: &str = include_str!("fixtures/shop/refund.yaml");
const ROUTED: &str = include_str!("../definitions/customer-success/refund-request-routed.yaml");

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
}

/// A phase: its kind, an index into [`KINDS`], and where its ways out lead.
type Phase = (usize, [usize; 3]);

/// What each kind of phase says, and the names of its ways out.
const KINDS: [(&str, &[&str]); 6] = [
    (
        "type: email\n    to: \"{{ email }}\"\n    subject: Hi\n    body: Hi {{ email }}",
        &["next"],
    ),
    (
        "type: approval\n    question: Well?\n    remind: every 1 day\n    expire: after 2 days\n    \
         reason when expired: Late.",
        &["approve", "reject", "expire"],
    ),
    (
        "type: choice\n    to: \"{{ email }}\"\n    question: Which?\n    subject: Choose\n    body: Choose.\n    \
         options:\n      credit: A credit of {{ amount }}\n      cash: Cash\n    expire: after 3 days",
        &["credit", "cash", "expire"],
    ),
    ("type: wait\n    for: 7 days", &["next"]),
    ("type: condition", &["amount >= 5", "otherwise"]),
    (
        "type: connector\n    connector: Stripe - Create Refund\n    reason: \"{{ reason }}\"\n    output: refund\n    on error:\n      \
         tell: Team\n      subject: No\n      body: \"{{ stripeError }}\"\n      customer:\n        to: \"{{ email }}\"\n        \
         subject: No\n        body: No.",
        &["done", "error", "exhausted"],
    ),
];

/// The places in [`KINDS`] of an email and of a connector.
const EMAIL: usize = 0;
const CONNECTOR: usize = 5;

/// Where the ways out of a phase lead. After the last phase there is the end, which has none.
fn targets(phases: &[Phase], index: usize) -> &[usize] {
    phases
        .get(index)
        .map_or(&[], |(kind, targets)| &targets[..KINDS[*kind].1.len()])
}

/// The phases that some path reaches from the first one.
fn reached(phases: &[Phase]) -> BTreeSet<usize> {
    let (mut reached, mut open) = (BTreeSet::new(), vec![0]);
    while let Some(index) = open.pop() {
        if reached.insert(index) {
            open.extend(targets(phases, index));
        }
    }
    reached
}

/// Whether every path from here on ends, found by walking all of them.
fn every_path_ends(phases: &[Phase], path: &mut Vec<usize>, here: usize) -> bool {
    if path.contains(&here) {
        return false;
    }
    path.push(here);
    let mut targets = targets(phases, here).iter();
    let ends = targets.all(|to| every_path_ends(phases, path, *to));
    path.pop();
    ends
}

/// Whether any path from here on pays, where every path ends.
fn pays(phases: &[Phase], here: usize) -> bool {
    let is_connector = phases.get(here).is_some_and(|(kind, _)| *kind == CONNECTOR);
    let mut targets = targets(phases, here).iter();
    is_connector || targets.any(|to| pays(phases, *to))
}

/// Whether the customer is told, or something is paid or fails again, on every path from here on.
fn is_told(phases: &[Phase], here: usize) -> bool {
    let kind = phases.get(here).map(|(kind, _)| *kind);
    let targets = targets(phases, here);
    matches!(kind, Some(EMAIL | CONNECTOR))
        || !targets.is_empty() && targets.iter().all(|to| is_told(phases, *to))
}

/// What is wrong with the ways out of connectors that have not paid, where every path ends.
fn unpaid_problem(phases: &[Phase]) -> Option<&'static str> {
    let connectors = reached(phases).into_iter();
    let connectors =
        connectors.filter(|phase| phases.get(*phase).is_some_and(|it| it.0 == CONNECTOR));
    connectors.into_iter().find_map(|phase| {
        let [_, error, exhausted] = phases[phase].1;
        if pays(phases, exhausted) {
            Some("pays all the same")
        } else if pays(phases, error) && !is_told(phases, error) {
            Some("the customer is not told")
        } else {
            None
        }
    })
}

/// The phases, called `P0`, `P1` and so on, as a definition. Those that nothing leads to are left out.
fn definition(phases: &[Phase]) -> String {
    let (head, _) = VALID.split_once("phases:").unwrap();
    let (mut texts, mut transitions, mut teams) = (String::new(), String::new(), String::new());
    for index in reached(phases) {
        let Some((kind, _)) = phases.get(index) else {
            let _ = writeln!(texts, "  P{index}:\n    type: end\n    status: denied");
            continue;
        };
        let (text, names) = KINDS[*kind];
        let _ = writeln!(texts, "  P{index}:\n    {text}");
        let _ = writeln!(transitions, "  P{index}:");
        for (name, to) in names.iter().zip(targets(phases, index)) {
            let _ = writeln!(transitions, "    {name}: P{to}");
        }
        if text.starts_with("type: approval") {
            let _ = writeln!(teams, "  P{index}: Team");
        }
    }
    format!(
        "{head}phases:\n  Start:\n    type: start\n{texts}\
         connections:\n  Start: P0\n{transitions}\
         responsibilities:\n{teams}  Needs Attention: Team\n"
    )
}

/// Phases whose ways mostly lead to later ones.
fn phases() -> impl Strategy<Value = Vec<Phase>> {
    (1..8usize).prop_flat_map(|count| {
        let phase = |index: usize| {
            let target = prop_oneof![19 => index + 1..=count, 1 => 0..=count];
            (0..KINDS.len(), [target.clone(), target.clone(), target])
        };
        (0..count).map(phase).collect::<Vec<_>>()
    })
}

proptest! {
    #[test]
    fn a_definition_compiles_exactly_when_every_path_ends_and_who_is_not_paid_is_told(phases in phases()) {
        let text = definition(&phases);
        let problem = if every_path_ends(&phases, &mut Vec::new(), 0) {
            unpaid_problem(&phases)
        } else {
            Some("this path need not end")
        };
        match (compile(Path::new("shop/refund.yaml"), &text), problem) {
            (Ok(generated), None) => walk::check(&generated.asl),
            (Err(problems), Some(problem)) => {
                prop_assert!(problems.to_string().contains(problem), "{problem}:\n{problems}");
            }
            (Ok(_), Some(problem)) => prop_assert!(false, "{problem}:\n{text}"),
            (Err(problems), None) => prop_assert!(false, "{problems}\n{text}"),
        }
    }

    /// Whatever a slip of the editor does to a definition, it is refused in words or stays valid.
    #[test]
    fn a_damaged_definition_never_panics(
        valid in prop_oneof![Just(VALID), Just(ROUTED)],
        line in 0..400usize, keep in 0..80usize, insert in "[a-z{}%$:#'\" |>-]{0,4}", drop in 0..3usize,
    ) {
        let mut lines: Vec<String> = valid.lines().map(str::to_owned).collect();
        let line = line % lines.len();
        let old: Vec<char> = lines[line].chars().collect();
        let keep = keep % (old.len() + 1);
        let rest = old[keep..].iter().skip(drop);
        lines[line] = old[..keep].iter().chain(insert.chars().collect::<Vec<_>>().iter()).chain(rest).collect();
        match compile(Path::new("shop/refund.yaml"), &lines.join("\n")) {
            Ok(generated) => walk::check(&generated.asl),
            Err(problems) => prop_assert!(!problems.problems.is_empty()),
        }
    }

    #[test]
    fn a_definition_without_some_lines_never_panics(
        valid in prop_oneof![Just(VALID), Just(ROUTED)], from in 0..400usize, count in 1..30usize,
    ) {
        let lines: Vec<&str> = valid.lines().collect();
        let from = from % lines.len();
        let kept = lines.iter().enumerate().filter(|(index, _)| !(from..from + count).contains(index));
        let text: Vec<&str> = kept.map(|(_, line)| *line).collect();
        if let Ok(generated) = compile(Path::new("shop/refund.yaml"), &text.join("\n")) {
            walk::check(&generated.asl);
        }
    }
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
    ] {
        assert_ne!(version(&VALID.replace(from, to)), first, "{to}");
    }
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
    assert_eq!(
        [&pay["amount"], &pay["customerEmail"], &pay["charge"]],
        ["amount", "email", "charge"]
    );
    let look_up = &states["Second Review Lookup"]["Arguments"]["Payload"]["config"];
    assert_eq!(
        [&look_up["customerEmail"], &look_up["charge"]],
        ["email", "charge"]
    );
}
