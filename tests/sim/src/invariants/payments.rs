//! Payments as operators allow them.
//!
//! A stop is promised to hold in two places. No intent is written while payments are stopped, as that is a condition of
//! its transaction. And whoever orders something of Stripe, also of an intent that was written before the stop, has read
//! in the same invocation that payments are made: what was read just before a stop may still be ordered after it.

use std::collections::BTreeMap;

use domain::dates::utc_date;
use domain::failure::{LIMIT_REACHED, PAYMENTS_STOPPED, STRIPE_INSUFFICIENT_FUNDS};
use domain::id::RequestId;
use domain::payment_control::{Limit, LimitOverrides, Limits, PaymentSwitch};
use domain::refund::{RefundEntry, Settlement};
use domain::table::{Entity, Item};
use jiff::Span;
use jiff::civil::Date;
use local::states::ExecutionStatus;

use super::Case;
use crate::operators::lifted;
use crate::process::Process;
use crate::world::World;

/// What was committed so far.
struct Walk {
    is_stopped: bool,
    /// The limits of the routed process that are in force.
    limits: Limits,
    own_limits: Limits,
    /// What its requests have reserved: an intent that Stripe has not refused. All charges have one payer.
    reserved: BTreeMap<RequestId, (Date, u64)>,
    problems: Vec<String>,
}

/// Everything that does not hold of all payments together.
pub(super) fn broken(world: &World, items: &[Item]) -> Vec<String> {
    let own_limits = world.functions.limits.get().copied().unwrap_or_default();
    let mut walk = Walk {
        is_stopped: false,
        limits: own_limits,
        own_limits,
        reserved: BTreeMap::new(),
        problems: adopted_twice(items),
    };
    for items in world.functions.table.commits() {
        walk.on(&items);
    }
    walk.problems
}

/// A refund or credit settles one request at most.
fn adopted_twice(items: &[Item]) -> Vec<String> {
    let mut taken: BTreeMap<String, RequestId> = BTreeMap::new();
    let entries = items.iter().filter_map(read::<RefundEntry>);
    let twice = entries.filter_map(|entry| {
        let id = entry.stripe_id?;
        let other = taken.insert(id.clone(), entry.request_id)?;
        Some(format!(
            "{id} is adopted by {other} and {}",
            entry.request_id
        ))
    });
    twice.collect()
}

fn read<T: Entity>(item: &Item) -> Option<T> {
    let of_kind = (item.kind == T::KIND).then(|| item.body.clone())?;
    Some(serde_json::from_value(of_kind).expect("it was written so"))
}

impl Walk {
    fn on(&mut self, items: &[Item]) {
        let intent = items.iter().find(|item| {
            let action = item.body["action"].as_str().unwrap_or_default();
            item.kind == "audit" && ["refund_intended", "credit_intended"].contains(&action)
        });
        if let Some(record) = intent
            && self.is_stopped
        {
            let id = &record.body["requestId"];
            self.problem(format!("{id} is intended while payments are stopped"));
        }
        if let Some(entry) = items.iter().find_map(read::<RefundEntry>) {
            let routed = Process::Routed.machine().offering.path.as_str();
            let is_limited = |record: &Item| record.body["offering"] == *routed;
            if entry.settlement == Some(Settlement::Refused) {
                self.reserved.remove(&entry.request_id);
            } else if intent.is_some_and(is_limited) {
                self.reserve(&entry);
            }
        }
        self.control(items);
    }

    /// What operators change commits with a record of who changed it.
    fn control(&mut self, items: &[Item]) {
        let switch = items.iter().find_map(read::<PaymentSwitch>);
        let overrides = items.iter().find_map(read::<LimitOverrides>);
        let is_recorded = items.iter().any(|item| item.kind == "operatorAudit");
        if (switch.is_some() || overrides.is_some()) && !is_recorded {
            self.problem("an operator's change is not recorded".to_owned());
        }
        if let Some(switch) = switch {
            self.is_stopped = switch.is_stopped;
        }
        if let Some(overrides) = overrides {
            self.limits = self.own_limits.overridden_by(overrides.limits);
        }
    }

    /// What was reserved by now, with this intent, is within each limit that is in force.
    fn reserve(&mut self, entry: &RefundEntry) {
        let day = utc_date(entry.intended_at);
        let cents = entry.amount.cents();
        self.reserved.insert(entry.request_id, (day, cents));
        let sum = |from: Date, to: Date| -> u64 {
            let within = self
                .reserved
                .values()
                .filter(|(of, _)| (from..=to).contains(of));
            within.map(|(_, cents)| cents).sum()
        };
        // 30 days touch 31 of the calendar; of those, all that have this one.
        let window = |from: Date| sum(from, from.saturating_add(Span::new().days(30)));
        let first = day.saturating_sub(Span::new().days(30));
        let windows = (self.reserved.values()).filter(|(of, _)| (first..=day).contains(of));
        let largest = windows.map(|(from, _)| window(*from)).max();
        let sums = [
            (Limit::PerRefund, cents),
            (Limit::PerCustomer, largest.unwrap_or_default()),
            (Limit::PerDay, sum(day, day)),
        ];
        for (limit, cents) in sums {
            if let Some(most) = self.limits.amount(limit)
                && cents > most.cents()
            {
                let id = entry.request_id;
                self.problem(format!(
                    "{id}: {cents} cents pass the limit {limit}, {most}"
                ));
            }
        }
    }

    fn problem(&mut self, problem: String) {
        self.problems.push(problem);
    }
}

impl Case<'_> {
    /// What nobody holds any more goes on by a redrive: payments are made again, the limits were lifted, or our balance
    /// was topped up.
    pub(super) fn check_goes_on(&self, problems: &mut Vec<String>) {
        let Some(stopped) = &self.request.stopped else {
            return;
        };
        let switch = self.items.iter().find_map(read::<PaymentSwitch>);
        let overrides = self.items.iter().find_map(read::<LimitOverrides>);
        let is_over = match stopped.error.as_str() {
            STRIPE_INSUFFICIENT_FUNDS => !self.world.functions.stripe.lacks_funds(),
            PAYMENTS_STOPPED => !switch.is_some_and(|switch| switch.is_stopped),
            LIMIT_REACHED => overrides.is_some_and(|it| it.limits == lifted()),
            _ => false,
        };
        let is_redrivable = self.execution.status == ExecutionStatus::Failed
            && self.execution.not_redrivable.is_none();
        if is_over && is_redrivable {
            let error = &stopped.error;
            problems.push(format!("{error} is over, and it has not gone on"));
        }
    }
}
