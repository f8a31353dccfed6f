//! A decision in the very instant in which the state that waits for it times out.
//!
//! Four things happen in some order: the decision is stored, the token is answered, the state is
//! entered again, and its new token is stored. Whatever the order, the decision is never lost and
//! counts once.

use std::collections::BTreeSet;

use domain::id::RequestId;
use domain::request::Status;
use jiff::SignedDuration;
use local::states::EventType;

use crate::customers::Wish;
use crate::faults::Plan;
use crate::invariants;
use crate::people::{DecisionMail, Reply, decided};
use crate::ports::stripe::Mood;
use crate::process::{OFFER, Process};
use crate::random_run::{block_on, bring_to_an_end};
use crate::world::World;

/// How many orders are drawn: one for each seed.
const SEEDS: u64 = 260;

/// What came of a race.
struct Raced {
    world: World,
    reply: Reply,
    /// What happened, in order, in a few words.
    order: String,
}

/// A first review that was reminded of so often.
async fn reviewed(seed: u64, reminders: usize) -> World {
    // No faults: only who has a turn when is drawn.
    let mut world = World::open(seed, Plan::Random(0), Mood::Pays);
    world.submit("50").await;
    world.quiet().await;
    for _ in 0..reminders {
        world.pass_time();
        world.quiet().await;
    }
    world
}

/// A refund that is approved, and that the customer can have as a credit.
async fn offered(seed: u64) -> World {
    let mut world = World::open(seed, Plan::Random(0), Mood::Pays);
    let wish = Wish {
        process: Process::Routed,
        ..Wish::of("20")
    };
    world.ask(wish).await;
    world.quiet().await;
    let mail = world.decision_mails().swap_remove(0);
    world.click(mail, "approve");
    world.quiet().await;
    world
}

/// Decides when the state that waits times out: in that very instant, or in the millisecond before it, so
/// that the time is up while the decision is under way.
async fn race(mut world: World, mail: DecisionMail, decision: &'static str) -> Raced {
    let id = world.requests[0];
    let events = world.execution(id).history.len();
    let commits = world.functions.table.commits().len();

    let due = world.executor().next_timer().expect("the state waits");
    let lead = SignedDuration::from_millis(i64::from(world.faults.below(2) == 0));
    world.jump_to(due - lead);
    let (people, functions) = (world.people.clone(), world.functions.clone());
    let turns = world.faults.below(30);
    let click = tokio::spawn(async move {
        for _ in 0..turns {
            tokio::task::yield_now().await;
        }
        people.send(&functions, &mail, decided(decision)).await
    });
    for _ in 0..world.faults.below(40) {
        tokio::task::yield_now().await;
    }
    world.jump_to(due);
    world.executor().idle().await;
    let reply = click.await.expect("a click does not panic");
    world.quiet().await;
    let order = order(&world, id, commits, events);
    Raced {
        world,
        reply,
        order,
    }
}

/// What was stored since, in order, and whether the execution heard in time.
fn order(world: &World, id: RequestId, commits: usize, events: usize) -> String {
    let stored = world.functions.table.commits();
    let words = stored.iter().skip(commits).filter_map(|items| {
        let of = |kind: &str| items.iter().find(|item| item.kind == kind);
        match of("audit").and_then(|record| record.body["action"].as_str()) {
            Some("approved" | "rejected" | "chosen") => Some("decided"),
            Some("reminded" | "escalated") => Some("asked again"),
            Some("expired" | "choice_expired") => Some("expired"),
            Some(_) => None,
            None => of("approval").map(|_| "noted"),
        }
    });
    let mut words: Vec<&str> = words.collect();
    words.dedup();
    let history = world.execution(id).history;
    let mut news = history.iter().skip(events);
    let late = news.any(|event| event.event_type == EventType::TaskTimedOut);
    words.push(if late { "heard late" } else { "heard in time" });
    words.join(", ")
}

