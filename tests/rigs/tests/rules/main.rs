//! What has to hold of the sources and documents, and what neither the compiler nor clippy notices.

#![allow(clippy::unwrap_used, reason = "a panic fails the test and says where")]

mod architecture;
mod authorization;
mod links;
mod names;
mod source;
mod sources;
