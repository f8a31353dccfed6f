//! The whole process under chance: the shipped state machine on the local executor, the functions
//! themselves over fakes, virtual time, and a seeded hand that breaks things.
//!
//! - `world`: the machine, the functions (`functions`), and what they talk to (`ports`)
//! - `faults`: where something can go wrong, and whether it does
//! - `people`: approvers with their mails, and how a POST reaches a function
//! - `chance`: a run in which everything is drawn from a seed; 300 seeds in a test
//! - `steps`: the systematic pair: every step twice, and every step failing once, at every point
//! - `credit`: a process with a credit in it, by its states' own payloads
//! - `race`: a decision in the very instant in which the state that waits for it times out
//! - `invariants`, over the `model` of a trail: what must hold after every run
//!
//! `SIM_SEED=7 cargo test -p sim a_run` replays one seed; `SIM_RUNS=10000` runs that many.

#[cfg(test)]
mod chance;
#[cfg(test)]
mod credit;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod functions;
#[cfg(test)]
mod invariants;
#[cfg(test)]
mod model;
#[cfg(test)]
mod people;
#[cfg(test)]
mod ports;
#[cfg(test)]
mod race;
#[cfg(test)]
mod steps;
#[cfg(test)]
mod world;
