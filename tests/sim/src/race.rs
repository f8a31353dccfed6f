//! A decision in the very instant in which the state that waits for it times out.
//!
//! Four things happen in some order: the decision is stored, the token is answered, the state is
//! entered again, and its new token is stored. Whatever the order, the decision is never lost and
//! counts once.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use local::states::EventType;
use shared::id::RequestId;
use shared::request::Status;

use crate::chance::{block_on, bring_to_an_end};
use crate::faults::Plan;
use crate::invariants;
use crate::people::Told;
use crate::ports::stripe::Mood;
use crate::world::World;

/// How many orders are drawn: one for each seed.
const SEEDS: u64 = 260;

/// What came of a race.
struct Raced {
    world: World,
    told: Told,
    /// What happened, in order, in a few words.
    order: String,
}

/// Waits for so many reminders, and then decides when the next is due: in that very instant, or in the
/// millisecond before it, so that the time is up while the decision is under way.
async fn race(seed: u64, decision: &'static str, reminders: usize) -> Raced {
    // No faults: only who has a turn when is drawn.
    let mut world = World::open(seed, Plan::Random(0), Mood::Pays);
    let id = world.submit("50").await;
    world.quiet().await;
    for _ in 0..reminders {
        world.pass_time();
        world.quiet().await;
    }
    let letter = world.letters().swap_remove(0);
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
        people.decide_now(&functions, &letter, decision).await
    });
    for _ in 0..world.faults.below(40) {
        tokio::task::yield_now().await;
    }
    world.jump_to(due);
    world.executor().idle().await;
    let told = click.await.expect("a click does not panic");
    world.quiet().await;
    let order = order(&world, id, commits, events);
    Raced { world, told, order }
}

/// What was stored since, in order, and whether the execution heard in time.
fn order(world: &World, id: RequestId, commits: usize, events: usize) -> String {
    let stored = world.functions.table.commits();
    let words = stored.iter().skip(commits).filter_map(|items| {
        let of = |kind: &str| items.iter().find(|item| item.kind == kind);
        match of("audit").and_then(|record| record.body["action"].as_str()) {
            Some("approve" | "reject") => Some("decided"),
            Some("reminded" | "escalated") => Some("asked again"),
            Some("expired") => Some("expired"),
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
            let raced = race(seed, decision, reminders).await;
            let Raced {
                mut world,
                told,
                order,
            } = raced;
            assert_eq!(told.status, 200, "seed {seed}: {}", told.body);
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
        "asked again, decided, heard late",
    ] {
        assert!(orders.iter().any(|o| o.starts_with(order)), "{orders:?}");
    }
}

#[test]
fn a_decision_in_the_instant_of_the_last_deadline_counts_or_is_refused() {
    let mut answers = BTreeSet::new();
    for seed in 0..SEEDS / 4 {
        block_on(async {
            let Raced {
                mut world,
                told,
                order,
            } = race(seed, "approve", 13).await;
            let ended = bring_to_an_end(&mut world).await;
            let problems = invariants::broken(&world).await;
            assert!(
                ended && problems.is_empty(),
                "seed {seed}, {order}: {problems:#?}"
            );
            let status = world.request(world.requests[0]).await.status;
            let refunded = told.body["outcome"] == "approve";
            assert_eq!(
                status == Status::Refunded,
                refunded,
                "seed {seed}: {}",
                told.body
            );
            answers.insert(told.status);
        });
    }
    assert!(answers.len() > 1, "{answers:?}");
}
