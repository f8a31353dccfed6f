//! The audit log against a Stripe that keeps its own books: after a drawn history the sums are equal to the cent, per means,
//! and each difference that is planted is found.

use std::collections::BTreeMap;

use anyhow::{Context, ensure};
use domain::audit::{Action, AuditRecord};
use domain::id::RequestId;
use domain::movement::LoggedMovement;
use domain::reconciliation::{DifferenceKind, Reconciliation, reconcile};
use domain::refund::SettlementMethod;
use domain::table::{Entity as _, Stored, Table as _, Write, load};
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    canary::{Ears, KEY},
    player::{CREDIT, Player, REFUND},
    raw::Raw,
};
use crate::Checks;

/// How many requests a history has.
const REQUESTS: usize = 60;
/// When a player's requests are paid.
const BEGIN: &str = "2026-01-01T00:00:00Z";

/// A Stripe, and what there is to give back at it.
pub(super) struct Scene<'a> {
    pub(super) base: &'a str,
    /// Charges whose payer has that address.
    pub(super) charges: Vec<String>,
    pub(super) email: &'a str,
    /// Who gets credits on a balance. None: this Stripe gives no credits.
    pub(super) customer: Option<&'a str>,
}

/// Plays a history and holds it against the Stripe's own lists, then plants differences.
pub(super) fn check(name: &str, scene: &Scene<'_>, checks: &mut Checks<'_>) -> anyhow::Result<()> {
    let raw = Raw::at(scene.base);
    let player = Player::at(scene.base, KEY, &Ears::default())?;
    let what = format!("{name}: a drawn history is played");
    checks.check(&what, history(scene, &player));
    let what =
        format!("{name}: the sums are those of Stripe's lists, per means, and nothing differs");
    checks.check(&what, sums_agree(scene, &raw, &player));
    let what = format!("{name}: each of five planted differences is found, and nothing else");
    checks.check(&what, planted_are_found(&raw, &player));
    Ok(())
}

/// Requests of drawn amounts; some are asked for twice, and some for more than is left.
fn history(scene: &Scene<'_>, player: &Player) -> anyhow::Result<()> {
    let mut rng = Rng::with_seed(7);
    let mut outcomes: BTreeMap<String, usize> = BTreeMap::new();
    for _ in 0..REQUESTS {
        let charge = rng.choice(&scene.charges).context("there are charges")?;
        let cents: u32 = rng.u32(50..2_000);
        let dollars = format!("{}.{:02}", cents / 100, cents % 100);
        let id = player.request(charge, &dollars, scene.email)?;
        let is_credit = scene.customer.is_some() && rng.bool();
        let action = if is_credit { CREDIT } else { REFUND };
        for hour in 0..rng.u8(1..3) {
            let outcome = player.act(id, action, hour)?;
            *outcomes.entry(format!("{action} {outcome}")).or_default() += 1;
        }
    }
    let of = |outcome: &str| outcomes.get(outcome).copied().unwrap_or_default();
    let credits = scene.customer.is_none() || of("createCredit done") > 0;
    ensure!(of("createRefund done") > 5 && credits, "{outcomes:?}");
    ensure!(outcomes.len() > 1, "all of it went well: {outcomes:?}");
    Ok(())
}

/// Everything that the log has.
fn records(player: &Player) -> Vec<AuditRecord> {
    let items = player.store().table().items();
    let records = items.iter().filter(|it| it.kind == AuditRecord::KIND);
    let records = records.filter_map(|it| serde_json::from_value(it.body.clone()).ok());
    records.collect()
}

fn reconciled(player: &Player) -> anyhow::Result<Reconciliation> {
    let begin: Timestamp = BEGIN.parse()?;
    // Stripe's side is of today, by the machine's clock.
    let end = begin + SignedDuration::from_hours(24 * 3_650);
    Ok(player.wait(reconcile(player.store(), player.stripe(), &(begin..end)))?)
}

/// What a list of Stripe's says was given to requests, in cents.
fn given(raw: &Raw, list: &str) -> anyhow::Result<i64> {
    let mut sum = 0;
    let mut after = String::new();
    loop {
        let page = raw.get(&format!("{list}?limit=100{after}"))?;
        let objects = page["data"].as_array().context("it is a list")?;
        let is_ours = |it: &&Value| {
            it["metadata"]["request_id"].is_string()
                && (it["object"] != "refund" || it["status"] == "succeeded")
        };
        let cents = objects.iter().filter(is_ours);
        sum += cents
            .filter_map(|it| it["amount"].as_i64())
            .map(i64::abs)
            .sum::<i64>();
        match objects.last() {
            Some(object) if page["has_more"] == true => {
                let id = object["id"].as_str().context("it has an id")?;
                after = format!("&starting_after={id}");
            }
            _ => return Ok(sum),
        }
    }
}

