//! What Stripe has given and what people have decided stands in the audit log, each once, and nothing else does; and the
//! reconciliation finds what was made by hand and never recorded, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use domain::approval::{Approval, Decider};
use domain::audit::{Action, Actor, AuditRecord, Currency};
use domain::charge_statement::CHARGE;
use domain::dates::{midnight, next_day, utc_date};
use domain::id::{PhaseName, RequestId};
use domain::money::Usd;
use domain::reconciliation::reconcile;
use domain::refund::SettlementMethod;
use domain::request_store::RequestStore;
use domain::stripe::REQUEST_ID;
use domain::table::{Entity, Item};
use jiff::Timestamp;

use crate::ports::by_hand::charge_of;
use crate::world::World;

/// A movement, as text that can be counted and read.
fn movement(request: &str, id: &str, means: SettlementMethod, cents: i64, charge: &str) -> String {
    format!("{request} {} {id} {cents} {charge}", means.noun())
}

/// A refund or credit that names a request.
struct Given {
    id: String,
    request: String,
    means: SettlementMethod,
    cents: i64,
    charge: String,
    arrived: bool,
}

/// Everything that Stripe has and that names a request.
fn given(world: &World) -> Vec<Given> {
    let stripe = &world.functions.stripe;
    let cents = |cents: u64| i64::try_from(cents).expect("it is small");
    let refunds = stripe.paid().into_iter().filter_map(|it| {
        Some(Given {
            request: it.metadata.get(REQUEST_ID)?.clone(),
            means: SettlementMethod::Refund,
            cents: cents(it.amount),
            charge: it.charge.unwrap_or_default(),
            arrived: it.status.as_deref() == Some("succeeded"),
            id: it.id,
        })
    });
    let credits = stripe.credited().into_iter().filter_map(|it| {
        Some(Given {
            request: it.metadata.get(REQUEST_ID)?.clone(),
            means: SettlementMethod::Credit,
            cents: cents(it.amount.unsigned_abs()),
            charge: charge_of(it.metadata.get(CHARGE)?),
            arrived: true,
            id: it.id,
        })
    });
    refunds.chain(credits).collect()
}

fn read<T: Entity>(items: &[Item]) -> Vec<T> {
    let of_kind = items.iter().filter(|item| item.kind == T::KIND);
    let read = of_kind.map(|item| serde_json::from_value(item.body.clone()));
    read.map(|it| it.expect("it was written so")).collect()
}

/// What the log says that moved.
fn recorded(records: &[AuditRecord]) -> Vec<String> {
    let gave = |action| [Action::Refunded, Action::Credited].contains(&action);
    let moved = records
        .iter()
        .filter(|it| gave(it.action) || it.action == Action::RefundReversed);
    let moved = moved.filter_map(|it| {
        let cents = i64::try_from(it.amount.map_or(0, Usd::cents)).expect("it is small");
        let cents = if gave(it.action) { cents } else { -cents };
        let id = it.stripe_id.as_deref().unwrap_or_default();
        let charge = it.charge.as_deref().unwrap_or_default();
        let fits = it.currency == Some(Currency::Usd) && it.actor == Actor::System;
        let means = it.means.filter(|_| fits)?;
        Some(movement(
            &it.request_id.to_string(),
            id,
            means,
            cents,
            charge,
        ))
    });
    moved.collect()
}

/// Everything of the log that is not what happened.
pub(super) fn broken(world: &World, items: &[Item]) -> Vec<String> {
    let records: Vec<AuditRecord> = read(items);
    let mut in_log = recorded(&records);
    in_log.sort_unstable();
    let stripe = &world.functions.stripe;
    let adopted = adopted(items);
    let mut expected = Vec::new();
    for it in given(world) {
        if stripe.is_by_hand(&it.id) && !adopted.contains(&it.id) {
            continue;
        }
        let moved = |cents| movement(&it.request, &it.id, it.means, cents, &it.charge);
        let there = moved(it.cents);
        // What came back before anybody saw that it was paid is a refusal.
        let came_back = stripe.is_reversed(&it.id) && in_log.contains(&there);
        if it.arrived || came_back {
            expected.push(there);
        }
        if came_back {
            expected.push(moved(-it.cents));
        }
    }
    expected.sort_unstable();
    let mut problems = Vec::new();
    if expected != in_log {
        problems.push(format!(
            "Stripe has moved {expected:#?}, and the audit log has {in_log:#?}"
        ));
    }
    problems.extend(decided(&records, &read(items)));
    problems
}

