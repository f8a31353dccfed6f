//! The layers with their boxes and bends: ordered for few crossings, then placed near their neighbours.

use super::{
    BEND_WIDTH, COLUMN_GAP, LABEL_CHARACTER_WIDTH, ORDERING_SWEEPS, PLACING_SWEEPS, box_width,
    mean, small,
};
use crate::console::diagram::graph::Graph;

/// A box or a bend in a layer.
pub(super) struct Item {
    pub(super) layer: usize,
    pub(super) width: f64,
}

/// The layers with boxes and bends, and which of them hang together.
pub(super) struct Rows {
    /// The phases first, with their own numbers; then the bends.
    pub(super) items: Vec<Item>,
    /// The items of each layer, left to right.
    pub(super) order: Vec<Vec<usize>>,
    /// Pieces of edges between neighbouring layers, from above to below.
    pieces: Vec<(usize, usize)>,
    /// The bends of each edge from above to below.
    pub(super) bends: Vec<Vec<usize>>,
}

impl Rows {
    pub(super) fn new(graph: &Graph, downwards: &[(usize, usize)], layers: &[usize]) -> Self {
        let mut items: Vec<Item> = graph
            .phases
            .iter()
            .zip(layers)
            .map(|(phase, layer)| Item {
                layer: *layer,
                width: box_width(&phase.name),
            })
            .collect();
        let mut pieces = Vec::new();
        let mut bends = Vec::new();
        for ((from, to), edge) in downwards.iter().zip(&graph.edges) {
            let mut above = *from;
            let mut own = Vec::new();
            // The label stands where the edge leaves its phase: the bend nearest to it makes room for it.
            let labelled = if edge.from == *from {
                layers[*from] + 1
            } else {
                layers[*to].saturating_sub(1)
            };
            for layer in layers[*from] + 1..layers[*to] {
                let label = small(edge.label.chars().count()) * LABEL_CHARACTER_WIDTH;
                let width = if layer == labelled {
                    label.max(BEND_WIDTH)
                } else {
                    BEND_WIDTH
                };
                items.push(Item { layer, width });
                let bend = items.len() - 1;
                pieces.push((above, bend));
                own.push(bend);
                above = bend;
            }
            if from != to {
                pieces.push((above, *to));
            }
            bends.push(own);
        }
        let depth = layers.iter().max().map_or(0, |last| last + 1);
        let mut rows = vec![Vec::new(); depth];
        for (item, place) in items.iter().enumerate() {
            rows[place.layer].push(item);
        }
        Self {
            items,
            order: rows,
            pieces,
            bends,
        }
    }

    fn above(&self, item: usize) -> impl Iterator<Item = usize> {
        let pieces = self.pieces.iter().filter(move |(_, below)| *below == item);
        pieces.map(|(above, _)| *above)
    }

    fn below(&self, item: usize) -> impl Iterator<Item = usize> {
        let pieces = self.pieces.iter().filter(move |(above, _)| *above == item);
        pieces.map(|(_, below)| *below)
    }

    /// Orders each layer by where its neighbours are, down and up, and keeps the order with the fewest crossings.
    pub(super) fn untangle(&mut self) {
        let mut best = (self.crossings(), self.order.clone());
        for sweep in 0..ORDERING_SWEEPS {
            let down = sweep % 2 == 0;
            let depth = self.order.len();
            for step in 1..depth {
                let layer = if down { step } else { depth - 1 - step };
                let ranks = self.ranks();
                let mean = |item: usize| {
                    let near: Vec<usize> = if down {
                        self.above(item).collect()
                    } else {
                        self.below(item).collect()
                    };
                    mean(near.into_iter().map(|other| ranks[other])).unwrap_or(ranks[item])
                };
                let mut row: Vec<(f64, usize)> = self.order[layer]
                    .iter()
                    .map(|item| (mean(*item), *item))
                    .collect();
                row.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.order[layer] = row.into_iter().map(|(_, item)| item).collect();
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.order.clone());
            }
        }
        self.order = best.1;
    }

    /// The place of each item in its row, as a number to take means of.
    fn ranks(&self) -> Vec<f64> {
        let mut ranks = vec![0.0; self.items.len()];
        for row in &self.order {
            for (rank, item) in row.iter().enumerate() {
                ranks[*item] = small(rank);
            }
        }
        ranks
    }

    fn crossings(&self) -> usize {
        let ranks = self.ranks();
        let layer = |piece: &(usize, usize)| self.items[piece.0].layer;
        let mut count = 0;
        for (index, one) in self.pieces.iter().enumerate() {
            for other in &self.pieces[index + 1..] {
                let above = ranks[one.0] - ranks[other.0];
                let below = ranks[one.1] - ranks[other.1];
                if layer(one) == layer(other) && above * below < 0.0 {
                    count += 1;
                }
            }
        }
        count
    }

    /// The centre of each item: again and again each row moves to the means of its neighbours, as far as the
    /// widths in the row allow.
    pub(super) fn place(&self) -> Vec<f64> {
        let mut centres = vec![0.0; self.items.len()];
        for row in &self.order {
            self.settle(row, &vec![0.0; row.len()], &mut centres);
        }
        for sweep in 0..PLACING_SWEEPS {
            let down = sweep % 2 == 0;
            for step in 0..self.order.len() {
                let layer = if down {
                    step
                } else {
                    self.order.len() - 1 - step
                };
                let row = &self.order[layer];
                let wished: Vec<f64> = row
                    .iter()
                    .map(|item| {
                        let near = self.above(*item).chain(self.below(*item));
                        mean(near.map(|other| centres[other])).unwrap_or(centres[*item])
                    })
                    .collect();
                self.settle(row, &wished, &mut centres);
            }
        }
        centres
    }

    /// Puts a row where it wishes to be, without overlaps and with the least sum of squared distances: items that
    /// would overlap form a block around their mean wish (isotonic regression).
    fn settle(&self, row: &[usize], wished: &[f64], centres: &mut [f64]) {
        // The least distance of each item from the first one; taken off, only the order is left to keep.
        let mut offsets = Vec::with_capacity(row.len());
        let mut offset = 0.0;
        for (index, item) in row.iter().enumerate() {
            if index > 0 {
                let (before, own) = (self.items[row[index - 1]].width, self.items[*item].width);
                offset += f64::midpoint(before, own) + COLUMN_GAP;
            }
            offsets.push(offset);
        }
        let mut blocks: Vec<(f64, usize)> = Vec::new();
        for (wish, offset) in wished.iter().zip(&offsets) {
            let mut block = (wish - offset, 1);
            while let Some((value, size)) = blocks.last().copied().filter(|last| last.0 > block.0) {
                blocks.pop();
                let together = size + block.1;
                let sum = value * small(size) + block.0 * small(block.1);
                block = (sum / small(together), together);
            }
            blocks.push(block);
        }
        let values = blocks
            .into_iter()
            .flat_map(|(value, size)| std::iter::repeat_n(value, size));
        for ((item, value), offset) in row.iter().zip(values).zip(offsets) {
            centres[*item] = value + offset;
        }
    }
}
