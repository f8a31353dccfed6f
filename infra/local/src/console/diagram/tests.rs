//! The graph that a definition means, and the drawing as a snapshot.

use std::collections::BTreeSet;

use super::graph::{Edge, Graph};
use super::layout::{BOX_HEIGHT, Layout};
use super::{Mark, Progress, draw};

const FIXTURE: &str = include_str!("fixture.asl.json");

fn went(states: &[&str]) -> Progress {
    Progress {
        entered: states.iter().map(ToString::to_string).collect(),
        last: Mark::Current,
    }
}

fn edges(graph: &Graph) -> BTreeSet<String> {
    let name = |phase: usize| graph.phases[phase].name.as_str();
    let describe = |edge: &Edge| {
        let sign = if edge.exceptional { "~" } else { "-" };
        format!(
            "{} {sign}{}{sign}> {}",
            name(edge.from),
            edge.label,
            name(edge.to)
        )
    };
    graph.edges.iter().map(describe).collect()
}

#[test]
fn phases_are_boxes_and_outcomes_are_labels() {
    let graph = Graph::read(FIXTURE, &[]).unwrap();
    let expected = [
        "CSM Review -approve-> Threshold Check",
        "CSM Review -reject / expire-> Send Denial Email",
        "Finance Approval -approve-> Process Refund",
        "Finance Approval -reject / expire-> Send Denial Email",
        "Process Refund -done-> Send Confirmation Email",
        "Process Refund -error-> Denied",
        "Send Confirmation Email --> Refunded",
        "Send Denial Email --> Denied",
        "Start --> CSM Review",
        "Threshold Check -otherwise-> Process Refund",
        "Threshold Check -refundAmount >= 500-> Finance Approval",
    ];
    assert_eq!(edges(&graph), expected.map(str::to_owned).into());
    let ends: Vec<&str> = graph
        .phases
        .iter()
        .filter(|phase| phase.ends)
        .map(|phase| phase.name.as_str())
        .collect();
    assert_eq!(ends, ["Refunded", "Denied"]);
}

#[test]
fn where_errors_are_collected_shows_once_somebody_is_there() {
    let visited = ["Start", "CSM Review", "Needs Attention", "Stuck"].map(str::to_owned);
    let graph = Graph::read(FIXTURE, &visited).unwrap();
    let of_errors: Vec<String> = edges(&graph)
        .into_iter()
        .filter(|edge| edge.contains("Needs Attention"))
        .collect();
    assert_eq!(
        of_errors,
        [
            "CSM Review ~on error~> Needs Attention",
            "Needs Attention --> Stuck"
        ]
    );
}

#[test]
fn asking_again_is_a_loop_once_it_happened() {
    let again = |graph: &Graph| edges(graph).contains("CSM Review ~no answer~> CSM Review");
    assert!(!again(&Graph::read(FIXTURE, &[]).unwrap()));
    let progress = went(&["Start", "CSM Review", "CSM Review", "CSM Review"]);
    assert!(again(&Graph::read(FIXTURE, &progress.entered).unwrap()));
    let drawing = draw(FIXTURE, &progress, "d").unwrap();
    assert!(
        drawing.visited.0.contains(">CSM Review × 3</li>"),
        "{}",
        drawing.visited.0
    );
    assert!(drawing.picture.0.contains("class=\"edge taken loop\""));
}

#[test]
fn what_the_generator_writes_is_drawn() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../statemachines/generated/customer-success/refund-request.asl.json"
    );
    let definition = std::fs::read_to_string(path).unwrap();
    let edges = edges(&Graph::read(&definition, &[]).unwrap());
    for expected in [
        "CSM Review -approve-> Threshold Check",
        "Threshold Check -refundAmount >= 500-> Finance Approval",
        "Threshold Check -otherwise-> Process Refund",
        "Send Denial Email --> Denied",
    ] {
        assert!(edges.contains(expected), "{expected} in {edges:#?}");
    }
    let plumbing = edges
        .iter()
        .find(|edge| edge.contains("Needs Attention") || edge.contains("Resume"));
    assert_eq!(plumbing, None);

    let stopped = ["Process Refund", "Needs Attention", "Stopped"];
    let redriven = ["Resume", "Process Refund"];
    let visited = [&stopped[..], &redriven[..]].concat().into_iter();
    let visited: Vec<String> = visited.map(str::to_owned).collect();
    let edges = self::edges(&Graph::read(&definition, &visited).unwrap());
    let back: Vec<&String> = edges
        .iter()
        .filter(|edge| edge.starts_with("Resume") || edge.starts_with("Stopped"))
        .collect();
    assert_eq!(
        back,
        [
            "Resume ~Process Refund~> Process Refund",
            "Stopped --> Resume"
        ]
    );
}

