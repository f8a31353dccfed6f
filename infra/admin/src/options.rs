//! Command line options.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use domain::form::is_email;
use domain::id::{OfferingPath, RequestId, TeamId};
use domain::money::Usd;
use domain::operator_log::Change;
use domain::payment_control::Limits;
use domain::reference::Reference;
use domain::report::Month;
use jiff::Timestamp;
use jiff::civil::Date;

/// Stops payments, raises limits, changes teams, lets stopped requests go on and erases personal data in a running Refund Desk. Uses the AWS credentials and the region of the environment.
#[derive(Debug, Parser)]
#[command(name = "admin", version)]
pub(crate) struct Options {
    /// The deployment's table. [default: `TABLE_NAME`]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) table: Option<String>,

    /// Works on a local stack in place of AWS.
    #[arg(
        long,
        global = true,
        value_name = "URL",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "http://127.0.0.1:3000"
    )]
    pub(crate) local: Option<String>,

    /// The secret with the deployment's settings, for what is about teams and Stripe: the output `SettingsSecret`.
    /// [default: `SETTINGS_SECRET_ARN`]
    #[arg(long, global = true, value_name = "ARN")]
    pub(crate) settings: Option<String>,

    /// The deployment's stack, for what is about requests and teams.
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) stack: Option<String>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// The switch that stops every payment of every offering at once.
    #[command(subcommand)]
    Payments(Payments),
    /// Limits of an offering, in place of its definition's, also for requests that are under way.
    #[command(subcommand)]
    Limits(LimitsCommand),
    /// Who is on which team, also for requests that are under way.
    #[command(subcommand)]
    Teams(TeamsCommand),
    /// Requests: by their reference, and those that stopped because something broke or a payment is held.
    #[command(subcommand)]
    Requests(Requests),
    /// What is stored about a customer, by their mail address.
    #[command(subcommand)]
    Person(Person),
    /// Prints the operators' audit log, oldest first.
    Log,
    /// The audit log of requests.
    #[command(subcommand)]
    Audit(Audit),
    /// Reports over the audit log of all requests, of any length.
    #[command(subcommand)]
    Report(ReportCommand),
    /// Compares refunds and credits at Stripe with the audit log, and lists what does not agree. Takes Stripe's key from
    /// `STRIPE_API_KEY`, or else from the deployment's secret.
    Reconcile(Days),
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    /// The records of the audit log that a query finds.
    Audit {
        /// Such as "service:refund-request amount:>=500": infra/README.md has all fields. Without from: the last 31 days.
        #[arg(long, default_value = "")]
        query: String,
        /// A day in UTC, or a time with a zone; added to the query.
        #[arg(long, value_name = "TIME")]
        from: Option<String>,
        /// The first day or time that is too late; added to the query.
        #[arg(long, value_name = "TIME")]
        to: Option<String>,
        #[command(flatten)]
        file: ReportFile,
    },
    /// The movements of money of a month in UTC.
    Refunds {
        /// Such as 2026-11.
        #[arg(long)]
        month: Month,
        #[command(flatten)]
        file: ReportFile,
    },
}

/// Where a report goes.
#[derive(Debug, Args)]
pub(crate) struct ReportFile {
    #[arg(long, value_enum, default_value_t = FileFormat::Csv)]
    pub(crate) format: FileFormat,
    /// A file for it, which is written whole or not at all and which nobody else can read. [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum FileFormat {
    /// A line of names, then the rows. What a spreadsheet would take for a formula is text.
    Csv,
    /// One JSON object per line.
    Json,
}

