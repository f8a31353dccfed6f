//! `cargo run`: Refund Desk on this machine, with fakes of AWS and Stripe.

use std::{
    io::{IsTerminal, Write},
    process::ExitCode,
};

use anyhow::Context;
use clap::Parser;
use local::{Options, Stack};
use tracing_subscriber::{filter::Targets, prelude::*};

fn main() -> ExitCode {
    let options = Options::parse();
    log_to_stderr(options.environment.log.as_deref());
    match serve(options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

#[tokio::main]
async fn serve(options: Options) -> anyhow::Result<()> {
    let stop = stop_signal()?;
    tokio::pin!(stop);
    let stack = tokio::select! {
        stack = local::start(options) => stack?,
        () = &mut stop => return Ok(()),
    };
    announce(&stack).context("cannot write to the terminal")?;
    stop.await;
    // The runtime ends with this function, and with it every process that the stack started.
    drop(stack);
    Ok(())
}

/// Says where everything is. The first line is what programs wait for.
fn announce(stack: &Stack) -> std::io::Result<()> {
    let base = format!("http://{}", stack.addr);
    let mut out = std::io::stdout().lock();
    writeln!(out, "Ready on {base}")?;
    for (title, path) in &stack.forms {
        writeln!(out, "  {title}: {base}{path}")?;
    }
    if let Some(secret) = &stack.new_events_secret {
        writeln!(
            out,
            "  Events are signed with {secret}, which is not shown again."
        )?;
    }
    writeln!(out, "  Mails, requests and the audit log: {base}/_local")?;
    writeln!(out, "  Ctrl-C stops it.")?;
    out.flush()
}

/// Ends when a person or the system asks this process to stop.
fn stop_signal() -> anyhow::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = {
        use tokio::signal::unix::{SignalKind, signal};
        signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?
    };
    Ok(async move {
        let interrupt = tokio::signal::ctrl_c();
        #[cfg(unix)]
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
        #[cfg(not(unix))]
        let _ = interrupt.await;
    })
}

/// What goes wrong, here and in functions, and what dynoxide does not say of every refused condition of a
/// conditional write, which is how writes race.
const USUAL_LOG: &str = "warn,local=info,dynoxide=error";

/// `RUST_LOG` says otherwise, such as `debug` or `local=info,function=info`; `function` is what functions log.
fn log_to_stderr(wanted: Option<&str>) {
    let (targets, refused) = match wanted.unwrap_or(USUAL_LOG).parse::<Targets>() {
        Ok(targets) => (targets, None),
        Err(error) => (USUAL_LOG.parse().unwrap_or_default(), Some(error)),
    };
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    tracing_subscriber::registry()
        .with(lines)
        .with(targets)
        .init();
    if let Some(error) = refused {
        tracing::warn!(%error, "RUST_LOG cannot be read; the usual is shown");
    }
}
