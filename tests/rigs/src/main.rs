//! `cargo run -p rigs [-- NAME...]`

use std::{io, process::ExitCode};

use anyhow::Context;
use clap::{Parser, builder::PossibleValuesParser};
use rigs::{Checkout, Rig, rig};

/// Runs third-party tools and stacks that judge this project, one after the other.
#[derive(Debug, Parser)]
#[command(name = "rigs")]
struct Options {
    /// Which ones; all when none is named.
    #[arg(value_parser = PossibleValuesParser::new(rig::all().iter().map(|rig| rig.name())))]
    names: Vec<String>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(options: &Options) -> anyhow::Result<bool> {
    let checkout = Checkout::of_this_package()?;
    rigs::run(&options.rigs(), &checkout, &mut io::stdout()).context("cannot write to the terminal")
}

impl Options {
    fn rigs(&self) -> Vec<&'static dyn Rig> {
        let mut rigs = rig::all();
        rigs.retain(|rig| {
            self.names.is_empty() || self.names.iter().any(|name| name == rig.name())
        });
        rigs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rigs_are_chosen_by_name() {
        let chosen = |arguments: &[&str]| Options::try_parse_from(arguments).unwrap().rigs();
        assert_eq!(chosen(&["rigs"]).len(), rig::all().len());
        let names: Vec<_> = chosen(&["rigs", "cargo-deny", "asl-lint"])
            .iter()
            .map(|rig| rig.name())
            .collect();
        assert_eq!(names, ["asl-lint", "cargo-deny"]);
        let error = Options::try_parse_from(["rigs", "asl"]).unwrap_err();
        let error = error.to_string();
        assert!(
            error.contains("'asl'") && error.contains("asl-lint"),
            "{error}"
        );
    }
}
