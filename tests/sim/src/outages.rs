//! Services that are away for up to a day, mails that are refused, and submissions that end between storing a request and
//! starting it. Nothing is lost, and nobody is denied for want of a service.
//!
//! - `drawn`: what is away and when, which mails are refused, and what people do, from a seed
//! - `to_do`: who does something next: customers and approvers who try again after an error page, Stripe that sends its
//!   events again, the schedule of `start-requests`, and an operator who redrives
//! - `promises`: what must hold then, beside all other invariants
//! - `noticed`: that each guard is missed when it is taken away

pub(crate) mod drawn;
mod noticed;
mod promises;
mod to_do;

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::faults::Plan;
use crate::guards::Guard;
use crate::invariants;
use crate::operators::lifted;
use crate::random_run::{assert_kept, assert_seen, block_on, over_seeds};
use crate::world::World;
use drawn::Drawn;
use to_do::ToDo;

/// How many seeds there are unless `SIM_RUNS` says otherwise.
const RUNS: u64 = 120;
/// How often something may happen until a history ends.
const STEPS: usize = 10_000;

#[test]
fn an_outage_loses_nothing_and_denies_nobody() {
    let seen = over_seeds(RUNS, |seed| {
        let (problems, seen) = block_on(run(None, seed));
        // Run again it has other ids and waits.
        assert_kept(seed, "an_outage", &problems);
        seen
    });
    // About half of what there is: ids and waits are drawn anew each time.
    let wanted = [
        ("DynamoDB away", 8),
        ("SES away", 7),
        ("the sender refused", 10),
        ("Stripe away", 5),
        ("Step Functions away", 5),
        ("Secrets Manager away", 8),
        ("Lambda away", 8),
        ("away for 20 hours and more", 18),
        ("refused for 30 hours and more", 6),
        ("a customer refused", 6),
        ("an approver refused", 6),
        ("stored, and started by the schedule", 3),
        ("decided again after an error page", 8),
        ("an event of Stripe's sent again", 2),
        ("stopped", 9),
        ("resumed", 9),
        ("rejected", 4),
        ("expired", 10),
        ("refunded", 40),
        ("credited", 3),
        ("refused by Stripe", 6),
    ];
    assert_seen(RUNS, seen, &wanted);
}

/// A whole run: what it broke, and what happened in it of what ought to in some.
async fn run(without: Option<Guard>, seed: u64) -> (Vec<String>, BTreeSet<&'static str>) {
    let mood = drawn::mood(seed);
    let mut world = World::without(without, seed, Plan::Random(0), mood);
    let limits = world.functions.limits.set(lifted());
    limits.expect("they are set once");
    let drawn = Drawn::draw(&world);
    drawn.take_effect(&world);
    let mut to_do = ToDo::new(&drawn, &world);
    let mut problems = Vec::new();
    if !live(&mut world, &mut to_do).await {
        problems.push("it does not come to an end".to_owned());
    }
    let history = promises::History {
        world: &world,
        drawn: &drawn,
        to_do: &to_do,
    };
    let lost = history.lost();
    if lost.is_empty() {
        problems.extend(invariants::broken(&world).await);
        problems.extend(history.broken().await);
    }
    problems.extend(lost);
    (problems, history.seen())
}

/// Lets everything happen in the order of time, and says whether it ends.
async fn live(world: &mut World, to_do: &mut ToDo<'_>) -> bool {
    for _ in 0..STEPS {
        world.quiet().await;
        to_do.look_at(world);
        let timer = world.executor().next_timer();
        let Some(next) = timer.into_iter().chain(to_do.next()).min() else {
            return true;
        };
        if next > world.clock.now() {
            world.jump_to(next);
        }
        to_do.run_due(world).await;
    }
    false
}

/// How long a span of time is within another, in seconds.
fn overlap_seconds(one: (Timestamp, Timestamp), other: (Timestamp, Timestamp)) -> i64 {
    let (from, until) = (one.0.max(other.0), one.1.min(other.1));
    until.duration_since(from).as_secs().max(0)
}
