//! Command line options and environment variables.

use std::{collections::BTreeMap, path::PathBuf};

use clap::Parser;

/// Runs Refund Desk on this machine, with stand-ins for AWS and Stripe. For development only.
///
/// Environment: STRIPE_API_BASE and STRIPE_API_KEY (use a real Stripe in test mode), TEAMS (who is in
/// which team, JSON), TIME_ZONE, BRAND_NAME, BRAND_LOGO, BRAND_COLOR, BRAND_CONTACT, BRAND_FOOTER, MAIL_FROM_NAME and MAIL_REPLY_TO (as
/// the parameters of infra/template.yaml say), EVENTS_URL (gets each audit record as a signed event) and EVENTS_SECRET (signs them, whsec_...;
/// made once and printed where there is none), RUST_LOG (what to show: warnings and errors unless it says otherwise, such as
/// function=info for all that functions log).
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

    /// Run what another template deploys, with the functions of this workspace.
    /// [default: infra/template.yaml]
    #[arg(long, value_name = "FILE")]
    pub template: Option<PathBuf>,

    /// Take any number of requests, for load and test runs. Otherwise the template's limits hold, as on AWS; with
    /// `--functions`, those that their own environment says.
    #[arg(long)]
    pub no_limits: bool,

    /// What the process's environment says.
    #[arg(skip = Environment::from_process())]
    pub environment: Environment,
}

/// What of the process's environment the stack uses. Read once, with the command line.
#[derive(Debug, Clone)]
pub struct Environment {
    /// The cargo that builds the functions.
    pub cargo: String,
    /// What takes the place of the template's parameters, by their names.
    pub parameters: BTreeMap<String, String>,
    /// Secrets that take the place of the local stack's own, by their variables.
    pub secrets: BTreeMap<String, String>,
    /// Variables that every function's process gets besides its own.
    pub passed_on: BTreeMap<String, String>,
    /// Who gets each audit record as an event.
    pub events_url: Option<String>,
    /// What events are signed with.
    pub events_secret: Option<String>,
    /// What to log.
    pub log: Option<String>,
}

/// Variables that replace parameters of the template, and which.
const PARAMETERS: [(&str, &str); 10] = [
    ("BRAND_COLOR", "BrandColor"),
    ("BRAND_CONTACT", "BrandContact"),
    ("BRAND_FOOTER", "BrandFooter"),
    ("BRAND_LOGO", "BrandLogo"),
    ("BRAND_NAME", "BrandName"),
    ("MAIL_FROM_NAME", "MailFromName"),
    ("MAIL_REPLY_TO", "MailReplyTo"),
    ("STRIPE_API_BASE", "StripeApiBase"),
    ("TEAMS", "Teams"),
    ("TIME_ZONE", "TimeZone"),
];

/// Variables that replace secrets of the local stack's own.
const SECRETS: [&str; 2] = ["STRIPE_API_KEY", "STRIPE_WEBHOOK_SECRETS"];

/// What a process on this machine needs of the stack's own environment: to find programs, to keep
/// temporary files, to trust the machine's certificates and to get through its proxy when it talks to
/// the real Stripe, and the knobs of logs, backtraces and coverage. Nothing else gets in, so that a
/// function cannot come to rely on a developer's shell.
const PASSED_ON: &str = "HTTPS_PROXY LLVM_PROFILE_FILE NO_PROXY PATH RUST_BACKTRACE RUST_LOG SSL_CERT_DIR \
                         SSL_CERT_FILE SYSTEMROOT TMPDIR https_proxy no_proxy";

impl Environment {
    /// Reads the environment of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place of the local stack that reads the environment"
    )]
    fn from_process() -> Environment {
        Environment::read(|name| std::env::var(name).ok())
    }

    /// Reads an environment. An empty variable is the same as none.
    pub(crate) fn read(variable: impl Fn(&str) -> Option<String>) -> Environment {
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let pick = |name: &str| Some((name.to_owned(), variable(name)?));
        let parameter =
            |(name, parameter): (&str, &str)| Some((parameter.to_owned(), variable(name)?));
        Environment {
            cargo: variable("CARGO").unwrap_or_else(|| "cargo".to_owned()),
            parameters: PARAMETERS.into_iter().filter_map(parameter).collect(),
            secrets: SECRETS.into_iter().filter_map(pick).collect(),
            passed_on: PASSED_ON.split(' ').filter_map(pick).collect(),
            events_url: variable("EVENTS_URL"),
            events_secret: variable("EVENTS_SECRET"),
            log: variable("RUST_LOG"),
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
        let usual = Options::try_parse_from(["refund-desk"]).unwrap();
        assert_eq!((usual.port, usual.no_limits), (3000, false));
    }

    #[test]
    fn little_of_the_environment_gets_in() {
        let shell = |name: &str| match name {
            "TEAMS" => Some(String::new()),
            _ => Some(format!("the shell's {name}")),
        };
        let environment = Environment::read(shell);
        assert_eq!(environment.cargo, "the shell's CARGO");
        assert_eq!(
            environment.secrets["STRIPE_API_KEY"],
            "the shell's STRIPE_API_KEY"
        );
        assert!(
            !environment.parameters.contains_key("Teams"),
            "empty is none"
        );
        assert_eq!(environment.passed_on["PATH"], "the shell's PATH");
        assert!(!environment.passed_on.contains_key("HOME"));
        assert!(!environment.passed_on.contains_key("AWS_PROFILE"));
        assert_eq!(Environment::read(|_| None).cargo, "cargo");
    }

    #[test]
    fn contradictions_are_refused() {
        for wrong in [
            &["--ephemeral", "--data-dir", "x"][..],
            &["--functions", "localhost:9000"],
            &["--port", "70000"],
            &["--no-limits=no"],
        ] {
            let arguments = ["refund-desk"].iter().chain(wrong);
            assert!(Options::try_parse_from(arguments).is_err(), "{wrong:?}");
        }
    }
}
