//! Several requests of one charge, everything drawn from a seed: plain and routed ones, in both spellings, with refunds
//! and credits that somebody makes by hand, events that say what is not so, refunds that come back, charges of which only
//! a person can tell whose they are, approvals of less, payments that are stopped, limits, and a balance that runs out.
//!
//! - `happen`: what happens
//! - `noticed`: that each guard is missed when it is taken away

mod happen;
pub(crate) mod noticed;

use std::collections::BTreeSet;

use domain::failure::STRIPE_INSUFFICIENT_FUNDS;
use domain::money::Usd;
use domain::payment_control::Limits;
use domain::stripe::Payer;

use crate::customers::{EMAIL, Wish};
use crate::faults::Plan;
use crate::guards::Guard;
use crate::operators::{Operation, lifted};
use crate::ports::by_hand::{ada, customer};
use crate::ports::stripe::Mood;
use crate::process::Process;
use crate::random_run::{assert_kept, assert_seen, block_on, over_seeds, problems_at_the_end};
use crate::world::World;
use happen::happen;

/// How many seeds there are unless `SIM_RUNS` says otherwise.
const RUNS: u64 = 200;
/// How many things happen while everything may go wrong.
const ACTS: usize = 45;
/// The charge that all ask for, and its other name.
pub(crate) const CHARGE: [&str; 2] = ["ch_shared", "pi_shared"];

#[test]
fn a_charge_is_given_back_once_whatever_its_requests_and_others_do() {
    let seen = over_seeds(RUNS, |seed| {
        let (problems, seen) = block_on(run(None, seed));
        assert_kept(seed, "a_charge", &problems);
        seen
    });
    // That the other limits are reached is seen by their guards, which are noticed within more seeds.
    let wanted = [
        "adopted",
        "approved less",
        "balance too low",
        "came back",
        "held by a stop",
        "held per day",
    ];
    assert_seen(RUNS, seen, &wanted.map(|what| (what, 1)));
}

/// A whole run: what it broke, and what happened in it of what ought to in some.
async fn run(without: Option<Guard>, seed: u64) -> (Vec<String>, BTreeSet<&'static str>) {
    let percent = [0, 2, 6, 12][usize::try_from(seed % 4).expect("it is small")];
    let mut world = World::without(without, seed, Plan::Random(percent), Mood::Drawn);
    let payer = payer(&world);
    let captured = *(world.faults.pick(&[4_500, 6_000, 200_000])).expect("there are some");
    let has_invoice = world.faults.below(4) == 0;
    world
        .functions
        .stripe
        .open_charges(captured, payer, has_invoice);
    let limits = limits(&world, captured);
    let limits = world.functions.limits.set(limits);
    limits.expect("they are set once");
    for _ in 0..=seed / 4 % 3 {
        let wish = wish(&world, captured);
        world.ask(wish).await;
    }
    for _ in 0..ACTS {
        happen(&mut world).await;
        for _ in 0..world.faults.below(12) {
            tokio::task::yield_now().await;
        }
    }
    world.faults.calm();
    world.quiet().await;
    tell_of_reversals(&mut world).await;
    let_payments_go_on(&mut world).await;
    let problems = problems_at_the_end(&mut world).await;
    (problems, what_happened(&world))
}

fn what_happened(world: &World) -> BTreeSet<&'static str> {
    let mut seen = BTreeSet::new();
    for item in world.functions.table.items() {
        let text = |name: &str| item.body[name].as_str().unwrap_or_default();
        let (action, detail) = (text("action"), text("detail"));
        let is_held = |by: &str| action == "payment_held" && detail.starts_with(by);
        let happened = [
            ("adopted", text("stripeId").contains("by_hand")),
            (
                "balance too low",
                action == "stopped" && detail.starts_with(STRIPE_INSUFFICIENT_FUNDS),
            ),
            ("came back", action == "refund_reversed"),
            ("held by a stop", is_held("All payments were stopped")),
            ("held per day", is_held("The limit per day")),
            ("approved less", item.body["approvedAmount"].is_number()),
        ];
        let happened = happened.into_iter().filter(|(_, has)| *has);
        seen.extend(happened.map(|(what, _)| what));
    }
    seen
}

/// Limits of which one is reached, in most.
fn limits(world: &World, captured: u64) -> Limits {
    let percents = if captured == 200_000 {
        [25, 50]
    } else {
        [50, 75]
    };
    let percent = *(world.faults.pick(&percents)).expect("there are two");
    let amount = Usd::from_cents(captured * percent / 100).ok();
    let mut limits = lifted();
    match world.faults.below(6) {
        0 => limits.per_refund = amount,
        1 => limits.per_customer = amount,
        2..4 => limits.per_day = amount,
        _ => {}
    }
    limits
}

/// Stripe sends the event of each refund that came back once more.
async fn tell_of_reversals(world: &mut World) {
    for refund in world.functions.stripe.reversed() {
        world.event(&format!("evt_{}_reversed", refund.id), &refund, "failed");
    }
    world.quiet().await;
}

/// Our balance is topped up; mostly operators also resume payments and lift the limits.
async fn let_payments_go_on(world: &mut World) {
    world.functions.stripe.set_lacks_funds(false);
    if world.faults.below(4) > 0 {
        Operation::Resume.run(&world.functions).await;
        let lift = Operation::Override(lifted());
        lift.run(&world.functions).await;
    }
}

/// Mostly the one who asks; else a guest with the same or another address, or another customer.
fn payer(world: &World) -> Payer {
    match world.faults.below(10) {
        0 => Payer::Guest(Some(EMAIL.to_owned())),
        1 => Payer::Guest(Some("lovelace@example.com".to_owned())),
        2 => customer("cus_bob", "bob@example.com"),
        _ => ada(),
    }
}

fn wish(world: &World, captured: u64) -> Wish {
    let dollars: &[&str] = match captured {
        200_000 => &["45", "499.99", "499.99", "1980"],
        _ => &["20", "30", "45"],
    };
    let reasons = [
        "Duplicate charge",
        "Duplicate charge",
        "Duplicate charge",
        "Service issue",
        "Goodwill",
    ];
    Wish {
        dollars: world.faults.pick(dollars).expect("there are some"),
        reason: world.faults.pick(&reasons).expect("there are some"),
        guest: matches!(world.functions.stripe.payer(), Some(Payer::Guest(_))),
        process: *(world
            .faults
            .pick(&[Process::Refund, Process::Routed, Process::Routed]))
        .expect("there are some"),
        charge: Some(world.faults.pick(&CHARGE).expect("there are two")),
    }
}
