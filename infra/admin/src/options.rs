//! Command line options.

use clap::{Args, Parser, Subcommand};
use domain::form::is_email;
use domain::id::{OfferingPath, RequestId, TeamId};
use domain::money::Usd;
use domain::operator_log::Change;
use domain::payment_control::Limits;
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
    /// Requests that stopped, because something broke or a payment is held.
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
    /// Compares refunds and credits at Stripe with the audit log, and lists what does not agree. Takes Stripe's key from
    /// `STRIPE_API_KEY`, or else from the deployment's secret.
    Reconcile(Days),
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
    /// Checks that no record of a request was changed, removed, added or swapped, by their hashes.
    Verify {
        /// The request's id.
        request: RequestId,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Requests {
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
