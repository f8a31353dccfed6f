//! Several requests of one charge, everything drawn from a seed: plain and routed ones, in both spellings, with refunds
//! and credits that somebody makes by hand, events that say what is not so, and charges of which only a person can tell
//! whose they are.

use domain::stripe::Payer;
use serde_json::json;

use crate::customers::{EMAIL, Wish};
use crate::faults::Plan;
use crate::guards::Guard;
use crate::ports::by_hand::{ByHand, ada, customer};
use crate::ports::stripe::Mood;
use crate::process::Process;
use crate::random_run::{act, block_on, over_seeds, problems_at_the_end};
use crate::world::World;

/// How many seeds there are unless `SIM_RUNS` says otherwise.
const RUNS: u64 = 200;
/// How many things happen while everything may go wrong.
const ACTS: usize = 45;
/// The fewest histories in which a guard that is missing must have been noticed.
const NOTICED_WITHIN: u64 = 1_000;
/// The charge that all ask for, and its other name.
pub(crate) const CHARGE: [&str; 2] = ["ch_shared", "pi_shared"];

#[test]
fn a_charge_is_given_back_once_whatever_its_requests_and_others_do() {
    over_seeds(RUNS, |seed| {
        let problems = block_on(run(None, seed));
        assert!(
            problems.is_empty(),
            "seed {seed} breaks a promise; SIM_SEED={seed} cargo test -p sim a_charge replays it:\n{}",
            problems.join("\n")
        );
    });
}

/// Runs histories without a guard until that is noticed, and the one that notices it with the guard.
#[track_caller]
fn is_noticed_without(guard: Guard, words: &str) {
    let noticed = |seed: &u64| {
        let problems = block_on(run(Some(guard), *seed));
        problems.iter().any(|problem| problem.contains(words))
    };
    let seed = (0..NOTICED_WITHIN).find(noticed);
    let seed = seed.unwrap_or_else(|| panic!("{guard:?} is not missed"));
    let problems = block_on(run(None, seed));
    assert!(
        problems.is_empty(),
        "seed {seed} with {guard:?}: {problems:#?}"
    );
}

#[test]
fn a_ledger_that_others_write_at_the_same_moment_is_noticed() {
    is_noticed_without(Guard::LedgerCondition, "we gave");
}

#[test]
fn two_names_of_a_charge_are_noticed() {
    is_noticed_without(Guard::OneNameOfACharge, "we gave");
}

#[test]
fn other_requests_that_are_not_counted_are_noticed() {
    is_noticed_without(Guard::OtherRequests, "in all without Finance");
}

#[test]
fn credits_of_others_that_are_not_seen_are_noticed() {
    is_noticed_without(Guard::CreditsOfOthers, "with what others gave");
}

#[test]
fn refunds_of_others_that_are_not_seen_are_noticed() {
    is_noticed_without(Guard::RefundsOfOthers, "with what others gave");
}

#[test]
fn refunds_by_hand_for_a_request_that_are_not_seen_are_noticed() {
    is_noticed_without(Guard::RefundsOfOthers, "already");
}

#[test]
fn a_refund_that_is_taken_for_ours_and_does_not_fit_is_noticed() {
    is_noticed_without(Guard::Fitting, "does not fit");
}

#[test]
fn an_event_that_is_believed_is_noticed() {
    is_noticed_without(Guard::EventsAreChecked, "Stripe has");
}

#[test]
fn a_payment_that_nobody_approved_is_noticed() {
    is_noticed_without(Guard::StoredApprovals, "no stored approval");
}

/// A whole run and what it broke.
async fn run(without: Option<Guard>, seed: u64) -> Vec<String> {
    let percent = [0, 2, 6, 12][usize::try_from(seed % 4).expect("it is small")];
    let mut world = World::without(without, seed, Plan::Random(percent), Mood::Drawn);
    let payer = payer(&world);
    let captured = *(world.faults.pick(&[4_500, 6_000, 200_000])).expect("there are some");
    let has_invoice = world.faults.below(4) == 0;
    world
        .functions
        .stripe
        .open_charges(captured, payer, has_invoice);
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
    problems_at_the_end(&mut world).await
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

/// Something happens to the charge, or to anything.
async fn happen(world: &mut World) {
    match world.faults.below(100) {
        0..8 => by_hand(world),
        8..13 => false_event(world),
        13..22 => tell_whose_it_is(world),
        22..30 => agree_all(world),
        _ => act(world).await,
    }
}

/// Somebody refunds or credits by hand: a part of the charge, what a request asks for, or what does not fit. Never while
/// one of ours is between its look and its payment, as nothing could help against that.
fn by_hand(world: &mut World) {
    if world.functions.log.at_work() > 0 {
        return;
    }
    let faults = &world.faults;
    let request = faults.pick(&world.requests).copied();
    let asked = request.and_then(|id| world.wish(id));
    let asked = asked.map_or(100, Wish::cents);
    let charge = if faults.below(4) == 0 {
        "ch_other"
    } else {
        CHARGE[0]
    };
    let it = ByHand {
        charge: charge.to_owned(),
        cents: if faults.below(2) == 0 {
            asked
        } else {
            100 + 700 * faults.below(3)
        },
        request: request.filter(|_| faults.below(2) == 0),
        status: ["succeeded", "pending"][usize::from(faults.below(3) == 0)],
    };
    if faults.below(2) == 0 {
        world.functions.stripe.refund_by_hand(&it);
    } else {
        world.functions.stripe.credit_by_hand(&it);
    }
}

/// An event says of a refund what is not so.
fn false_event(world: &mut World) {
    let refunds = world.functions.stripe.paid();
    let Some(refund) = world.faults.pick(&refunds).cloned() else {
        return;
    };
    let status = ["failed", "succeeded"][usize::from(world.faults.below(2) == 0)];
    if refund.status.as_deref() != Some(status) {
        world.functions.stripe.note_event(&refund.id, status);
        world.event(&refund, status);
    }
}

/// An approver says which customer it is, or that the charge is theirs.
fn tell_whose_it_is(world: &mut World) {
    let mut mails = world.decision_mails();
    mails.retain(|mail| !mail.is_choice());
    let Some(mail) = world.faults.pick(&mails).cloned() else {
        return;
    };
    let action = match world.functions.stripe.payer() {
        Some(Payer::Customer(..)) if world.faults.below(2) == 0 => {
            json!({"action": "identify", "stripeCustomerId": "cus_bob"})
        }
        _ if world.faults.below(3) == 0 => {
            json!({"action": "confirm-ownership", "charge": CHARGE[0]})
        }
        _ => json!({"decision": "approve", "confirmCharge": CHARGE[0]}),
    };
    world.post(mail, action);
}

/// Everybody who is asked agrees in the same moment, so that payments of one charge meet.
fn agree_all(world: &mut World) {
    for mail in world.decision_mails() {
        let decision = if mail.is_choice() {
            "credit"
        } else {
            "approve"
        };
        world.click(mail, decision);
    }
}
