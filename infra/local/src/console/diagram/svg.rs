//! Draws a laid-out graph as inline SVG. Colours come from the page's style sheet, so it follows dark mode.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::graph::{Edge, Graph};
use super::layout::{BOX_HEIGHT, BoxPlace, Layout, Point, Route, lines};
use super::progress::{Mark, Marked};

/// A wider drawing rather scrolls on a phone than shrinks until nobody can read it.
const NARROW: f64 = 336.0;

pub(crate) fn draw(graph: &Graph, layout: &Layout, marked: &Marked, id: &str) -> Markup {
    let (width, height) = (round(layout.width), round(layout.height));
    let mut edges: Vec<(&Edge, &Route)> = graph.edges.iter().zip(&layout.routes).collect();
    // Edges that were taken are drawn last, above the others.
    edges.sort_by_key(|(edge, _)| marked.took(edge));
    let (title, text) = (format!("{id}-title"), format!("{id}-text"));
    html! {
        // A drawing that is too wide scrolls in its frame.
        div.picture tabindex="0" role="group" aria-label="The process" {
            svg.diagram.wide[layout.width > NARROW] viewBox={ "0 0 " (width) " " (height) } width=(width)
                height=(height) role="img" aria-labelledby={ (title) " " (text) } {
                title id=(title) { (headline(graph, &marked.marks)) }
                desc id=(text) { (in_words(graph, &marked.marks)) }
                defs {
                    @for kind in ["ahead", "taken", "failed"] {
                        marker id={ (id) "-" (kind) } class={ "arrow " (kind) } viewBox="0 0 10 10" refX="9" refY="5"
                            markerWidth="7" markerHeight="7" orient="auto" { path d="M 0 1 L 9 5 L 0 9 z" {} }
                    }
                }
                @for (edge, route) in &edges { (draw_edge(edge, route, &layout.boxes, marked.took(edge), id)) }
                @for (edge, route) in &edges { (draw_label(edge, route, marked.took(edge))) }
                @for ((phase, place), mark) in graph.phases.iter().zip(&layout.boxes).zip(&marked.marks) {
                    (draw_phase(&phase.name, phase.ends, *place, *mark))
                }
            }
        }
    }
}

/// The phases an execution went through, in a line: what a card shows while its drawing is folded away.
pub(crate) fn visited(graph: &Graph, marked: &Marked) -> Markup {
    let visits: Vec<&[usize]> = marked.visited.chunk_by(|one, next| one == next).collect();
    html! {
        ol.visited {
            @for (place, visit) in visits.iter().enumerate() {
                @let is_last = place + 1 == visits.len();
                @let mark = if is_last { marked.marks[visit[0]] } else { Mark::Completed };
                li class=(mark.class_and_words().0) aria-current=[(mark == Mark::Current).then_some("step")] {
                    (graph.phases[visit[0]].name)
                    @if visit.len() > 1 { " × " (visit.len()) }
                }
            }
        }
    }
}

fn headline(graph: &Graph, marks: &[Mark]) -> String {
    let at = |wanted: Mark| marks.iter().position(|mark| *mark == wanted);
    match (at(Mark::Current), at(Mark::Failed)) {
        (Some(phase), _) => format!("The request is at {}", graph.phases[phase].name),
        (None, Some(phase)) => format!("The request failed at {}", graph.phases[phase].name),
        (None, None) => "The way of the request".to_owned(),
    }
}

fn in_words(graph: &Graph, marks: &[Mark]) -> String {
    let phases = graph.phases.iter().zip(marks);
    let sentences =
        phases.map(|(phase, mark)| format!("{}: {}.", phase.name, mark.class_and_words().1));
    sentences.collect::<Vec<_>>().join(" ")
}

fn draw_edge(edge: &Edge, route: &Route, boxes: &[BoxPlace], taken: bool, id: &str) -> Markup {
    let path = if route.points.is_empty() {
        loop_path(boxes[edge.from])
    } else {
        curve(&route.points)
    };
    let marker = match (taken, is_fault(edge)) {
        (false, _) => "ahead",
        (true, false) => "taken",
        (true, true) => "failed",
    };
    html! {
        path.edge.exceptional[is_fault(edge)].taken[taken].loop[edge.from == edge.to] d=(path)
            marker-end={ "url(#" (id) "-" (marker) ")" } {}
    }
}

/// Asking again is no fault.
fn is_fault(edge: &Edge) -> bool {
    edge.exceptional && edge.from != edge.to
}

/// A curve through the points that leaves and reaches each of them straight up or down.
fn curve(points: &[Point]) -> String {
    let mut path = format!("M {} {}", round(points[0].x), round(points[0].y));
    for pair in points.windows(2) {
        let (before, x, y) = (round(pair[0].x), round(pair[1].x), round(pair[1].y));
        let middle = round(f64::midpoint(pair[0].y, pair[1].y));
        let _ = write!(path, " C {before} {middle}, {x} {middle}, {x} {y}");
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

/// A loop has no room for a label.
fn draw_label(edge: &Edge, route: &Route, taken: bool) -> Markup {
    html! {
        @if let (Some(at), false) = (&route.label, edge.label.is_empty()) {
            text.label.exceptional[is_fault(edge)].taken[taken] x=(round(at.x)) y=(round(at.y) + 4)
                text-anchor="middle" { (edge.label) }
        }
    }
}

fn draw_phase(name: &str, ends: bool, place: BoxPlace, mark: Mark) -> Markup {
    let (left, top) = (round(place.x - place.width / 2.0), round(place.y));
    let (width, height) = (round(place.width), round(BOX_HEIGHT));
    let radius = if ends { height / 2 } else { 10 };
    let text_x = round(place.x) + if mark == Mark::Ahead { 0 } else { 9 };
    let sign_x = left + 17;
    let middle = top + height / 2;
    html! {
        g class=(mark.class_and_words().0) {
            @if mark == Mark::Current {
                rect.halo x=(left - 4) y=(top - 4) width=(width + 8) height=(height + 8) rx=(radius + 4) {}
            }
            rect.box x=(left) y=(top) width=(width) height=(height) rx=(radius) {}
            @match mark {
                Mark::Completed => path.sign d={ "M " (sign_x - 5) " " (middle) " l 4 4 l 7 -8" } {},
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
