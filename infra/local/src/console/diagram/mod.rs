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

use maud::Markup;

pub(crate) use progress::Progress;

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
    let graph = graph::Graph::read(definition, &progress.entered)?;
    let layout = layout::Layout::of(&graph);
    let marked = progress::Marked::of(&graph, progress);
    Some(Drawing {
        picture: svg::draw(&graph, &layout, &marked, id),
        visited: svg::visited(&graph, &marked),
    })
}
