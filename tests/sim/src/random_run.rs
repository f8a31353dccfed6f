//! A run in which everything is drawn from a seed: what goes wrong, who clicks when, how time passes,
//! when the executor is killed.

use std::collections::BTreeMap;
use std::num::NonZero;
use std::time::Duration;

use local::states::ExecutionStatus;

use crate::customers::{Invite, Rating};
use crate::faults::{Place, Plan};
use crate::invariants;
use crate::people::DecisionMail;
use crate::ports::stripe::Mood;
use crate::world::World;

/// How many seeds a test runs unless `SIM_RUNS` says otherwise.
const RUNS: u64 = 300;
/// How many things happen while everything may go wrong.
const ACTS: usize = 40;
/// How often somebody lets executions go on that need attention, before they leave them as they are.
const REDRIVES: usize = 6;
/// How long a run may take to come to its end afterwards.
const STEPS_TO_THE_END: usize = 2_000;

#[expect(
    clippy::disallowed_methods,
    reason = "a test may be told which seed to run"
)]
fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_run_keeps_every_promise_whatever_goes_wrong() {
    over_seeds(RUNS, check);
}

/// Runs what a seed decides for the seed that the environment names, or for so many, on all processors.
pub(crate) fn over_seeds<R: Send>(runs: u64, run: impl Fn(u64) -> R + Sync) -> Vec<R> {
    let seeds = match (setting("SIM_SEED"), setting("SIM_RUNS")) {
        (Some(seed), _) => seed..seed + 1,
        (None, more) => 0..more.unwrap_or(runs),
    };
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let run = &run;
    std::thread::scope(|scope| {
        let spawn = |first| {
            let mine = seeds.clone().skip(first).step_by(threads);
            scope.spawn(move || mine.map(run).collect::<Vec<R>>())
        };
        let running: Vec<_> = (0..threads).map(spawn).collect();
        let ended = running.into_iter().map(|thread| {
            let ended = thread.join();
            ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        });
        ended.flatten().collect()
    })
}

fn check(seed: u64) {
    let (_, problems) = block_on(run(seed));
    assert_kept(seed, "a_run", &problems);
}

/// That a history, which the tests of that name run, breaks no promise.
pub(crate) fn assert_kept(seed: u64, tests: &str, problems: &[String]) {
    assert!(
        problems.is_empty(),
        "seed {seed} breaks a promise; SIM_SEED={seed} cargo test -p sim {tests} runs it again:\n{}",
        problems.join("\n")
    );
}

/// That what ought to happen in some histories does, in so many seeds at least; `seen` is what happened, by seed. Fewer
/// seeds than the usual ones are not judged: one is replayed then, in which much does not happen.
pub(crate) fn assert_seen<S: IntoIterator<Item: AsRef<str>>>(
    usual: u64,
    seen: Vec<S>,
    wanted: &[(&str, usize)],
) {
    if seen.len() < usize::try_from(usual).expect("it is small") {
        return;
    }
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for what in seen.into_iter().flatten() {
        *counts.entry(what.as_ref().to_owned()).or_default() += 1;
    }
    for (what, at_least) in wanted {
        let count = counts.get(*what).copied().unwrap_or_default();
        assert!(
            count >= *at_least,
            "{count} seeds have {what:?}: {counts:?}"
        );
    }
}

#[test]
fn a_seed_repeats_itself() {
    for seed in 0..10 {
        let history = |world: &World| {
            let of = |id| world.execution(id).history;
            let histories: Vec<_> = world.requests.iter().map(|id| of(*id)).collect();
            histories
        };
        let (first, _) = block_on(run(seed));
        let (second, _) = block_on(run(seed));
        assert_eq!(history(&first), history(&second), "seed {seed}");
    }
}

#[test]
fn a_world_leaves_memory_when_it_ends() {
    for seed in 0..4 {
        let (world, _) = block_on(run(seed));
        let table = world.functions.table.watch();
        assert!(table.upgrade().is_some());
        drop(world);
        assert!(table.upgrade().is_none(), "seed {seed}");
    }
}

/// Everything takes turns on one thread, so that a seed decides who comes first.
pub(crate) fn block_on<R>(run: impl Future<Output = R>) -> R {
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.expect("a runtime can be built").block_on(run)
}

/// A whole run and what it broke.
async fn run(seed: u64) -> (World, Vec<String>) {
    let percent = 3 + u8::try_from(seed % 4 * 6).expect("it is small");
    let mut world = World::open(seed, Plan::Random(percent), Mood::Drawn);
    for dollars in ["50", "1500", "499.99"]
        .into_iter()
        .take(1 + (seed % 3) as usize)
    {
        world.submit(dollars).await;
    }
    for _ in 0..ACTS {
        act(&mut world).await;
        for _ in 0..world.faults.below(20) {
            tokio::task::yield_now().await;
        }
    }
    let problems = problems_at_the_end(&mut world).await;
    (world, problems)
}

