//! The records of a request that was refunded.

use domain::money::Usd;
use domain::refund::SettlementMethod;
use domain::request::{Event, Movement};
use domain::table::Write;
use domain::task::{EndStatus, StateEntry};
use jiff::{SignedDuration, Timestamp};
use testing::fixtures;

pub(crate) const RECORDS_A_REQUEST: usize = 8;

/// All that is written of a request that was submitted then, and whose refund took some milliseconds.
pub(crate) fn request(at: Timestamp) -> Vec<Write> {
    let (mut request, first) = fixtures::request::request_at(at);
    let phase = request.phase.clone();
    let output = "stripeRefundResult".parse().expect("it is a name");
    let stripe_id = format!("re_{}", request.request_id);
    let movement = Movement {
        stripe_id: &stripe_id,
        charge: "ch_1",
        amount: Usd::from_cents(5000).expect("it is an amount"),
    };
    let events = [
        Event::Asked("CSM Team"),
        Event::Reminded,
        Event::Escalated("CSM Manager"),
        Event::SettlementIntended {
            method: SettlementMethod::Refund,
            charge: movement.charge,
            amount: movement.amount,
            reason: Some("Goodwill"),
        },
        Event::RefundSucceeded {
            movement,
            status: "succeeded",
            output: &output,
        },
        Event::Mailed {
            to: "customer",
            accepted: true,
        },
        Event::Closed(EndStatus::Refunded),
    ];
    let mut writes = vec![Write::create(&first)];
    for (millis, event) in (1..).zip(&events) {
        let at = at + SignedDuration::from_millis(millis);
        let record = request.apply(event, StateEntry::during(&phase, at));
        writes.push(Write::create(&record));
    }
    debug_assert_eq!(writes.len(), RECORDS_A_REQUEST);
    writes.push(Write::create(&request));
    writes
}
