//! `cargo run -p rigs [-- NAME...]`

use std::{io, process::ExitCode};

use anyhow::Context;
use rigs::{Checkout, Rig, rig};

fn main() -> ExitCode {
    let names: Vec<String> = std::env::args().skip(1).collect();
    match run(&names) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(names: &[String]) -> anyhow::Result<bool> {
    let all = rig::all();
    let chosen = choose(&all, names)?;
    let checkout = Checkout::of_this_package()?;
    rigs::run(&chosen, &checkout, &mut io::stdout()).context("cannot write to the terminal")
}

/// The rigs of these names, or all when there is no name.
fn choose<'a>(all: &[&'a dyn Rig], names: &[String]) -> anyhow::Result<Vec<&'a dyn Rig>> {
    if names.is_empty() {
        return Ok(all.to_vec());
    }
    let find = |name: &String| {
        let found = all.iter().find(|rig| rig.name() == name).copied();
        found.with_context(|| {
            let names: Vec<_> = all.iter().map(|rig| rig.name()).collect();
            format!("there is no rig `{name}`. There are: {}", names.join(", "))
        })
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rigs_are_chosen_by_name() {
        let all = rig::all();
        assert_eq!(choose(&all, &[]).unwrap().len(), all.len());
        let chosen = choose(&all, &["asl-lint".to_owned()]).unwrap();
        assert_eq!(chosen.len(), 1);
        assert_eq!(chosen[0].name(), "asl-lint");
        let error = choose(&all, &["asl".to_owned()]).err().unwrap().to_string();
        assert!(
            error.contains("no rig `asl`") && error.contains("asl-lint"),
            "{error}"
        );
    }
}
