//! What each command does, and what it says.

use adapters::stripe::HttpStripe;
use anyhow::Context as _;
use domain::audit_digest::DigestArchive;
use domain::dates::{Zone, utc_date};
use domain::id::OfferingPath;
use domain::operator_log::{Change, OperatorRecord};
use domain::payment_control::operations::{override_limits, switch_payments};
use domain::payment_control::{LimitOverrides, Limits, PaymentSwitch, PaymentTotals};
use domain::request_store::RequestStore;
use domain::stripe::amount_text;
use domain::table::{Table, load_or};
use domain::team::Teams;
use domain::workflow::{Executions, Workflow};
use jiff::Timestamp;

use crate::options::{Audit, Command, LimitsCommand, Payments, Person, Requests};
use crate::{audit, person, reconciliation, report, requests, teams};

/// What the commands work on.
pub(crate) struct Deployment<T, E, W> {
    pub(crate) store: RequestStore<T>,
    pub(crate) executions: E,
    pub(crate) workflow: W,
    /// The teams that it was deployed with. Read for commands about teams only.
    pub(crate) teams: Teams,
    /// For what is about Stripe only.
    pub(crate) stripe: Option<HttpStripe>,
}

/// Does it, and says what holds now.
pub(crate) async fn run(
    deployment: &Deployment<impl Table, impl Executions, impl Workflow>,
    archive: &impl DigestArchive,
    command: Command,
    now: Timestamp,
) -> anyhow::Result<String> {
    let Deployment {
        store, executions, ..
    } = deployment;
    let table = store.table();
    match command {
        Command::Teams(command) => teams::run(deployment, command, now).await,
        Command::Requests(Requests::Find { reference }) => requests::find(store, reference).await,
        Command::Requests(Requests::Stopped) => requests::list(store, executions).await,
        Command::Requests(Requests::Redrive { cause, reason }) => {
            requests::redrive(store, executions, &cause, &reason.at(now)).await
        }
        Command::Payments(Payments::Stop(reason)) => {
            let before = switch_payments(table, true, &reason.at(now)).await?;
            Ok(if before.is_stopped {
                standing(&before)
            } else {
                "Payments are stopped. What would have been paid needs attention from now on."
                    .to_owned()
            })
        }
        Command::Payments(Payments::Resume(reason)) => {
            let before = switch_payments(table, false, &reason.at(now)).await?;
            Ok(if before.is_stopped {
                "Payments are made again. Redrive the executions that were held.".to_owned()
            } else {
                standing(&before)
            })
        }
        Command::Payments(Payments::Status) => {
            let switch = load_or(table, PaymentSwitch::default()).await?;
            Ok(standing(&switch.value))
        }
        Command::Limits(LimitsCommand::Show { offering }) => show(table, &offering, now).await,
        Command::Limits(LimitsCommand::Raise {
            offering,
            limits,
            reason,
        }) => {
            let (limits, change) = (limits.into(), reason.at(now));
            let limits = override_limits(table, &offering, limits, &change).await?;
            Ok(in_place(&offering, limits))
        }
        Command::Limits(LimitsCommand::Reset { offering, reason }) => {
            let (limits, change) = (Limits::default(), reason.at(now));
            let limits = override_limits(table, &offering, limits, &change).await?;
            Ok(in_place(&offering, limits))
        }
        Command::Person(Person::Export { address }) => person::export(store, &address).await,
        Command::Person(Person::Erase { address, reason }) => {
            person::erase(store, &address, &reason.at(now)).await
        }
        Command::Log => log(table).await,
        Command::Audit(Audit::Verify(what)) => audit::verify(store, archive, what, now).await,
        Command::Report(command) => report::run(table, command, now).await,
        Command::Reconcile(days) => {
            let stripe = deployment.stripe.as_ref();
            reconciliation::run(store, stripe.context("there is no Stripe")?, days).await
        }
    }
}

fn standing(switch: &PaymentSwitch) -> String {
    let standing = if switch.is_stopped {
        "Payments are stopped"
    } else {
        "Payments are made"
    };
    format!("{standing}{}.", since(switch.changed.as_ref()))
}

/// `, by ada@example.com on 4 March 2026, 05:06 UTC: the reason`.
fn since(changed: Option<&Change>) -> String {
    changed.map_or(String::new(), |Change { by, because, at }| {
        format!(", by {by} on {}: {because}", Zone::UTC.when(*at))
    })
}

fn in_place(offering: &OfferingPath, limits: Limits) -> String {
    format!("In place of the limits in the definition of {offering}: {limits}")
}

async fn show(
    table: &impl Table,
    offering: &OfferingPath,
    now: Timestamp,
) -> anyhow::Result<String> {
    let overrides = load_or(table, LimitOverrides::none(offering)).await?.value;
    let totals = load_or(table, PaymentTotals::new(offering, None))
        .await?
        .value;
    let today = utc_date(now);
    let [day, window] = [totals.of_day(today), totals.since_window(today)];
    let [day, window] = [day, window].map(|cents| amount_text(cents, "usd"));
    Ok(format!(
        "{}{}.\nPaid or under way: {day} today, {window} today and in the 30 days before. Counted while there are limits.",
        in_place(offering, overrides.limits),
        since(overrides.changed.as_ref()),
    ))
}

async fn log(table: &impl Table) -> anyhow::Result<String> {
    let records = OperatorRecord::all(table).await?;
    let lines = records.iter().map(|record| {
        let OperatorRecord {
            seq,
            at,
            actor,
            action,
            offering,
            detail,
        } = record;
        let offering = offering
            .as_ref()
            .map_or(String::new(), |it| format!(" {it}"));
        format!("{seq} {at} {actor} {action}{offering}: {detail}")
    });
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

#[cfg(test)]
mod tests;