#[test]
fn a_choice_and_a_wait_are_phases_like_the_others() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../statemachines/generated/customer-success/refund-request-routed.asl.json"
    );
    let definition = std::fs::read_to_string(path).unwrap();
    let edges = edges(&Graph::read(&definition, &[]).unwrap());
    for expected in [
        "Credit Check -refundAmount < 50 && stripeCustomerKnown-> Offer Credit",
        "Finance Check -reason == 'Goodwill' / chargeTotal >= 500-> Finance Approval",
        "Offer Credit -credit-> Give Credit",
        "Offer Credit -cash / expire-> Process Refund",
        "Send Credit Email --> Wait a Week",
        "Send Confirmation Email --> Wait a Week",
        "Wait a Week --> Send Survey",
    ] {
        assert!(edges.contains(expected), "{expected} in {edges:#?}");
    }
}

#[test]
fn a_catch_that_is_part_of_the_process_is_drawn() {
    let definition = r#"{"StartAt": "Ask", "States": {
        "Ask": {"Type": "Task", "Next": "Thank",
                "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Remind"}]},
        "Remind": {"Type": "Task", "Next": "Ask"},
        "Thank": {"Type": "Choice", "Choices": [{"Condition": "{% $x > 3 %}", "Next": "End"}], "Default": "Ask"},
        "End": {"Type": "Succeed"}}}"#;
    let graph = Graph::read(definition, &[]).unwrap();
    let expected = [
        "Ask ~no answer~> Remind",
        "Ask --> Thank",
        "Remind --> Ask",
        "Thank -$x > 3-> End",
        "Thank -otherwise-> Ask",
    ];
    assert_eq!(edges(&graph), expected.map(str::to_owned).into());
    // Circles have a place too.
    let layout = Layout::of(&graph);
    assert!(layout.routes.iter().all(|route| route.points.len() >= 2));
}

#[test]
fn boxes_do_not_overlap_and_ways_run_down() {
    let graph = Graph::read(FIXTURE, &[]).unwrap();
    let layout = Layout::of(&graph);
    for (index, one) in layout.boxes.iter().enumerate() {
        let left = one.x - one.width / 2.0;
        assert!(left >= 0.0 && left + one.width <= layout.width);
        assert!(one.y >= 0.0 && one.y + BOX_HEIGHT <= layout.height);
        for other in &layout.boxes[index + 1..] {
            let apart = (one.x - other.x).abs() >= f64::midpoint(one.width, other.width);
            assert!(apart || (one.y - other.y).abs() >= BOX_HEIGHT);
        }
    }
    for (edge, route) in graph.edges.iter().zip(&layout.routes) {
        assert!(layout.boxes[edge.from].y < layout.boxes[edge.to].y);
        let mut segments = route.points.windows(2);
        assert!(segments.all(|pair| pair[0].y < pair[1].y));
    }
}

#[test]
fn what_is_no_definition_is_not_drawn() {
    for text in ["", "{}", r#"{"StartAt":"A","States":{}}"#, "[1]"] {
        assert!(draw(text, &went(&[]), "d").is_none(), "{text}");
    }
}

#[test]
fn names_are_escaped() {
    let hostile = "<script>alert(1)</script>";
    let definition = serde_json::json!({
        "StartAt": hostile,
        "States": {hostile: {"Type": "Succeed"}},
    });
    let drawing = draw(&definition.to_string(), &went(&[hostile]), "d").unwrap();
    for part in [drawing.picture.0, drawing.visited.0] {
        assert!(!part.contains("<script"), "{part}");
    }
}

#[test]
fn a_request_in_review() {
    let progress = went(&["Start", "CSM Review"]);
    let drawing = draw(FIXTURE, &progress, "d").unwrap().picture.into_string();
    insta::assert_snapshot!(drawing.replace("><", ">\n<"));
}

#[test]
fn every_mark_is_said_in_words_too() {
    let mut progress = went(&[
        "Start",
        "CSM Review",
        "CSM Review Outcome",
        "Threshold Check",
        "Threshold Check Outcome",
        "Process Refund",
    ]);
    let words = |progress: &Progress| {
        let drawing = draw(FIXTURE, progress, "d").unwrap().picture.into_string();
        let (_, rest) = drawing.split_once("<title").unwrap();
        rest.split_once("</desc>").unwrap().0.to_owned()
    };
    let running = words(&progress);
    for expected in [
        "The request is at Process Refund",
        "CSM Review: done.",
        "Finance Approval: not reached.",
        "Process Refund: here now.",
    ] {
        assert!(running.contains(expected), "{expected} in {running}");
    }
    progress.last = Mark::Failed;
    let failed = words(&progress);
    assert!(failed.contains("The request failed at Process Refund"));
    assert!(failed.contains("Process Refund: failed here."));
}

#[test]
fn the_visited_phases_are_there_in_order() {
    let progress = went(&[
        "Start",
        "CSM Review",
        "CSM Review Outcome",
        "Threshold Check",
    ]);
    let drawing = draw(FIXTURE, &progress, "d").unwrap();
    assert_eq!(
        drawing.visited.0,
        "<ol class=\"visited\"><li class=\"phase done\">Start</li><li class=\"phase done\">CSM Review</li>\
         <li class=\"phase current\" aria-current=\"step\">Threshold Check</li></ol>"
    );
}
