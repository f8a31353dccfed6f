//! Third-party stacks and tools that judge this project from outside.
//!
//! `cargo run -p rigs` runs all but the opt-in `aws-account`, `cargo run -p rigs -- asl-lint` one of them. Each rig installs
//! what it needs into `.rigs/` of the checkout, in exactly the versions listed under `tools/`, so it
//! needs no more than `python3`, `node` and `npm`. A rig that cannot be installed has failed: nothing
//! is skipped.
//!
//! A rig is one file in [`rig`]. It says what it found through [`Checks`]. To add one, write that file,
//! list what it installs under `tools/NAME/`, and name it in [`rig::all`].

mod checkout;
mod checks;
mod command;
mod install;
mod process;
pub mod rig;

pub use checkout::Checkout;
pub use checks::Checks;
pub use rig::Rig;

use std::io::{self, Write};

/// Runs rigs one after the other and says what they found. `true` when none has failed.
pub fn run(rigs: &[&dyn Rig], checkout: &Checkout, out: &mut dyn Write) -> io::Result<bool> {
    let mut failed = Vec::new();
    for rig in rigs {
        writeln!(out, "{}: {}", rig.name(), rig.shows())?;
        let mut checks = Checks::new(out);
        let outcome = rig
            .install(checkout)
            .map_err(|error| error.context("it could not be installed"))
            .and_then(|()| checks::caught(|| rig.run(checkout, &mut checks)));
        if !checks.finish(outcome)? {
            failed.push(rig.name());
        }
    }
    if !failed.is_empty() {
        writeln!(out, "FAILED: {}", failed.join(", "))?;
    }
    Ok(failed.is_empty())
}
