//! What is counted for the business, as it follows from a change of a request.
//!
//! A change is measured where it is stored, once it is stored: so each counts once, whoever makes it and
//! however often it is tried. [`report`] hands the numbers to whoever listens; on Lambda that is a
//! writer of `CloudWatch`'s embedded metric format, in tests nobody.

use jiff::Timestamp;

use crate::admission::CountedFor;
use crate::approval::Approval;
use crate::audit::{Action, AuditRecord};
use crate::failure::{Failure, is_expected, is_outage};
use crate::id::RequestId;
use crate::money::Usd;
use crate::table::{Entity, Write};

/// The target of the events that carry measurements.
pub const TARGET: &str = "metrics";

/// One measurement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measurement {
    /// What is measured.
    pub name: &'static str,
    /// `CloudWatch`'s name of the unit.
    pub unit: &'static str,
    /// The number, in that unit.
    pub value: i64,
    /// The dimension `Outcome`, where there are several.
    pub outcome: Option<&'static str>,
}

/// Reports that an execution stopped: `expected` where that says nothing of what is deployed, else `broken`. Also
/// for the version of the definition that it ran, so that a gradual deployment is judged by the new version alone.
pub fn report_stop(record: &AuditRecord, error: &str, version: &str) {
    let outcome = if is_expected(error) {
        "expected"
    } else {
        "broken"
    };
    let stop = count("RequestsStopped", Some(outcome));
    // An execution that began before definitions had versions has none.
    let version = (!version.is_empty()).then_some(version);
    emit(&stop, Some(record.request_id), Some(record.at), version);
}

const fn count(name: &'static str, outcome: Option<&'static str>) -> Measurement {
    Measurement {
        name,
        unit: "Count",
        value: 1,
        outcome,
    }
}

/// What to count about a change: the record of it, and what was stored with it.
pub fn of_change(record: &AuditRecord, with: &[Write]) -> Vec<Measurement> {
    let age = |name, unit, seconds: i64| {
        asked_at(with).map(|asked| Measurement {
            name,
            unit,
            value: (record.at.as_second() - asked) / seconds,
            outcome: None,
        })
    };
    let decided = |outcome| {
        let counted = std::iter::once(count("Decisions", Some(outcome)));
        counted
            .chain(age("DecisionSeconds", "Seconds", 1))
            .collect()
    };
    let refund = |outcome| count("Refunds", Some(outcome));
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "most actions are not counted"
    )]
    match record.action {
        Action::Submitted => vec![count("RequestsTaken", None)],
        Action::Approved => decided("approve"),
        Action::Rejected => decided("reject"),
        Action::Expired => decided("expire"),
        Action::Reminded | Action::Escalated => {
            age("OpenApprovalHours", "None", 3600).into_iter().collect()
        }
        Action::Refunded => {
            let cents = record.amount.map_or(0, Usd::cents);
            let refunded = Measurement {
                name: "RefundedCents",
                unit: "None",
                value: i64::try_from(cents).unwrap_or(i64::MAX),
                outcome: None,
            };
            vec![refund("paid"), refunded]
        }
        Action::Credited => vec![refund("credited")],
        Action::RefundRefused => vec![refund("failed")],
        Action::ChargeExhausted => vec![refund("exhausted")],
        Action::RefundReversed => vec![refund("returned")],
        Action::PaymentHeld => vec![count("PaymentsHeld", None)],
        _ => Vec::new(),
    }
}

/// Reports a change and its measurements as events. A request's id, its phase and the action are all that they
/// say of it.
pub fn report(record: &AuditRecord, with: &[Write]) {
    let id = record.request_id;
    tracing::info!(request = %id, execution = %id, phase = %record.phase, action = %record.action, "the request changed");
    for measurement in of_change(record, with) {
        emit(&measurement, Some(id), Some(record.at), None);
    }
}

/// Reports, now, that a request was not taken because there were too many.
pub fn report_refused_request(counted_for: CountedFor) {
    emit_now("RequestsRefused", Some(counted_for.name()), None);
}

/// Reports, now, that a call failed because a service was away. Failures of other kinds are not counted here.
pub fn report_outage(failure: &Failure) {
    if is_outage(failure.name()) {
        emit_now("ServiceFailures", None, None);
    }
}

/// Reports, now, that a published definition cannot be read by the code that is deployed, so that its offering is not
/// offered.
pub fn report_unreadable_definition() {
    emit_now("DefinitionsUnreadable", None, None);
}

/// Reports, now, that a day was compared with Stripe, and how much does not agree.
pub fn report_differences(found: usize) {
    let differences = Measurement {
        value: i64::try_from(found).unwrap_or(i64::MAX),
        ..count("ReconciliationDifferences", None)
    };
    emit(&differences, None, None, None);
}

/// Reports that the mail service refused a mail, now. The outcome is whose fault it is: `sender` or `recipient`.
pub fn report_refused_mail(outcome: &'static str, request: Option<RequestId>) {
    emit_now("MailsRefused", Some(outcome), request);
}

/// Counts one of what happens now, and is no change of a request.
fn emit_now(name: &'static str, outcome: Option<&'static str>, request: Option<RequestId>) {
    emit(&count(name, outcome), request, None, None);
}

fn emit(
    measurement: &Measurement,
    request: Option<RequestId>,
    at: Option<Timestamp>,
    version: Option<&str>,
) {
    let Measurement {
        name,
        unit,
        value,
        outcome,
    } = *measurement;
    let at = at.map(Timestamp::as_millisecond);
    let request = request.map(tracing::field::display);
    tracing::info!(target: TARGET, name, unit, value, outcome, version, at, request);
}

/// When the approval that is stored with the change was asked for, in Unix seconds.
fn asked_at(with: &[Write]) -> Option<i64> {
    let mut items = with.iter().filter_map(Write::item);
    let item = items.find(|item| item.kind == Approval::KIND)?;
    let approval: Approval = serde_json::from_value(item.body.clone()).ok()?;
    Some(approval.asked_at.as_second())
}
