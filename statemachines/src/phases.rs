//! All kinds of phases.

mod approval;
mod choice;
mod condition;
mod connector;
mod email;
mod end;
mod start;
mod wait;

use crate::phase::PhaseType;

/// Every `type:` that a phase can have.
pub(crate) const TYPES: [PhaseType; 8] = [
    start::TYPE,
    approval::TYPE,
    choice::TYPE,
    condition::TYPE,
    connector::TYPE,
    email::TYPE,
    wait::TYPE,
    end::TYPE,
];
