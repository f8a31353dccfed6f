//! Draws a laid-out graph as inline SVG. Colours come from the page's style sheet, so it follows dark mode.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::Progress;
use super::graph::{Edge, Graph};
use super::layout::{BOX_HEIGHT, BoxPlace, Layout, Point, lines};

/// A wider drawing rather scrolls on a phone than shrinks until nobody can read it.
const NARROW: f64 = 336.0;

/// How a phase is marked.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Ahead,
    Done,
    Current,
    Failed,
}

impl Mark {
    fn class(self) -> &'static str {
        match self {
            Self::Ahead => "phase ahead",
            Self::Done => "phase done",
            Self::Current => "phase current",
            Self::Failed => "phase failed",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Ahead => "not reached",
            Self::Done => "done",
            Self::Current => "here now",
            Self::Failed => "failed here",
        }
    }
}

pub(crate) fn draw(graph: &Graph, layout: &Layout, progress: &Progress, id: &str) -> Markup {
    let way = way(graph, progress);
    let marks: Vec<Mark> = (0..graph.phases.len())
        .map(|phase| mark(graph, progress, &way, phase))
        .collect();
    let (width, height) = (round(layout.width), round(layout.height));
    let class = if layout.width > NARROW {
        "diagram wide"
    } else {
        "diagram"
    };
    let taken = |edge: &Edge| way.windows(2).any(|pair| pair == [edge.from, edge.to]);
    // Edges that were taken are drawn last, above the others.
    let mut order: Vec<usize> = (0..graph.edges.len()).collect();
    order.sort_by_key(|edge| taken(&graph.edges[*edge]));
    html! {
        svg class=(class) viewBox={ "0 0 " (width) " " (height) } width=(width) height=(height) role="img"
            aria-labelledby={ (id) "-title " (id) "-text" } {
            title id={ (id) "-title" } { (headline(graph, &marks)) }
            desc id={ (id) "-text" } { (in_words(graph, &marks)) }
            defs {
                (arrow(&format!("{id}-arrow"), "arrow"))
                (arrow(&format!("{id}-taken"), "arrow taken"))
                (arrow(&format!("{id}-failed"), "arrow failed"))
            }
            @for edge in &order {
                (draw_edge(&graph.edges[*edge], &layout.routes[*edge], &layout.boxes, taken(&graph.edges[*edge]), id))
            }
            @for (edge, route) in graph.edges.iter().zip(&layout.routes) {
                (draw_label(edge, route, taken(edge)))
            }
            @for (phase, place) in layout.boxes.iter().enumerate() {
                (draw_phase(&graph.phases[phase].name, graph.phases[phase].ends, *place, marks[phase]))
            }
        }
    }
}

/// The phases an execution went through, in a line: what a card shows while its drawing is folded away.
pub(crate) fn trail(graph: &Graph, progress: &Progress) -> Markup {
    let way = way(graph, progress);
    let visits: Vec<&[usize]> = way.chunk_by(|one, next| one == next).collect();
    html! {
        ol.trail {
            @for (place, visit) in visits.iter().enumerate() {
                @let phase = visit[0];
                @let is_last = place + 1 == visits.len();
                @let mark = if is_last { mark(graph, progress, &way, phase) } else { Mark::Done };
                li class=(mark.class()) aria-current=[(mark == Mark::Current).then_some("step")] {
                    (graph.phases[phase].name)
                    @if visit.len() > 1 { " × " (visit.len()) }
                }
            }
        }
    }
}

/// The phases an execution went through, in order.
fn way(graph: &Graph, progress: &Progress) -> Vec<usize> {
    let mut way = Vec::new();
    let mut last_state = "";
    for state in &progress.entered {
        let Some(phase) = graph.drawn_as(state) else {
            continue;
        };
        // A phase's outcome is the same visit.
        let outcome = last_state.len() < state.len() && state.starts_with(last_state);
        if way.last() != Some(&phase) || !outcome {
            way.push(phase);
        }
        last_state = state;
    }
    way
}

fn mark(graph: &Graph, progress: &Progress, way: &[usize], phase: usize) -> Mark {
    let current = progress.current.as_deref();
    if current.and_then(|state| graph.drawn_as(state)) == Some(phase) {
        Mark::Current
    } else if progress.failed && way.last() == Some(&phase) {
        Mark::Failed
    } else if way.contains(&phase) {
        Mark::Done
    } else {
        Mark::Ahead
    }
}

fn headline(graph: &Graph, marks: &[Mark]) -> String {
    let marked = |wanted: Mark| {
        let found = marks.iter().position(|mark| *mark == wanted);
        found.map(|phase| &graph.phases[phase].name)
    };
    if let Some(name) = marked(Mark::Current) {
        format!("The request is at {name}")
    } else if let Some(name) = marked(Mark::Failed) {
        format!("The request failed at {name}")
    } else {
        "The way of the request".to_owned()
    }
}

