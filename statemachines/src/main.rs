//! `cargo run -p statemachines` writes the generated files, `-- --check` says whether they are fresh.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use statemachines::cost;
use statemachines::files::{Difference, Error, Folders};

/// Generates the state machines, schemas and diagrams from the definitions.
#[derive(Debug, Parser)]
#[command(name = "statemachines")]
struct Options {
    /// Write nothing; fail when a generated file is not what its definition says.
    #[arg(long)]
    check: bool,

    /// Say what a thousand requests cost on AWS.
    #[arg(long, conflicts_with = "check")]
    cost: bool,

    /// The folder with `definitions` and `generated`. [default: statemachines]
    #[arg(long, value_name = "FOLDER")]
    root: Option<PathBuf>,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let root = options.root.as_deref();
    let folders = root.map_or_else(Folders::of_this_checkout, Folders::below);
    let done = if options.cost {
        say_costs(&folders)
    } else {
        run(&folders, options.check)
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error}");
            if matches!(error, Error::Refused(_) | Error::Vanished(_)) {
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
            let state = match change.difference {
                Difference::Stale => "out of date",
                Difference::Missing => "missing",
                Difference::Extra => "not asked for by any definition",
            };
            eprintln!("{} is {state}", folders.path_of(change).display());
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
