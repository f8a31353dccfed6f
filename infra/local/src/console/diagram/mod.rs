//! A diagram of where a request is: the phases of a state machine as boxes, drawn from its definition alone.
//!
//! `graph.rs` reads phases and labelled edges out of the Amazon States Language, `layout.rs` gives every box and
//! every edge its place (layers from top to bottom), and `svg.rs` draws them with the marks of one execution.

mod graph;
mod layout;
mod svg;
#[cfg(test)]
mod tests;

use maud::Markup;

/// How far an execution came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// The states it entered, in order.
    pub(crate) entered: Vec<String>,
    /// Where it is now; None once it ended.
    pub(crate) current: Option<String>,
    /// It ended otherwise than by succeeding.
    pub(crate) failed: bool,
}

/// A request's way through its process.
pub(crate) struct Drawing {
    /// The whole process, with the way marked.
    pub(crate) picture: Markup,
    /// The phases on the way, in a line.
    pub(crate) trail: Markup,
}

/// Draws a definition with an execution's progress. `id` makes the drawing's own names unique on a page.
/// None: the definition is not one that can be drawn.
pub(crate) fn draw(definition: &str, progress: &Progress, id: &str) -> Option<Drawing> {
    let graph = graph::Graph::read(definition, &progress.entered)?;
    let layout = layout::Layout::of(&graph);
    Some(Drawing {
        picture: svg::draw(&graph, &layout, progress, id),
        trail: svg::trail(&graph, progress),
    })
}
