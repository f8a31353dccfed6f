//! The systematic pair: every step twice, and every step failing once, at every point there is.

use domain::request::Status;

use crate::faults::{Fault, Place, Plan};
use crate::invariants;
use crate::ports::stripe::Mood;
use crate::random_run::{block_on, bring_to_an_end};
use crate::world::World;

/// A path through the process: how much, what Stripe does, and what each approver says.
#[derive(Debug, Clone, Copy)]
struct Path {
    dollars: &'static str,
    mood: Mood,
    decision: &'static str,
    end: Status,
}

const PATHS: [Path; 5] = [
    Path {
        dollars: "50",
        mood: Mood::Pays,
        decision: "approve",
        end: Status::Refunded,
    },
    Path {
        dollars: "1500",
        mood: Mood::Pays,
        decision: "approve",
        end: Status::Refunded,
    },
    Path {
        dollars: "50",
        mood: Mood::Pays,
        decision: "reject",
        end: Status::Denied,
    },
    Path {
        dollars: "50",
        mood: Mood::Pends,
        decision: "approve",
        end: Status::Refunded,
    },
    Path {
        dollars: "50",
        mood: Mood::Refuses,
        decision: "approve",
        end: Status::Denied,
    },
];

/// Takes the path in that world, and checks that it ends as it does when nothing goes wrong.
#[track_caller]
fn go(path: Path, plan: Plan, broken: Option<(String, bool)>) -> World {
    let what = format!("{path:?}, {plan:?}, {broken:?}");
    block_on(async {
        let mut world = World::broken((1, plan, path.mood), broken);
        let id = world.submit(path.dollars).await;
        let mut answered = 0;
        for _ in 0..500 {
            world.quiet().await;
            world.functions.stripe.settle();
            let decision_mails = world.decision_mails();
            if let Some(mail) = decision_mails.get(answered) {
                answered += 1;
                world.click(mail.clone(), path.decision);
            } else if world.is_over(id) {
                if !world.redrive() {
                    break;
                }
            } else if !world.pass_time() && world.functions.log.late() == 0 {
                break;
            }
        }
        let ended = bring_to_an_end(&mut world).await;
        let problems = invariants::broken(&world).await;
        assert!(ended && problems.is_empty(), "{what}: {problems:#?}");
        let status = world.request(id).await.status;
        assert_eq!(status, path.end, "{what}");
        world
    })
}

#[test]
fn every_step_twice() {
    for path in PATHS {
        let world = go(path, Plan::Always(Place::Invocation, Fault::Twice), None);
        let calm = go(path, Plan::Calm, None);
        let records = |world: &World| {
            let items = world.functions.table.items();
            items.iter().filter(|item| item.kind == "audit").count()
        };
        assert_eq!(records(&world), records(&calm), "{path:?}");
        let mails = |world: &World| world.functions.mailer.sent().len();
        assert_eq!(mails(&world), mails(&calm), "{path:?}");
    }
}

#[test]
fn every_call_going_wrong_once_in_every_way() {
    for path in PATHS {
        let calm = go(path, Plan::Calm, None);
        for place in Place::ALL {
            for fault in place.faults() {
                for call in 0..calm.faults.calls(place) {
                    go(path, Plan::Once(place, *fault, call), None);
                }
            }
        }
    }
}

#[test]
fn every_state_breaking_for_good_and_redriven() {
    for path in PATHS {
        let calm = go(path, Plan::Calm, None);
        let history = calm.execution(calm.requests[0]).history;
        let entered = history.iter().filter_map(|event| event.state.clone());
        let mut states: Vec<String> = entered.collect();
        states.dedup();
        for state in states {
            for acts in [false, true] {
                go(path, Plan::Calm, Some((state.clone(), acts)));
            }
        }
    }
}
