//! The whole process under random faults: the shipped state machine on the local executor, the functions
//! themselves over fakes, virtual time, and a seeded hand that breaks things.
//!
//! - `process`: what is simulated: the refund request, or the routed one with its survey
//! - `world`: the machine, the functions (`functions`), and what they talk to (`ports`)
//! - `faults`: where something can go wrong, and whether it does
//! - `guards`: what can be taken away, to see that it is missed
//! - `invocation`: what is known of whoever calls a port
//! - `operators`: who stop payments and raise limits
//! - `people`: approvers and customers who choose, with their mails, and how a POST reaches a function
//! - `customers`: what they ask for, and how they rate
//! - `random_run`: a run in which everything is drawn from a seed; 300 seeds in a test
//! - `charges`: the same for several requests of one charge, with and without each of the `guards`
//! - `routed`: the same for the routed process and its survey, with a test for each group of promises
//! - `steps`: the systematic pair: every step twice, and every step failing once, at every point
//! - `credit`: a process with a credit in it, by its states' own payloads
//! - `designated`: which of two amounts and of two addresses counts
//! - `together`: two or three requests of one charge that are paid in the same instant
//! - `last_cents`: many requests that want the last cents of a day's limit
//! - `outages`: services that are away for up to a day, refused mails, and requests that are stored and not started
//! - `floods`: more requests than are taken, beside honest customers
//! - `race`: a decision or a choice in the very instant in which the state that waits for it times out
//! - `invariants`, over the `model` of an audit log: what must hold after every run
//!
//! `SIM_SEED=7 cargo test -p sim a_run` replays one seed, `... routed` one of the routed process;
//! `SIM_RUNS=10000` runs that many.

#![cfg(test)]

mod charges;
mod credit;
mod customers;
mod designated;
mod faults;
mod floods;
mod functions;
mod guards;
mod invariants;
mod invocation;
mod last_cents;
mod model;
mod operators;
mod outages;
mod people;
mod ports;
mod process;
mod race;
mod random_run;
mod routed;
mod steps;
mod together;
mod world;