/// Stripe's ids of what requests have taken for their own.
fn adopted(items: &[Item]) -> BTreeSet<String> {
    let entries = items.iter().filter(|item| item.kind == "refund");
    let ids = entries.filter_map(|item| item.body["stripeId"].as_str());
    ids.map(ToOwned::to_owned).collect()
}

/// Each decision that a person made is in one record, with that person and what they approved.
fn decided(records: &[AuditRecord], approvals: &[Approval]) -> Option<String> {
    let line = |id: RequestId, phase: &PhaseName, actor: &str, outcome: &str, at: Timestamp| {
        format!("{id} {phase} was decided by {actor}: {outcome} at {at}")
    };
    let made = approvals.iter().flat_map(|approval| {
        approval.decisions().filter_map(move |it| {
            let outcome = match (it.decider(), it.approved_amount()) {
                (Decider::Nobody, _) => return None,
                (_, Some(amount)) => format!("{} {amount}", it.outcome()),
                (_, None) => it.outcome().to_owned(),
            };
            let by = it.decider().name()?;
            Some(line(
                approval.request_id,
                &approval.phase,
                by,
                &outcome,
                it.at(),
            ))
        })
    });
    let recorded = records.iter().filter_map(|it| {
        let outcome = if [Action::Approved, Action::PartlyApproved].contains(&it.action) {
            "approve".to_owned()
        } else if it.action == Action::Rejected {
            "reject".to_owned()
        } else if it.action == Action::Chosen {
            it.detail.clone().unwrap_or_default()
        } else {
            return None;
        };
        let outcome = match it.amount {
            Some(amount) => format!("{outcome} {amount}"),
            None => outcome,
        };
        let actor = it.actor.to_string();
        Some(line(it.request_id, &it.phase, &actor, &outcome, it.at))
    });
    let (mut made, mut recorded): (Vec<_>, Vec<_>) = (made.collect(), recorded.collect());
    made.sort_unstable();
    recorded.sort_unstable();
    (made != recorded).then(|| format!("people: {made:#?}, records: {recorded:#?}"))
}

/// Compares each day on which anything moved, as `reconcile-stripe` does.
pub(super) async fn reconciled(world: &World, items: &[Item]) -> Vec<String> {
    world.faults.calm();
    let (table, stripe) = (&world.functions.table, &world.functions.stripe);
    let store = RequestStore::new(table.clone());
    let records: Vec<AuditRecord> = read(items);
    let moved = records
        .iter()
        .filter(|it| it.means.is_some())
        .map(|it| it.at);
    let days: BTreeSet<_> = moved.chain(stripe.created()).map(utc_date).collect();
    let mut found = BTreeMap::new();
    for day in days {
        let span = midnight(day)..midnight(next_day(day));
        let result = reconcile(&store, stripe, &span).await;
        let result = result.expect("a calm world answers");
        let differences = result.differences.into_iter();
        found.extend(differences.map(|it| (it.stripe_id.clone(), it.to_string())));
    }
    let adopted = adopted(items);
    let is_foreign = |id: &String| stripe.is_by_hand(id) && !adopted.contains(id);
    let mut problems: Vec<String> = found
        .iter()
        .filter(|(id, _)| !is_foreign(id))
        .map(|(_, difference)| format!("the reconciliation finds {difference}"))
        .collect();
    // A balance is read where the log has a credit on it.
    let foreign = given(world)
        .into_iter()
        .filter(|it| is_foreign(&it.id) && it.arrived && !it.id.starts_with("cbtxn_"));
    let missed = foreign.filter(|it| !found.contains_key(&it.id));
    problems.extend(missed.map(|it| format!("the reconciliation does not find {}", it.id)));
    problems
}