/// Something happens, while anything may go wrong.
pub(crate) async fn act(world: &mut World) {
    match world.faults.below(100) {
        0..30 => click(world),
        30..55 => drop(world.pass_time()),
        // A click in the instant in which something is due.
        55..65 => {
            world.pass_time();
            click(world);
            click(world);
        }
        65..80 => world.quiet().await,
        80..85 => world.restart(),
        85..90 => {
            let place = *world.faults.pick(&Place::ALL).expect("there are places");
            let hours = Duration::from_secs(3_600 * world.faults.below(12));
            let now = world.clock.now();
            world.faults.take_down(place, now..now + hours);
        }
        90..93 => world.functions.stripe.settle(),
        93..96 => world.stripe_tells(),
        _ => drop(world.redrive()),
    }
}

/// Somebody reads a mail, and does what it is for: some with a wrong code, some twice.
fn click(world: &mut World) {
    let invites = world.invites();
    if let Some(invite) = world.faults.pick(&invites).cloned()
        && world.faults.below(3) > 0
    {
        rate(world, invite);
        return;
    }
    let mut decision_mails = world.decision_mails();
    let newest = decision_mails
        .last()
        .filter(|mail| mail.is_choice())
        .cloned();
    // Whoever is offered something looks at that mail before it is too late.
    if let Some(offer) = newest
        && world.faults.below(3) > 0
    {
        decision_mails = vec![offer];
    }
    let Some(mail) = world.faults.pick(&decision_mails).cloned() else {
        return;
    };
    let guesses = world.faults.below(if mail.is_choice() { 2 } else { 8 }) == 0;
    for _ in 0..times(world, guesses) {
        let decision = decision(world, &mail);
        let mail = mail.clone();
        let mail = if guesses { mail.guessing() } else { mail };
        world.click(mail, &decision);
    }
}

/// How often something is posted in one go: some click twice, and who guesses does not stop at once.
fn times(world: &World, guesses: bool) -> u64 {
    if guesses {
        return 1 + world.faults.below(7);
    }
    1 + u64::from(world.faults.below(4) == 0)
}

/// What somebody answers: most approve, and of those who can choose each has a taste of their own.
fn decision(world: &World, mail: &DecisionMail) -> String {
    if !mail.is_choice() && world.faults.below(5) == 0 {
        return "reject".to_owned();
    }
    agreed(world, mail)
}

fn agreed(world: &World, mail: &DecisionMail) -> String {
    let chosen = if mail.is_choice() {
        world.faults.pick(&mail.answers).cloned()
    } else {
        None
    };
    chosen.unwrap_or_else(|| "approve".to_owned())
}

/// Some rate as they did before, some otherwise; some guess the code.
fn rate(world: &mut World, invite: Invite) {
    let ratings = ["5 - Very satisfied", "1 - Very dissatisfied"];
    let sent = world.faults.below(3);
    let rating = Rating {
        stars: ratings[usize::from(world.faults.below(2) == 0)],
        idempotency_key: format!("{} {sent}", invite.about),
        guesses: world.faults.below(4) == 0,
        invite,
    };
    for _ in 0..times(world, rating.guesses) {
        world.rate(rating.clone());
    }
}

/// Brings a history to its end, and says what it broke.
pub(crate) async fn problems_at_the_end(world: &mut World) -> Vec<String> {
    let ended = bring_to_an_end(world).await;
    let mut problems = invariants::broken(world).await;
    if !ended {
        problems.push("it does not come to an end".to_owned());
    }
    problems
}

/// Nothing goes wrong any more: whoever is asked answers or does not, and what failed is redriven.
pub(crate) async fn bring_to_an_end(world: &mut World) -> bool {
    world.faults.calm();
    let patient = world.faults.below(2) == 0;
    let mut redrives = 0..REDRIVES;
    // What failed has raised an alarm, and is let go on before it is too old for it.
    world.quiet().await;
    world.redrive();
    for _ in 0..STEPS_TO_THE_END {
        world.quiet().await;
        world.functions.stripe.settle();
        let running = |(_, status): &(_, ExecutionStatus)| *status == ExecutionStatus::Running;
        if !patient && let Some(mail) = world.decision_mails().pop() {
            let decision = agreed(world, &mail);
            world.click(mail, &decision);
            world.quiet().await;
        }
        let is_over = !world.statuses().iter().any(running) && world.functions.log.late() == 0;
        let goes_on = is_over && redrives.next().is_some() && world.redrive();
        if is_over && !goes_on && !world.insist() {
            return true;
        }
        if !is_over && !world.pass_time() {
            return false;
        }
    }
    false
}