/// Days in UTC.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Days {
    /// The first day, such as 2026-11-01.
    #[arg(long, value_name = "DAY")]
    pub(crate) from: Date,
    /// The day after the last, such as 2026-12-01.
    #[arg(long, value_name = "DAY")]
    pub(crate) to: Date,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Prints all that is stored about them as JSON, for them to read.
    Export {
        /// Their address. All spellings of one mailbox count as one.
        address: String,
    },
    /// Removes the personal data of their requests that have ended. The audit log and what money needs stay.
    Erase {
        /// Their address. All spellings of one mailbox count as one.
        address: String,
        #[command(flatten)]
        reason: Reason,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Payments {
    /// Stops them: what would be paid needs attention.
    Stop(Reason),
    /// Lets them be made again. What was held goes on by a redrive of its execution.
    Resume(Reason),
    /// Says whether they are stopped.
    Status,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Checks that no record was changed, removed, added or swapped: of one request by its hashes, or of all by the digests.
    Verify(Verify),
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The request's id.
    #[arg(required_unless_present = "digests", conflicts_with = "digests")]
    pub(crate) request: Option<RequestId>,
    #[command(flatten)]
    pub(crate) digests: Digests,
}

#[derive(Debug, Args)]
pub(crate) struct Digests {
    /// Checks the daily digests, and each request's log that they name.
    #[arg(long = "digests", id = "digests")]
    _all: bool,
    /// Of one offering, such as customer-success/refund-request.
    #[arg(long, requires = "digests", value_name = "PATH")]
    pub(crate) offering: Option<OfferingPath>,
    /// From the digest of that day on, such as 2026-11-26.
    #[arg(long, requires = "digests", value_name = "DATE")]
    pub(crate) from: Option<Date>,
    /// Compares them with the copies in the deployment's `AuditBucket`.
    #[arg(long, requires = "digests", value_name = "NAME")]
    pub(crate) bucket: Option<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Requests {
    /// Finds a request by the reference that its customer and its mails name.
    Find {
        /// Such as RD-7K2M4X.
        reference: Reference,
    },
    /// Lists them by what stopped them.
    Stopped,
    /// Lets all of them go on that the same thing stopped.
    Redrive {
        /// What stopped them, such as Stripe.InsufficientFunds: a name that `stopped` lists.
        #[arg(long, value_name = "NAME")]
        cause: String,
        #[command(flatten)]
        reason: Reason,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum TeamsCommand {
    /// Lists all teams as they are now.
    List,
    /// Lets people join a team; a team that does not exist begins so. They are asked in each approval that is open.
    Add(Members),
    /// Lets people leave a team. They decide nothing any more.
    Remove(Members),
    /// Lets the deployment's parameter say again who is on a team.
    Reset {
        /// Such as csm-team.
        team: TeamId,
        #[command(flatten)]
        reason: Reason,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Members {
    /// Such as csm-team.
    pub(crate) team: TeamId,
    /// Their email addresses.
    #[arg(required = true, value_parser = address)]
    pub(crate) addresses: Vec<String>,
    #[command(flatten)]
    pub(crate) reason: Reason,
}

fn address(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    is_email(text)
        .then(|| text.to_owned())
        .ok_or("expected an email address")
}

#[derive(Debug, Subcommand)]
pub(crate) enum LimitsCommand {
    /// Prints what holds in place of the definition's limits, and what counts toward them.
    Show {
        /// Such as customer-success/refund-request.
        offering: OfferingPath,
    },
    /// Puts limits in place of the definition's.
    Raise {
        /// Such as customer-success/refund-request.
        offering: OfferingPath,
        #[command(flatten)]
        limits: NewLimits,
        #[command(flatten)]
        reason: Reason,
    },
    /// Lets the definition's own limits hold again.
    Reset {
        /// Such as customer-success/refund-request.
        offering: OfferingPath,
        #[command(flatten)]
        reason: Reason,
    },
}

/// In US dollars, such as 2500.00.
#[derive(Debug, Clone, Copy, Args)]
#[group(required = true, multiple = true)]
pub(crate) struct NewLimits {
    /// For one request, in dollars such as 2500.00.
    #[arg(long = "per-refund", value_name = "USD")]
    refund: Option<Usd>,
    /// To one customer in 30 days.
    #[arg(long = "per-customer", value_name = "USD")]
    customer: Option<Usd>,
    /// In one day, in UTC.
    #[arg(long = "per-day", value_name = "USD")]
    day: Option<Usd>,
}

impl From<NewLimits> for Limits {
    fn from(new: NewLimits) -> Self {
        Self {
            per_refund: new.refund,
            per_customer: new.customer,
            per_day: new.day,
        }
    }
}

/// Who changes something and why, for the audit log.
#[derive(Debug, Clone, Args)]
pub(crate) struct Reason {
    /// Who you are, such as your address.
    #[arg(long, value_name = "WHO", value_parser = one_line)]
    by: String,
    /// Why. The teams of held payments read it.
    #[arg(long, value_name = "WHY", value_parser = one_line)]
    because: String,
}

impl Reason {
    pub(crate) fn at(self, at: Timestamp) -> Change {
        Change {
            by: self.by,
            because: self.because,
            at,
        }
    }
}

fn one_line(text: &str) -> Result<String, &'static str> {
    let text = text.trim();
    if text.is_empty() || text.len() > 500 || text.contains(char::is_control) {
        return Err("expected one line of at most 500 bytes");
    }
    Ok(text.to_owned())
}
