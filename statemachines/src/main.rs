//! `cargo run -p statemachines` writes the generated files, `-- --check` says whether they are fresh.

use std::path::PathBuf;
use std::process::ExitCode;

use statemachines::cost;
use statemachines::files::{Difference, Error, Folders};

const USAGE: &str = "\
Generates the state machines, schemas and diagrams from the definitions.

Usage: cargo run -p statemachines [-- [--check | --cost] [--root FOLDER]]

  --check        write nothing; fail when a generated file is not what its definition says
  --cost         say what a thousand requests cost on AWS
  --root FOLDER  the folder with `definitions` and `generated` (default: statemachines)";

fn main() -> ExitCode {
    let mut folders = Folders::of_this_checkout();
    let (mut check, mut cost) = (false, false);
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        match (arg.as_str(), args.len()) {
            ("--check", _) => check = true,
            ("--cost", _) => cost = true,
            ("--root", 1..) => {
                folders = Folders::below(&args.next().map(PathBuf::from).unwrap_or_default());
            }
            ("--help" | "-h", _) => {
                println!("{USAGE}");
                return ExitCode::SUCCESS;
            }
            _ => {
                eprintln!("I do not know what to do with `{arg}`.\n\n{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let done = if cost {
        say_costs(&folders)
    } else {
        run(&folders, check)
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            if matches!(error, Error::Refused(_)) {
                eprintln!("Nothing was written.");
            }
            ExitCode::FAILURE
        }
    }
}

fn run(folders: &Folders, check: bool) -> Result<ExitCode, Error> {
    let changes = folders.changes()?;
    if changes.is_empty() {
        println!("The generated files are up to date.");
        return Ok(ExitCode::SUCCESS);
    }
    if check {
        for change in &changes {
            eprintln!(
                "{} is {}",
                folders.path_of(change).display(),
                state(change.difference)
            );
        }
        eprintln!("\nRun `cargo run -p statemachines` and commit what it writes.");
        return Ok(ExitCode::FAILURE);
    }
    folders.apply(&changes)?;
    for change in &changes {
        let done = match change.difference {
            Difference::Stale => "updated",
            Difference::Missing => "written",
            Difference::Extra => "removed",
        };
        println!("{done} {}", folders.path_of(change).display());
    }
    Ok(ExitCode::SUCCESS)
}

fn say_costs(folders: &Folders) -> Result<ExitCode, Error> {
    for offering in folders.offerings()? {
        let table = cost::table(&offering).unwrap_or_else(|error| format!("{error}\n"));
        println!("{}\n\n{table}", offering.path);
    }
    Ok(ExitCode::SUCCESS)
}

fn state(difference: Difference) -> &'static str {
    match difference {
        Difference::Stale => "out of date",
        Difference::Missing => "missing",
        Difference::Extra => "not asked for by any definition",
    }
}
