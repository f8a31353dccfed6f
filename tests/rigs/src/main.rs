//! `cargo run -p rigs [-- NAME...]`

use std::{io, process::ExitCode};

use anyhow::Context;
use clap::{Parser, builder::PossibleValuesParser};
use rigs::{Checkout, Rig, rig};

/// Runs third-party tools and stacks that judge this project, one after the other.
#[derive(Debug, Parser)]
#[command(name = "rigs")]
struct Options {
    /// Which ones. When none is named, all but aws-account, which costs money on an AWS account.
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
            let is_named = self.names.iter().any(|name| name == rig.name());
            is_named || self.names.is_empty() && !rig.is_opt_in()
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
        let opt_in = |rigs: Vec<&'static dyn Rig>| {
            let opt_in = rigs.into_iter().filter(|rig| rig.is_opt_in());
            opt_in.map(Rig::name).collect::<Vec<_>>()
        };
        assert_eq!(opt_in(rig::all()), ["aws-account"]);
        assert_eq!(opt_in(chosen(&["rigs"])), [""; 0]);
        assert_eq!(opt_in(chosen(&["rigs", "aws-account"])), ["aws-account"]);
        assert_eq!(chosen(&["rigs"]).len(), rig::all().len() - 1);
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
