//! What a person can say on the command line and in the environment.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Parser;

/// Runs Refund Desk on this machine, with stand-ins for AWS and Stripe. For development only.
///
/// Environment: STRIPE_API_BASE and STRIPE_API_KEY (use a real Stripe in test mode), TEAMS (who is in
/// which team, JSON), RUST_LOG (how much to log).
#[derive(Debug, Clone, Parser)]
#[command(name = "refund-desk", version)]
#[allow(clippy::doc_markdown)]
pub struct Options {
    /// The port to serve on, of this machine alone. 0 picks a free one.
    #[arg(long, value_name = "N", default_value_t = 3000)]
    pub port: u16,

    /// Keep nothing: all data is gone when it stops.
    #[arg(long, conflicts_with = "data_dir")]
    pub ephemeral: bool,

    /// Where to keep data, which is safe to delete. [default: .local in the workspace]
    #[arg(long, value_name = "DIR")]
    pub data_dir: Option<PathBuf>,

    /// Use functions that run elsewhere, such as those of `cargo lambda watch`.
    #[arg(long, value_name = "URL", value_parser = http_url)]
    pub functions: Option<String>,

    /// Values from the environment that functions get in place of the template's.
    #[arg(skip)]
    pub overrides: BTreeMap<String, String>,
}

/// Variables of the environment that replace a function's own.
const OVERRIDES: [&str; 3] = ["STRIPE_API_BASE", "STRIPE_API_KEY", "TEAMS"];

impl Options {
    /// Reads the command line and the environment. Ends the process when they make no sense, and for
    /// `--help` and `--version`.
    pub fn from_process() -> Options {
        let mut options = Options::parse();
        for name in OVERRIDES {
            if let Ok(value) = std::env::var(name)
                && !value.is_empty()
            {
                options.overrides.insert(name.to_owned(), value);
            }
        }
        options
    }

    /// A port of the system's choice and nothing kept.
    pub fn for_testing() -> Options {
        Options {
            port: 0,
            ephemeral: true,
            data_dir: None,
            functions: None,
            overrides: BTreeMap::new(),
        }
    }
}

fn http_url(text: &str) -> Result<String, String> {
    match text.strip_prefix("http://") {
        Some(rest) if !rest.is_empty() => Ok(text.to_owned()),
        _ => Err("expected an address such as http://127.0.0.1:9000".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Options::command().debug_assert();
        let options =
            Options::try_parse_from(["refund-desk", "--port", "0", "--ephemeral"]).unwrap();
        assert_eq!((options.port, options.ephemeral), (0, true));
        assert_eq!(Options::try_parse_from(["refund-desk"]).unwrap().port, 3000);
    }

    #[test]
    fn contradictions_are_refused() {
        for wrong in [
            &["--ephemeral", "--data-dir", "x"][..],
            &["--functions", "localhost:9000"],
            &["--port", "70000"],
        ] {
            let arguments = ["refund-desk"].iter().chain(wrong);
            assert!(Options::try_parse_from(arguments).is_err(), "{wrong:?}");
        }
    }
}