fn sums_agree(scene: &Scene<'_>, raw: &Raw, player: &Player) -> anyhow::Result<()> {
    let refunds = given(raw, "refunds")?;
    let mut credits = 0;
    if let Some(customer) = scene.customer {
        let balance = format!("customers/{customer}/balance_transactions");
        credits = given(raw, "credit_notes")? + given(raw, &balance)?;
        ensure!(credits > 0, "there are no credits");
    }
    let records = records(player);
    let moved = |means| -> i64 {
        let movements = records.iter().filter_map(LoggedMovement::of);
        let of_means = movements.filter(|it| it.means == means);
        of_means.map(|it| it.cents).sum()
    };
    let log = (
        moved(SettlementMethod::Refund),
        moved(SettlementMethod::Credit),
    );
    ensure!(
        refunds > 0 && log == (refunds, credits),
        "{log:?} in the log, {refunds} and {credits} at Stripe"
    );
    let found = reconciled(player)?;
    ensure!(found.differences.is_empty(), "{:#?}", found.differences);
    let totals = [found.totals.refunds, found.totals.credits];
    let totals = totals.map(|it| (i64::try_from(it.stripe_cents).unwrap_or(-1), it.log_cents));
    ensure!(
        totals == [(refunds, refunds), (credits, credits)],
        "{totals:?}"
    );
    Ok(())
}

/// Changes a record of the log, past all that keeps it.
fn tamper(
    player: &Player,
    record: &AuditRecord,
    change: impl Fn(&mut AuditRecord),
) -> anyhow::Result<()> {
    let table = player.store().table();
    let stored = player.wait(load::<AuditRecord>(table, &record.key()))?;
    let Stored { mut value, version } = stored.context("it is stored")?;
    change(&mut value);
    let write = Write::update(&Stored { value, version });
    Ok(player.wait(table.commit(vec![write]))?)
}

fn planted_are_found(raw: &Raw, player: &Player) -> anyhow::Result<()> {
    use DifferenceKind::{NotAtStripe, NotInLog, OtherAmount, OtherCharge, SecondAtStripe};
    let refunds: Vec<_> = records(player)
        .into_iter()
        .filter(|it| it.action == Action::Refunded)
        .collect();
    let [gone, other_amount, other_charge, twice, ..] = refunds.as_slice() else {
        anyhow::bail!("{} refunds are too few", refunds.len());
    };
    let charge = refunds.iter().filter_map(|it| it.charge.clone());
    let charge = largest(raw, charge)?;
    let by_hand = |request: RequestId| -> anyhow::Result<()> {
        let request = request.to_string();
        let form = [
            ("charge", charge.as_str()),
            ("amount", "1"),
            ("metadata[request_id]", &request),
        ];
        raw.make("refunds", &form).map(drop)
    };
    let nobodys = RequestId::random();
    by_hand(nobodys)?;
    by_hand(twice.request_id)?;
    tamper(player, other_amount, |it| {
        it.amount = 12_345_u64.try_into().ok();
    })?;
    tamper(player, other_charge, |it| {
        it.charge = Some("ch_another".to_owned());
    })?;
    tamper(player, gone, |it| it.stripe_id = Some("re_gone".to_owned()))?;
    let found = reconciled(player)?;
    let found = found.differences.iter().map(|it| (it.request_id, it.kind));
    let mut found: Vec<_> = found.collect();
    let mut wanted = vec![
        (nobodys, NotInLog),
        (twice.request_id, SecondAtStripe),
        (other_amount.request_id, OtherAmount),
        (other_charge.request_id, OtherCharge),
        // The one that was made has no record any more.
        (gone.request_id, NotAtStripe),
        (gone.request_id, NotInLog),
    ];
    found.sort_by_key(|(id, kind)| (*id, kind.name()));
    wanted.sort_by_key(|(id, kind)| (*id, kind.name()));
    ensure!(found == wanted, "found {found:#?}, planted {wanted:#?}");
    Ok(())
}

/// The charge of which the most is left.
fn largest(raw: &Raw, charges: impl Iterator<Item = String>) -> anyhow::Result<String> {
    let mut largest = (0, None);
    for charge in charges {
        let found = raw.get(&format!("charges/{charge}"))?;
        let [paid, refunded] = ["amount", "amount_refunded"].map(|it| found[it].as_u64());
        let left = paid.unwrap_or_default() - refunded.unwrap_or_default();
        if left > largest.0 {
            largest = (left, Some(charge));
        }
    }
    largest.1.context("something is left of a charge")
}
