//! `cargo run -p smoke-test -- URL`: whether a deployment answers as it should. It needs no credentials and changes nothing.

mod checks;

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Instant;

use clap::Parser;

use checks::{ALL, Deployment};

/// Asks a deployment what anybody may ask, and fails where an answer is not the right one. Nothing that it sends is taken in.
#[derive(Debug, Parser)]
#[command(name = "smoke-test", version)]
struct Options {
    /// Where the deployment is: the output `Url` of its stack.
    url: String,
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    let mut deployment = Deployment::at(&Options::parse().url)?;
    let mut failed = 0;
    for check in ALL {
        let begun = Instant::now();
        let outcome = deployment.check(check).await;
        let took = begun.elapsed().as_millis();
        let line = match outcome {
            Ok(()) => format!("ok     {took:>6} ms  {check}"),
            Err(error) => {
                failed += 1;
                format!("FAILED {took:>6} ms  {check}: {error:#}")
            }
        };
        writeln!(io::stdout(), "{line}")?;
    }
    Ok(if failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