fn in_words(graph: &Graph, marks: &[Mark]) -> String {
    let mut text = String::new();
    for (phase, mark) in graph.phases.iter().zip(marks) {
        let _ = write!(text, "{}: {}. ", phase.name, mark.words());
    }
    text.trim_end().to_owned()
}

fn arrow(id: &str, class: &str) -> Markup {
    html! {
        marker id=(id) class=(class) viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto" {
            path d="M 0 1 L 9 5 L 0 9 z" {}
        }
    }
}

fn draw_edge(edge: &Edge, route: &[Point], boxes: &[BoxPlace], taken: bool, id: &str) -> Markup {
    let class = format!("edge{}", classes(edge, taken));
    let path = if route.is_empty() {
        loop_path(boxes[edge.from])
    } else {
        curve(route)
    };
    let marker = match (taken, edge.exceptional && edge.from != edge.to) {
        (false, _) => "arrow",
        (true, false) => "taken",
        (true, true) => "failed",
    };
    html! {
        path class=(class) d=(path) marker-end={ "url(#" (id) "-" (marker) ")" } {}
    }
}

fn classes(edge: &Edge, taken: bool) -> &'static str {
    // Asking again is no fault.
    if edge.from == edge.to {
        return if taken { " taken loop" } else { " loop" };
    }
    match (edge.exceptional, taken) {
        (false, false) => "",
        (false, true) => " taken",
        (true, false) => " exceptional",
        (true, true) => " exceptional taken",
    }
}

/// A curve through the points that leaves and reaches each of them straight up or down.
fn curve(route: &[Point]) -> String {
    let mut path = String::new();
    for (index, point) in route.iter().enumerate() {
        let (x, y) = (round(point.x), round(point.y));
        if index == 0 {
            let _ = write!(path, "M {x} {y}");
            continue;
        }
        let before = route[index - 1];
        let middle = round(f64::midpoint(before.y, point.y));
        let _ = write!(
            path,
            " C {} {middle}, {x} {middle}, {x} {y}",
            round(before.x)
        );
    }
    path
}

/// A phase that leads back to itself.
fn loop_path(place: BoxPlace) -> String {
    let right = round(place.x + place.width / 2.0);
    let (top, bottom) = (round(place.y + 14.0), round(place.y + BOX_HEIGHT - 14.0));
    let out = right + 17;
    format!("M {right} {top} C {out} {top}, {out} {bottom}, {right} {bottom}")
}

/// How far across the curve between two points is at the height of its label.
fn along(from: f64, to: f64) -> i32 {
    round(from + (to - from) * 0.66)
}

/// The label stands on the edge's first piece, where it leaves its phase. A loop has no room for one.
fn draw_label(edge: &Edge, route: &[Point], taken: bool) -> Markup {
    let (Some(from), Some(to)) = (route.first(), route.get(1)) else {
        return html! {};
    };
    if edge.label.is_empty() {
        return html! {};
    }
    // A little nearer to the next point, where edges that leave side by side are further apart.
    let (x, y) = (
        along(from.x, to.x),
        round(from.y + (to.y - from.y) * 0.58) + 4,
    );
    let class = format!("label{}", classes(edge, taken));
    html! { text class=(class) x=(x) y=(y) text-anchor="middle" { (edge.label) } }
}

fn draw_phase(name: &str, ends: bool, place: BoxPlace, mark: Mark) -> Markup {
    let (left, top) = (round(place.x - place.width / 2.0), round(place.y));
    let (width, height) = (round(place.width), round(BOX_HEIGHT));
    let radius = if ends { height / 2 } else { 10 };
    let text_x = round(place.x) + if mark == Mark::Ahead { 0 } else { 9 };
    let sign_x = left + 17;
    let middle = top + height / 2;
    html! {
        g class=(mark.class()) {
            @if mark == Mark::Current {
                rect.halo x=(left - 4) y=(top - 4) width=(width + 8) height=(height + 8) rx=(radius + 4) {}
            }
            rect.box x=(left) y=(top) width=(width) height=(height) rx=(radius) {}
            @match mark {
                Mark::Done => path.sign d={ "M " (sign_x - 5) " " (middle) " l 4 4 l 7 -8" } {},
                Mark::Current => circle.sign cx=(sign_x) cy=(middle) r="5" {},
                Mark::Failed => path.sign d={ "M " (sign_x - 4) " " (middle - 4) " l 8 8 m 0 -8 l -8 8" } {},
                Mark::Ahead => {},
            }
            @match lines(name).as_slice() {
                [one, other] => text text-anchor="middle" {
                    tspan x=(text_x) y=(middle - 3) { (one) " " }
                    tspan x=(text_x) y=(middle + 13) { (other) }
                },
                _ => text x=(text_x) y=(middle + 5) text-anchor="middle" { (name) },
            }
        }
    }
}

/// A coordinate on a page: whole pixels are enough.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a page is far smaller than the largest i32, and the cast saturates"
)]
fn round(length: f64) -> i32 {
    length.round() as i32
}
