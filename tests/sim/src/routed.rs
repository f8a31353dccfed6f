//! The routed process and its survey under random faults: reviewers by reason, an offer that the customer takes,
//! turns down or leaves, a week's wait, and ratings by those who are invited to rate.
//!
//! All seeds run once; each test looks at one group of promises. Which phases a request passes stands in a table of its
//! own.
//!
//! `submit-request` draws the ids of ratings itself, so what a seed replays to the mail is all until the
//! first of them; after it, the waits between retries may differ.

mod table;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use local::states::ExecutionStatus;

use crate::customers::Wish;
use crate::faults::Plan;
use crate::invariants::{Group, broken_by_group};
use crate::ports::stripe::Mood;
use crate::process::{OFFER, Process};
use crate::random_run::{act, assert_seen, block_on, bring_to_an_end, over_seeds};
use crate::world::World;

/// How many seeds there are unless `SIM_RUNS` says otherwise.
const RUNS: u64 = 150;
/// How many things happen on the way to the mails that invite.
const ACTS: usize = 50;
/// And then, when there is something to rate.
const ACTS_OF_RATERS: usize = 20;

/// What came of a seed.
struct Run {
    seed: u64,
    problems: Vec<(Group, String)>,
    /// What happened in it.
    seen: BTreeSet<&'static str>,
}

static RUN: LazyLock<Vec<Run>> = LazyLock::new(|| over_seeds(RUNS, |seed| block_on(run(seed))));

async fn run(seed: u64) -> Run {
    let percent = 3 + u8::try_from(seed % 4 * 6).expect("it is small");
    let storm = Plan::Random(percent);
    let mut world = World::open(seed, storm, Mood::Drawn);
    for _ in 0..=seed % 3 {
        let wish = wish(&world);
        world.ask(wish).await;
    }
    let mut ended = true;
    for acts in [ACTS, ACTS_OF_RATERS] {
        world.faults.go_by(storm);
        for _ in 0..acts {
            act(&mut world).await;
            for _ in 0..world.faults.below(20) {
                tokio::task::yield_now().await;
            }
        }
        ended &= bring_to_an_end(&mut world).await;
    }
    let mut problems = broken_by_group(&world).await;
    if !ended {
        problems.push((Group::End, "it does not come to an end".to_owned()));
    }
    Run {
        seed,
        problems,
        seen: what_happened(&world),
    }
}

/// Small amounts more often than others: those are what an offer is about.
fn wish(world: &World) -> Wish {
    let dollars = ["19.99", "35", "49.99", "49.99", "50", "1500"];
    let reasons = ["Duplicate charge", "Service issue", "Goodwill", "Other"];
    Wish {
        dollars: world.faults.pick(&dollars).expect("there are some"),
        reason: world.faults.pick(&reasons).expect("there are some"),
        guest: world.faults.below(8) == 0,
        process: Process::Routed,
        charge: None,
    }
}

/// What happened in a run, of what ought to happen in some.
fn what_happened(world: &World) -> BTreeSet<&'static str> {
    let mut seen = BTreeSet::new();
    let table = world.functions.table.items();
    for record in table.iter().filter(|item| item.kind == "audit") {
        let text = |name: &str| record.body[name].as_str().unwrap_or_default();
        let what = match (text("action"), text("phase"), text("detail")) {
            ("chosen", OFFER, "credit") => "credit chosen",
            ("chosen", OFFER, "cash") => "cash chosen",
            ("choice_expired", OFFER, _) => "choice_expired",
            ("link_locked", OFFER, _) => "choice locked",
            ("credited", _, _) => "credited",
            ("refund_refused", "Give Credit", _) => "credit refused",
            ("approved", "Manager Review", _) => "approved by the manager",
            ("approved", "Finance Approval", _) => "approved by Finance",
            ("closed", "Recorded", _) => "rated",
            ("code_renewed", _, _) => "invitation's code renewed",
            ("resumed", _, _) => "resumed",
            _ => continue,
        };
        seen.insert(what);
    }
    for rated in world.customers.rated() {
        seen.extend(match rated.status {
            403 => Some("rated with a wrong code"),
            409 => Some("rated twice"),
            503 => Some("rated in vain"),
            _ => None,
        });
    }
    for reply in world.people.replies() {
        let link = world.link(&reply.link_id);
        if link.is_some_and(|link| link.phase.as_str() == OFFER) {
            seen.extend(match reply.status {
                403 => Some("chosen with a wrong code"),
                410 => Some("chosen too late"),
                _ => None,
            });
        }
    }
    let mut statuses = world.statuses().into_iter();
    if statuses.any(|(_, status)| status == ExecutionStatus::Failed) {
        seen.insert("never resumed");
    }
    seen
}

/// No seed breaks a promise of that group.
#[track_caller]
fn keeps(group: Group) {
    for run in RUN.iter() {
        let broken = run.problems.iter().filter(|(of, _)| *of == group);
        let broken: Vec<&str> = broken.map(|(_, problem)| problem.as_str()).collect();
        let seed = run.seed;
        assert!(
            broken.is_empty(),
            "seed {seed} breaks a promise; SIM_SEED={seed} cargo test -p sim routed replays it:\n{}",
            broken.join("\n")
        );
    }
}

#[test]
fn every_change_has_its_record_and_the_audit_log_tells_where_a_request_stands() {
    keeps(Group::AuditLog);
}

#[test]
fn every_request_ends_or_needs_attention_with_its_execution_failed() {
    keeps(Group::End);
}

#[test]
fn one_refund_or_credit_goes_out_of_the_approved_amount_and_as_chosen() {
    keeps(Group::Money);
}

#[test]
fn a_choice_counts_once_and_what_somebody_was_told_is_recorded_stays() {
    keeps(Group::Decisions);
}

#[test]
fn amount_reason_and_customer_decide_who_is_asked() {
    keeps(Group::Routing);
}

#[test]
fn everybody_gets_their_mails_and_the_survey_a_week_after_the_money() {
    keeps(Group::Mails);
}

#[test]
fn an_invitation_is_rated_once_and_only_with_its_code() {
    keeps(Group::Ratings);
}

#[test]
fn neither_executions_nor_audit_logs_hold_data_of_customers() {
    keeps(Group::Privacy);
}

#[test]
fn what_can_happen_does_in_some_seed() {
    let seen: Vec<_> = RUN.iter().map(|run| run.seen.clone()).collect();
    let wanted = [
        "credit chosen",
        "cash chosen",
        "choice_expired",
        "chosen with a wrong code",
        "chosen too late",
        "choice locked",
        "credited",
        "credit refused",
        "approved by the manager",
        "approved by Finance",
        "rated",
        "rated twice",
        "rated with a wrong code",
        "rated in vain",
        "invitation's code renewed",
        "resumed",
    ];
    assert_seen(RUNS, seen, &wanted.map(|what| (what, 1)));
}
