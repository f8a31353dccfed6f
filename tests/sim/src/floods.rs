//! More requests than are taken, beside honest customers with their approvers and Stripe's events, while things go wrong:
//! floods of one caller or some, of some addresses, of one mailbox with many tags, for one charge, of one offering. A
//! customer's request ends as it does without the flood, or waits until it is taken.
//!
//! - `drawn`: who sends what and when, and what goes wrong, from a seed
//! - `to_do`: who does something next: customers who come again when they are told to, approvers, Stripe, an operator
//! - `limits`: how many may be taken, counted a second time
//! - `promises`: what must hold then, beside all other invariants
//! - `noticed`: that each guard is missed when it is taken away

mod drawn;
mod limits;
mod noticed;
mod promises;
mod to_do;

use std::time::Duration;

use crate::guards::Guard;
use crate::invariants;
use crate::operators::lifted;
use crate::random_run::{assert_kept, assert_seen, block_on, over_seeds};
use crate::world::World;
use domain::request::Status;
use drawn::Drawn;
use promises::{End, History};
use to_do::ToDo;

/// How many seeds there are unless `SIM_RUNS` says otherwise.
const RUNS: u64 = 30;
/// How often something may happen until a history ends.
const STEPS: usize = 20_000;

/// What came of a history.
struct Ended {
    problems: Vec<String>,
    /// How the customers' requests ended.
    ends: Vec<End>,
    /// What happened of what ought to in some.
    seen: Vec<String>,
}

#[test]
fn a_flood_is_bounded_and_others_get_what_they_would_have() {
    let seen = over_seeds(RUNS, |seed| {
        let drawn = Drawn::draw(seed);
        let flooded = block_on(run(None, seed, &drawn));
        let calm = block_on(run(None, seed, &drawn.without_floods()));
        let mut problems = flooded.problems;
        problems.extend(calm.problems);
        if flooded.ends != calm.ends {
            let (flooded, calm) = (&flooded.ends, &calm.ends);
            problems.push(format!("with the flood {flooded:#?}, without it {calm:#?}"));
        }
        if calm.seen.iter().any(|it| it == "told 429") {
            problems.push("somebody is refused without a flood".to_owned());
        }
        assert_kept(seed, "a_flood", &problems);
        flooded.seen
    });
    // About half of what there is: ids and waits are drawn anew each time.
    let wanted = [
        ("Caller", 4),
        ("ThreeCallers", 2),
        ("ThreeAddresses", 2),
        ("Tags", 3),
        ("Charge", 4),
        ("Offering", 2),
        ("refused", 20),
        ("told 429", 3),
        ("an error page", 3),
        ("Refunded", 8),
        ("Denied", 8),
    ];
    assert_seen(RUNS, seen, &wanted);
}

#[test]
fn of_one_offering_so_many_are_taken_as_is_deployed() {
    let drawn = Drawn::hundred_of_an_offering();
    let Ended { problems, seen, .. } = block_on(run(None, 0, &drawn));
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(seen.iter().any(|it| it == "refused"), "{seen:?}");
}

/// A whole history: what it broke, and how the customers' requests ended.
async fn run(without: Option<Guard>, seed: u64, drawn: &Drawn) -> Ended {
    let mut world = World::without(without, seed, drawn.plan, drawn.mood);
    let set = world.functions.limits.set(lifted());
    set.expect("they are set once");
    let set = world.functions.request_limits.set(drawn.limits.clone());
    set.expect("they are set once");
    if let Some((service, span)) = &drawn.outage {
        for place in service.places() {
            world.faults.take_down(*place, span.clone());
        }
    }
    let mut to_do = ToDo::new(drawn, &world);
    let mut problems = Vec::new();
    if !live(&mut world, &mut to_do).await {
        problems.push("it does not come to an end".to_owned());
    }
    let history = History {
        world: &world,
        drawn,
        to_do: &to_do,
    };
    problems.extend(history.broken());
    problems.extend(invariants::broken(&world).await);
    let ends = history.ends().await;
    Ended {
        problems,
        seen: what_happened(&history, &ends),
        ends,
    }
}

fn what_happened(history: &History<'_>, ends: &[End]) -> Vec<String> {
    let drawn = history.drawn;
    let mut seen: Vec<String> = drawn.kinds.iter().map(|kind| format!("{kind:?}")).collect();
    let answers = || history.to_do.answers.iter().flatten();
    if answers().any(|it| it.status == 429 && it.post < drawn.customers) {
        seen.push("told 429".to_owned());
    }
    if answers().any(|it| it.status == 429) {
        seen.push("refused".to_owned());
    }
    if answers().any(|it| it.status >= 500) {
        seen.push("an error page".to_owned());
    }
    for status in [Status::Refunded, Status::Denied] {
        if ends.iter().any(|end| end.status == Some(status)) {
            seen.push(format!("{status:?}"));
        }
    }
    seen
}

/// Lets everything happen in the order of time, and says whether it ends.
async fn live(world: &mut World, to_do: &mut ToDo<'_>) -> bool {
    for _ in 0..STEPS {
        world.quiet().await;
        to_do.look_at(world).await;
        let timer = world.executor().next_timer();
        let late =
            (world.functions.log.late() > 0).then(|| world.clock.now() + Duration::from_hours(1));
        let next = timer.into_iter().chain(to_do.next()).chain(late).min();
        let Some(next) = next else {
            return true;
        };
        if next > world.clock.now() {
            world.jump_to(next);
        }
        to_do.run_due(world).await;
    }
    false
}
