//! Each guard that is taken away is noticed.

use super::run;
use crate::guards::Guard;
use crate::last_cents::race;
use crate::random_run::block_on;

/// The most histories in which a guard that is missing must have been noticed.
const NOTICED_WITHIN: u64 = 1_000;

/// Runs histories of a charge without a guard until that is noticed, and the one that notices it with the guard.
#[track_caller]
fn is_noticed_without(guard: Guard, words: &str) {
    let run = |without, seed| block_on(run(without, seed)).0;
    is_noticed_in(run, guard, words);
}

/// The same in any histories, which are run without a guard or with all, for a seed.
#[track_caller]
pub(crate) fn is_noticed_in(
    run: impl Fn(Option<Guard>, u64) -> Vec<String>,
    guard: Guard,
    words: &str,
) {
    let noticed = |seed: &u64| {
        let problems = run(Some(guard), *seed);
        problems.iter().any(|problem| problem.contains(words))
    };
    let seed = (0..NOTICED_WITHIN).find(noticed);
    let seed = seed.unwrap_or_else(|| panic!("{guard:?} is not missed"));
    let problems = run(None, seed);
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

#[test]
fn an_approval_of_less_that_is_lost_is_noticed() {
    is_noticed_without(Guard::ApprovedAmount, "was approved");
}

#[test]
fn a_refund_by_hand_that_many_take_for_theirs_is_noticed() {
    is_noticed_without(Guard::OwnId, "is adopted by");
}

#[test]
fn an_intent_of_before_that_is_paid_after_a_stop_is_noticed() {
    is_noticed_without(Guard::SwitchRead, "who read that payments are stopped");
}

#[test]
fn a_limit_of_a_refund_that_is_not_known_is_noticed() {
    is_noticed_without(Guard::LimitPerRefund, "the limit per refund");
}

#[test]
fn a_record_of_another_amount_is_noticed() {
    is_noticed_without(Guard::RecordedAmount, "the audit log has");
}

#[test]
fn a_record_of_another_amount_is_found_by_the_reconciliation() {
    is_noticed_without(Guard::RecordedAmount, "the reconciliation finds");
}

#[test]
fn a_record_of_somebody_else_is_noticed() {
    is_noticed_without(Guard::RecordedActor, "was decided by");
}

#[test]
fn a_record_that_something_else_came_back_is_noticed() {
    is_noticed_without(Guard::RecordedReversal, "the audit log has");
}

#[test]
fn a_record_that_something_else_came_back_is_found_by_the_reconciliation() {
    is_noticed_without(Guard::RecordedReversal, "the reconciliation finds");
}

/// A guard that many need who are paid in the same moment.
#[track_caller]
fn is_noticed_by_many_without(guard: Guard, words: &str) {
    let run = |without, seed| block_on(race(without, seed)).1;
    is_noticed_in(run, guard, words);
}

#[test]
fn an_intent_that_is_written_after_a_stop_is_noticed() {
    is_noticed_by_many_without(Guard::SwitchCondition, "while payments are stopped");
}

#[test]
fn what_a_customer_got_and_is_not_known_is_noticed() {
    is_noticed_by_many_without(Guard::TotalsOfCustomer, "the limit per customer");
}

#[test]
fn what_a_day_had_and_is_not_known_is_noticed() {
    is_noticed_by_many_without(Guard::TotalsOfDay, "the limit per day");
}

#[test]
fn totals_that_others_write_at_the_same_moment_are_noticed() {
    is_noticed_by_many_without(Guard::TotalsCondition, "the limit per");
}
