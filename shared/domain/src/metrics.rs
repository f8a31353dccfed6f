//! What is counted for the business, as it follows from a change of a request.
//!
//! A change is measured where it is stored, once it is stored: so each counts once, whoever makes it and
//! however often it is tried. [`report`] hands the numbers to whoever listens; on Lambda that is a
//! writer of `CloudWatch`'s embedded metric format, in tests nobody.

use crate::approval::Approval;
use crate::audit::AuditRecord;
use crate::refund::RefundEntry;
use crate::request::Request;
use crate::table::{Entity, Write};

/// The target of the events that carry measurements.
pub const TARGET: &str = "metrics";

/// One number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measurement {
    /// What is measured.
    pub name: &'static str,
    /// `CloudWatch`'s name of the unit.
    pub unit: &'static str,
    /// How much.
    pub value: i64,
    /// Which way it went, where there are several.
    pub outcome: Option<&'static str>,
}

const fn count(name: &'static str, outcome: Option<&'static str>) -> Measurement {
    Measurement {
        name,
        unit: "Count",
        value: 1,
        outcome,
    }
}

/// What a change amounts to: the request after it, the record of it, and what was stored with it.
pub fn of_change(request: &Request, record: &AuditRecord, with: &[Write]) -> Vec<Measurement> {
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
    match record.action.as_str() {
        "submitted" => vec![count("RequestsTaken", None)],
        "approve" => decided("approve"),
        "reject" => decided("reject"),
        "expired" => decided("expire"),
        "reminded" | "escalated" => age("OpenApprovalHours", "None", 3600).into_iter().collect(),
        "refunded" => {
            let cents = Measurement {
                name: "RefundedCents",
                unit: "None",
                value: cents(request, with),
                outcome: None,
            };
            vec![refund("paid"), cents]
        }
        "credited" => vec![refund("credited")],
        "refund refused" => vec![refund("failed")],
        "refund failed" => vec![refund("returned")],
        _ => Vec::new(),
    }
}

/// Tells whoever listens. A request's id, its phase and what happened are all that is said of it.
pub fn report(request: &Request, record: &AuditRecord, with: &[Write]) {
    let id = record.request_id;
    tracing::info!(request = %id, execution = %id, phase = %record.phase, action = record.action, "the request changed");
    for Measurement {
        name,
        unit,
        value,
        outcome,
    } in of_change(request, record, with)
    {
        let at = record.at.as_millisecond();
        tracing::info!(target: TARGET, name, unit, value, outcome, at, request = %id);
    }
}

/// When the approval that is stored with the change was asked for.
fn asked_at(with: &[Write]) -> Option<i64> {
    let approval = stored::<Approval>(with)?;
    Some(approval.asked_at.as_second())
}

fn cents(request: &Request, with: &[Write]) -> i64 {
    let paid = stored::<RefundEntry>(with).map(|entry| entry.amount);
    let amount = paid.or_else(|| request.amount());
    amount.map_or(0, |amount| {
        i64::try_from(amount.cents()).unwrap_or(i64::MAX)
    })
}

fn stored<T: Entity>(with: &[Write]) -> Option<T> {
    let Write(item) = with.iter().find(|Write(item)| item.kind == T::KIND)?;
    serde_json::from_value(item.body.clone()).ok()
}
