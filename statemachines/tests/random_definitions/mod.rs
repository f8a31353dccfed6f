//! Definitions that are drawn, or damaged: they compile, or are refused in words.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use proptest::prelude::*;
use statemachines::compile;

use super::{VALID, walk};

const ROUTED: &str = include_str!("../../definitions/customer-success/refund-request-routed.yaml");

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
