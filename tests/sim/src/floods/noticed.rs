//! Each guard that is taken away is noticed.

use domain::admission::CountedFor;

use super::drawn::Drawn;
use super::run;
use crate::charges::noticed::is_noticed_in;
use crate::guards::Guard;
use crate::random_run::block_on;

#[track_caller]
fn is_noticed_without(guard: Guard, words: &str) {
    let run = |without, seed| block_on(run(without, seed, &Drawn::draw(seed))).problems;
    is_noticed_in(run, guard, words);
}

#[test]
fn each_limit_that_does_not_hold_is_noticed() {
    for scope in [
        CountedFor::Caller,
        CountedFor::Address,
        CountedFor::Charge,
        CountedFor::Offering,
    ] {
        let words = format!("scope: {:?}", scope.name());
        is_noticed_without(Guard::RequestLimit(scope), &words);
    }
}

#[test]
fn counters_that_never_expire_are_noticed() {
    is_noticed_without(Guard::CounterExpiry, "a counter never ends");
}

#[test]
fn counters_that_others_write_at_the_same_moment_are_noticed() {
    is_noticed_without(Guard::CounterCondition, "are taken for");
}

#[test]
fn what_is_counted_and_not_stored_is_noticed() {
    is_noticed_without(Guard::CountedIfStored, "counts");
}
