//! A small layered layout, top to bottom: phases in layers by their longest way from the start, ends at the bottom,
//! few crossings, and every box as near to its neighbours as its place in the row allows.
//!
//! The steps are the classic ones (Sugiyama): turn back edges around, assign layers, cut long edges into pieces of
//! one layer each, order the layers, place the boxes.

mod route;
mod rows;

use self::route::route;
use self::rows::Rows;
use super::graph::Graph;

pub(crate) const BOX_HEIGHT: f64 = 46.0;
const ROW_GAP: f64 = 48.0;
const COLUMN_GAP: f64 = 24.0;
const MARGIN: f64 = 14.0;
const BEND_WIDTH: f64 = 14.0;
const CHARACTER_WIDTH: f64 = 7.6;
const LABEL_CHARACTER_WIDTH: f64 = 6.0;
const BOX_PADDING: f64 = 50.0;
const LEAST_BOX_WIDTH: f64 = 96.0;
const ORDERING_SWEEPS: usize = 12;
const PLACING_SWEEPS: usize = 24;

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// One for each phase.
    pub(crate) boxes: Vec<BoxPlace>,
    /// One for each edge: the points it goes through, from its source to its target.
    pub(crate) routes: Vec<Vec<Point>>,
}

/// A box by the middle of its top edge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BoxPlace {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

impl Layout {
    pub(crate) fn of(graph: &Graph) -> Self {
        let downwards = downwards(graph);
        let layers = layers(graph, &downwards);
        let mut rows = Rows::new(graph, &downwards, &layers);
        rows.untangle();
        let centres = rows.place();
        let left = (0..rows.items.len())
            .map(|item| centres[item] - rows.items[item].width / 2.0)
            .fold(f64::INFINITY, f64::min);
        let shift = MARGIN - left;
        let right = (0..rows.items.len())
            .map(|item| centres[item] + shift + rows.items[item].width / 2.0)
            .fold(0.0, f64::max);
        let top = |layer: usize| MARGIN + small(layer) * (BOX_HEIGHT + ROW_GAP);
        let boxes: Vec<BoxPlace> = (0..graph.phases.len())
            .map(|phase| BoxPlace {
                x: centres[phase] + shift,
                y: top(layers[phase]),
                width: rows.items[phase].width,
            })
            .collect();
        let bend = |item: usize| Point {
            x: centres[item] + shift,
            y: top(rows.items[item].layer) + BOX_HEIGHT / 2.0,
        };
        let routes = route(graph, &downwards, &rows, &boxes, bend);
        Self {
            width: right + MARGIN,
            height: top(rows.order.len()) - ROW_GAP + MARGIN,
            boxes,
            routes,
        }
    }
}

/// Every edge as it runs down the layers: an edge that closes a circle is turned around.
fn downwards(graph: &Graph) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum Seen {
        Not,
        Open,
        Done,
    }
    fn visit(graph: &Graph, phase: usize, seen: &mut [Seen], turned: &mut [bool]) {
        seen[phase] = Seen::Open;
        for (index, edge) in graph.edges.iter().enumerate() {
            if edge.from != phase {
                continue;
            }
            match seen[edge.to] {
                Seen::Not => visit(graph, edge.to, seen, turned),
                Seen::Open => turned[index] = true,
                Seen::Done => {}
            }
        }
        seen[phase] = Seen::Done;
    }
    let mut seen = vec![Seen::Not; graph.phases.len()];
    let mut turned = vec![false; graph.edges.len()];
    for phase in std::iter::once(graph.start).chain(0..graph.phases.len()) {
        if seen[phase] == Seen::Not {
            visit(graph, phase, &mut seen, &mut turned);
        }
    }
    let ends = graph.edges.iter().zip(turned);
    ends.map(|(edge, turned)| {
        if turned {
            (edge.to, edge.from)
        } else {
            (edge.from, edge.to)
        }
    })
    .collect()
}

/// The layer of each phase: the longest way to it. The ends share the last row, unless something follows them.
fn layers(graph: &Graph, downwards: &[(usize, usize)]) -> Vec<usize> {
    let mut layers = vec![0; graph.phases.len()];
    // As often as the longest way can be long; without circles this comes to rest.
    for _ in 0..graph.phases.len() {
        for (from, to) in downwards {
            if from != to {
                layers[*to] = layers[*to].max(layers[*from] + 1);
            }
        }
    }
    let last = layers.iter().copied().max().unwrap_or(0);
    for (phase, layer) in layers.iter_mut().enumerate() {
        let is_followed = downwards
            .iter()
            .any(|(from, to)| *from == phase && from != to);
        if graph.phases[phase].ends && !is_followed {
            *layer = last;
        }
    }
    layers
}

/// A name in one line, or in two that are as even as they can be: narrow boxes make a picture for a phone.
pub(crate) fn lines(name: &str) -> Vec<&str> {
    const LONGEST_LINE: usize = 15;
    let chars = |text: &str| text.chars().count();
    if chars(name) <= LONGEST_LINE {
        return vec![name];
    }
    let splits = name
        .match_indices(' ')
        .map(|(at, _)| (&name[..at], &name[at + 1..]));
    match splits.min_by_key(|(one, other)| chars(one).max(chars(other))) {
        Some((one, other)) => vec![one, other],
        None => vec![name],
    }
}

fn box_width(name: &str) -> f64 {
    let longest = lines(name)
        .into_iter()
        .map(|line| line.chars().count())
        .max();
    (small(longest.unwrap_or(0)) * CHARACTER_WIDTH + BOX_PADDING).max(LEAST_BOX_WIDTH)
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for value in values {
        sum += value;
        count += 1;
    }
    (count > 0).then(|| sum / small(count))
}

/// A count as a length. Counts here are of boxes on a page.
fn small(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
