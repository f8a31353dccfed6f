//! A diagram of where a request is: the phases of a state machine as boxes, drawn from its definition alone.
//!
//! `graph.rs` reads phases and labelled edges out of the Amazon States Language, `layout.rs` gives every box and
//! every edge its place (layers from top to bottom), and `svg.rs` draws them with the marks of one execution.

mod graph;
mod layout;
mod progress;
mod svg;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use maud::Markup;
use parking_lot::Mutex;

use graph::Graph;
use layout::Layout;
pub(crate) use progress::{Mark, Progress};

/// The layouts of the latest graphs. To lay one out takes as long as all else of a page, and all requests that
/// run by one definition share a few.
static LAYOUTS: LazyLock<Mutex<HashMap<Graph, Arc<Layout>>>> = LazyLock::new(Mutex::default);
/// How many are kept, so that definitions which change all day do not fill the memory.
const MOST_LAYOUTS: usize = 64;

/// A request's way through its process.
pub(crate) struct Drawing {
    /// The whole process, with the way marked.
    pub(crate) picture: Markup,
    /// The phases that were visited, in a line.
    pub(crate) visited: Markup,
}

/// Draws a definition with an execution's progress. `id` makes the drawing's own names unique on a page.
/// None: the definition is not one that can be drawn.
pub(crate) fn draw(definition: &str, progress: &Progress, id: &str) -> Option<Drawing> {
    let graph = Graph::read(definition, &progress.entered)?;
    let layout = layout_of(&graph);
    let marked = progress::Marked::of(&graph, progress);
    Some(Drawing {
        picture: svg::draw(&graph, &layout, &marked, id),
        visited: svg::visited(&graph, &marked),
    })
}

fn layout_of(graph: &Graph) -> Arc<Layout> {
    let mut layouts = LAYOUTS.lock();
    if let Some(layout) = layouts.get(graph) {
        return Arc::clone(layout);
    }
    if layouts.len() >= MOST_LAYOUTS {
        layouts.clear();
    }
    let layout = Arc::new(Layout::of(graph));
    layouts.insert(graph.clone(), Arc::clone(&layout));
    layout
}
