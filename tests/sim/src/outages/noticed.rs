//! Each guard that is taken away is noticed.

use super::run;
use crate::charges::noticed::is_noticed_in;
use crate::guards::Guard;
use crate::random_run::block_on;

#[track_caller]
fn is_noticed_without(guard: Guard, words: &str) {
    let run = |without, seed| block_on(run(without, seed)).0;
    is_noticed_in(run, guard, words);
}

#[test]
fn a_service_that_is_away_and_is_taken_to_refuse_is_noticed() {
    is_noticed_without(Guard::OutageIsNoAnswer, "denied for want of a service");
}

#[test]
fn a_sender_that_is_refused_and_blamed_on_recipients_is_noticed() {
    is_noticed_without(Guard::WhoseFault, "not told that the request arrived");
}

#[test]
fn a_service_that_is_tried_for_minutes_is_noticed() {
    is_noticed_without(Guard::PatientRetries, "one outage of a day stopped it");
}

#[test]
fn requests_that_are_stored_and_never_started_are_noticed() {
    is_noticed_without(Guard::StartRequests, "was never started");
}