#[test]
fn a_decision_in_the_instant_of_a_reminder_is_never_lost_and_counts_once() {
    let mut orders = BTreeSet::new();
    for seed in 0..SEEDS {
        let decision = if seed % 3 == 0 { "reject" } else { "approve" };
        let reminders = (seed % 5) as usize;
        let end = match decision {
            "reject" => Status::Denied,
            _ => Status::Refunded,
        };
        block_on(async {
            let world = reviewed(seed, reminders).await;
            let mail = world.decision_mails().swap_remove(0);
            let raced = race(world, mail, decision).await;
            let Raced {
                mut world,
                reply,
                order,
            } = raced;
            assert_eq!(reply.status, 200, "seed {seed}: {}", reply.body);
            let ended = bring_to_an_end(&mut world).await;
            let problems = invariants::broken(&world).await;
            assert!(
                ended && problems.is_empty(),
                "seed {seed}, {order}: {problems:#?}"
            );
            let status = world.request(world.requests[0]).await.status;
            assert_eq!(status, end, "seed {seed}, {order}");
            orders.insert(order);
        });
    }
    // Otherwise the race is none.
    for order in [
        "decided, heard in time",
        "decided, noted, heard late",
        "asked again, noted, decided, heard late",
    ] {
        assert!(orders.iter().any(|o| o.starts_with(order)), "{orders:?}");
    }
}

#[test]
fn a_decision_in_the_instant_of_the_last_deadline_counts_or_is_refused() {
    let mut answers = BTreeSet::new();
    for seed in 0..SEEDS / 4 {
        block_on(async {
            let world = reviewed(seed, 13).await;
            let mail = world.decision_mails().swap_remove(0);
            let Raced {
                mut world,
                reply,
                order,
            } = race(world, mail, "approve").await;
            let ended = bring_to_an_end(&mut world).await;
            let problems = invariants::broken(&world).await;
            assert!(
                ended && problems.is_empty(),
                "seed {seed}, {order}: {problems:#?}"
            );
            let status = world.request(world.requests[0]).await.status;
            let refunded = reply.body["outcome"] == "approve";
            assert_eq!(
                status == Status::Refunded,
                refunded,
                "seed {seed}: {}",
                reply.body
            );
            answers.insert(reply.status);
        });
    }
    assert!(answers.len() > 1, "{answers:?}");
}

#[test]
fn a_choice_racing_its_timeout_counts_once_or_is_refused_and_the_means_is_as_told() {
    let (mut orders, mut ends) = (BTreeSet::new(), BTreeSet::new());
    for seed in 0..SEEDS {
        let choice = if seed % 3 == 0 { "cash" } else { "credit" };
        block_on(async {
            let world = offered(seed).await;
            let mail = world
                .decision_mails()
                .into_iter()
                .find(DecisionMail::is_choice);
            let mail = mail.expect("the customer is asked");
            let raced = race(world, mail, choice).await;
            let Raced {
                mut world,
                reply,
                order,
            } = raced;
            let ended = bring_to_an_end(&mut world).await;
            let problems = invariants::broken(&world).await;
            assert!(
                ended && problems.is_empty(),
                "seed {seed}, {order}: {problems:#?}"
            );
            let stripe = &world.functions.stripe;
            let given = (stripe.credited().len(), stripe.paid().len());
            let counts = reply.status == 200 && reply.body["outcome"] == choice;
            let wanted = if counts && choice == "credit" {
                (1, 0)
            } else {
                (0, 1)
            };
            assert_eq!(given, wanted, "seed {seed}, {order}: {}", reply.body);
            let heard = invariants::heard(&world.execution(world.requests[0]), OFFER);
            let wanted = if counts { choice } else { "expire" };
            assert_eq!(heard, [wanted], "seed {seed}, {order}: {}", reply.body);
            orders.insert(order);
            ends.insert((choice, reply.status, counts));
        });
    }
    // Otherwise the race is none.
    for order in [
        "decided, heard in time",
        "decided, noted, heard late",
        "expired",
    ] {
        assert!(orders.iter().any(|o| o.starts_with(order)), "{orders:?}");
    }
    for end in [
        ("credit", 200, true),
        ("credit", 410, false),
        ("cash", 410, false),
    ] {
        assert!(ends.contains(&end), "{ends:?}");
    }
}
