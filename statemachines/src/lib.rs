//! Turns a process that people write into what machines run.
//!
//! A definition (`definitions/<service>/<offering>.yaml`) says what is asked, which phases a request
//! goes through, who decides and what the emails say. From it this crate writes the Step Functions
//! state machine, the form's JSON Schema, a diagram and the OpenAPI document. In the order of the data:
//!
//! 1. `yaml` parses the text into a tree that keeps every place, and `read` makes it a `definition`:
//!    each part on its own.
//! 2. `check` puts the parts together: the `graph` of the phases, the `names` that are set on every
//!    path, each `condition` and each `text`. What passes is a `process`.
//! 3. `asl`, `mermaid` and the form's own JSON Schema write the process down, and `openapi` what can be called of all of them.
//!    [`files`] keeps `generated/` up to date, once the `known_teams` and the `invitations` from one definition to another
//!    are right as well.
//!
//! Every problem is a [`Diagnostic`]: where it is, what is wrong and what to do. All problems of a
//! definition are reported at once. A definition that passes has no path that does not end, no name
//! without a value and no amount that is not exact.

mod asl;
mod check;
mod compile;
mod condition;
mod connector;
mod connectors;
pub mod cost;
mod definition;
mod diagnostic;
pub mod files;
mod graph;
mod invitations;
mod known_teams;
mod mermaid;
mod names;
mod openapi;
mod phase;
mod phases;
mod process;
mod read;
mod roles;
mod source;
pub mod template;
mod text;
pub mod yaml;

pub use compile::{Generated, compile};
pub use diagnostic::{Diagnostic, Diagnostics};
pub use source::{At, Span};
