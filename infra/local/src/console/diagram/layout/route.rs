//! The ways of the edges between placed boxes.

use super::rows::Rows;
use super::{BOX_HEIGHT, BoxPlace, Point, small};
use crate::console::diagram::graph::Graph;

/// The points of each edge. Edges that leave or reach the same box do so side by side.
pub(super) fn route(
    graph: &Graph,
    downwards: &[(usize, usize)],
    rows: &Rows,
    boxes: &[BoxPlace],
    bend: impl Fn(usize) -> Point,
) -> Vec<Vec<Point>> {
    let towards = |edge: usize, from_above: bool| {
        let (above, below) = downwards[edge];
        let bends = &rows.bends[edge];
        let next = if from_above {
            bends.first()
        } else {
            bends.last()
        };
        let end = if from_above { below } else { above };
        next.map_or(boxes[end].x, |item| bend(*item).x)
    };
    let port = |edge: usize, phase: usize, from_above: bool| {
        let mut siblings: Vec<usize> = (0..downwards.len())
            .filter(|other| {
                let (above, below) = downwards[*other];
                above != below && phase == if from_above { above } else { below }
            })
            .collect();
        siblings.sort_by(|a, b| towards(*a, from_above).total_cmp(&towards(*b, from_above)));
        let rank = siblings
            .iter()
            .position(|other| *other == edge)
            .unwrap_or(0);
        let gap = (boxes[phase].width * 0.55) / small(siblings.len().max(2));
        let x = boxes[phase].x + gap * (small(rank) - small(siblings.len().max(1) - 1) / 2.0);
        let y = boxes[phase].y + if from_above { BOX_HEIGHT } else { 0.0 };
        Point { x, y }
    };
    let mut routes = Vec::with_capacity(downwards.len());
    for (edge, (above, below)) in downwards.iter().enumerate() {
        if above == below {
            routes.push(Vec::new());
            continue;
        }
        let mut points = vec![port(edge, *above, true)];
        points.extend(rows.bends[edge].iter().map(|item| bend(*item)));
        points.push(port(edge, *below, false));
        if graph.edges[edge].from != *above {
            points.reverse();
        }
        routes.push(points);
    }
    routes
}
