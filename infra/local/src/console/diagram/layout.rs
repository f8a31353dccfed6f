//! Where phases and edges stand, from top to bottom: the layered layout of `dagre`, with the ends of the edges side
//! by side on the boxes.

use dagre::graph::GraphOptions;
use dagre::layout::types::{GraphLabel, LabelPos};
use dagre::{EdgeLabel, LayoutOptions, NodeLabel};

use super::graph::{Edge, Graph};
pub(crate) use dagre::layout::types::Point;

pub(crate) const BOX_HEIGHT: f64 = 46.0;
const ROW_GAP: f64 = 44.0;
const COLUMN_GAP: f64 = 22.0;
const EDGE_GAP: f64 = 12.0;
const MARGIN: f64 = 14.0;
const CHARACTER_WIDTH: f64 = 7.6;
const LABEL_CHARACTER_WIDTH: f64 = 6.0;
const LABEL_HEIGHT: f64 = 12.0;
const BOX_PADDING: f64 = 64.0;
const LEAST_BOX_WIDTH: f64 = 96.0;
/// How much of a box's side the edges share.
const SHARED_SIDE: f64 = 0.55;

/// Where everything is.
pub(crate) struct Layout {
    pub(crate) width: f64,
    pub(crate) height: f64,
    /// One for each phase.
    pub(crate) boxes: Vec<BoxPlace>,
    /// One for each edge.
    pub(crate) routes: Vec<Route>,
}

/// A box by the middle of its top edge.
#[derive(Clone, Copy)]
pub(crate) struct BoxPlace {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
}

/// The way of an edge; empty for one that leads back to its own phase.
#[derive(Default)]
pub(crate) struct Route {
    /// From the source to the target.
    pub(crate) points: Vec<Point>,
    /// The middle of the label.
    pub(crate) label: Option<Point>,
}

impl Layout {
    pub(crate) fn of(graph: &Graph) -> Self {
        let mut laid_out = input(graph);
        let options = LayoutOptions {
            nodesep: COLUMN_GAP,
            edgesep: EDGE_GAP,
            ranksep: ROW_GAP,
            marginx: MARGIN,
            marginy: MARGIN,
            ..LayoutOptions::default()
        };
        dagre::layout(&mut laid_out, Some(options));
        let place = |phase: usize| {
            let label = laid_out.node(&phase.to_string())?;
            let (x, y, width) = (label.x?, label.y? - BOX_HEIGHT / 2.0, label.width);
            Some(BoxPlace { x, y, width })
        };
        let route = |edge: &Edge| {
            let (from, to) = (edge.from.to_string(), edge.to.to_string());
            let label = laid_out.edge(&from, &to, None)?;
            Some(Route {
                points: label.points.clone(),
                label: label.x.zip(label.y).map(|(x, y)| Point { x, y }),
            })
        };
        let boxes: Vec<BoxPlace> = (0..graph.phases.len()).filter_map(place).collect();
        let edges = graph.edges.iter();
        let mut routes: Vec<Route> = edges.map(|it| route(it).unwrap_or_default()).collect();
        attach(graph, &boxes, &mut routes);
        let size = laid_out.graph_label::<GraphLabel>();
        Self {
            width: size.map_or(0.0, |size| size.width),
            height: size.map_or(0.0, |size| size.height),
            boxes,
            routes,
        }
    }
}

/// The graph with the sizes of its boxes and labels. A loop needs no room.
fn input(graph: &Graph) -> dagre::graph::Graph<NodeLabel, EdgeLabel> {
    let mut input = dagre::graph::Graph::with_options(GraphOptions {
        // An edge that closes a circle is turned around, beside one that may run that way already.
        multigraph: true,
        ..GraphOptions::default()
    });
    for (phase, known) in graph.phases.iter().enumerate() {
        let label = NodeLabel {
            width: box_width(&known.name),
            height: BOX_HEIGHT,
            ..NodeLabel::default()
        };
        input.set_node(phase.to_string(), Some(label));
    }
    for edge in graph.edges.iter().filter(|edge| edge.from != edge.to) {
        let has_label = !edge.label.is_empty();
        let label = EdgeLabel {
            width: small(edge.label.chars().count()) * LABEL_CHARACTER_WIDTH,
            height: if has_label { LABEL_HEIGHT } else { 0.0 },
            labelpos: LabelPos::Center,
            // The ordinary ways are the straighter ones.
            weight: if edge.exceptional { 1 } else { 2 },
            ..EdgeLabel::default()
        };
        let (from, to) = (edge.from.to_string(), edge.to.to_string());
        input.set_edge(from, to, Some(label), None);
    }
    input
}

/// One end of an edge.
struct End {
    edge: usize,
    /// Which of the edge's points it is.
    point: usize,
    /// The phase, and whether it is its lower side.
    side: (usize, bool),
    /// How far across the edge goes on.
    towards: f64,
}

/// Spreads the ends of the edges over the sides of their boxes, in the order in which the edges go on.
fn attach(graph: &Graph, boxes: &[BoxPlace], routes: &mut [Route]) {
    let mut ends: Vec<End> = Vec::new();
    for (edge, (known, route)) in graph.edges.iter().zip(&*routes).enumerate() {
        let [_, second, ..] = route.points.as_slice() else {
            continue;
        };
        let last = route.points.len() - 1;
        let runs_down = boxes[known.from].y < boxes[known.to].y;
        ends.push(End {
            edge,
            point: 0,
            side: (known.from, runs_down),
            towards: second.x,
        });
        ends.push(End {
            edge,
            point: last,
            side: (known.to, !runs_down),
            towards: route.points[last - 1].x,
        });
    }
    ends.sort_by(|a, b| a.side.cmp(&b.side).then(a.towards.total_cmp(&b.towards)));
    for together in ends.chunk_by(|a, b| a.side == b.side) {
        let count = small(together.len());
        for (rank, end) in together.iter().enumerate() {
            let (phase, is_below) = end.side;
            let place = boxes[phase];
            let gap = place.width * SHARED_SIDE / count.max(2.0);
            routes[end.edge].points[end.point] = Point {
                x: place.x + gap * (small(rank) - (count - 1.0) / 2.0),
                y: place.y + if is_below { BOX_HEIGHT } else { 0.0 },
            };
        }
    }
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
    let lines = lines(name).into_iter();
    let longest = lines.map(|line| line.chars().count()).max();
    (small(longest.unwrap_or(0)) * CHARACTER_WIDTH + BOX_PADDING).max(LEAST_BOX_WIDTH)
}

/// A count as a length. Counts here are of boxes on a page.
fn small(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
