//! The hash chain of an audit log: nothing of it can be touched unnoticed, and the first record is named.

use domain::audit_chain::{Broken, verify};
use domain::refund::SettlementMethod;
use domain::request::{Event, Request};
use domain::task::StateEntry;
use jiff::Timestamp;
use proptest::prelude::*;
use serde_json::Value;
use testing::fixtures;

/// A request to which so many things happened, and its records as they are stored.
fn log(events: &[u8]) -> (Request, Vec<Value>) {
    let (mut request, first) = fixtures::request::request();
    let output = "stripeRefundResult".parse().unwrap();
    let phase = request.phase.clone();
    let mut records = vec![first];
    for (second, event) in (1..).zip(events) {
        let movement = fixtures::refund::movement();
        let (status, output) = ("succeeded", &output);
        let (charge, amount, message) = (movement.charge, movement.amount, "It was closed.");
        let event = match event % 5 {
            0 => Event::Reminded,
            1 => Event::SettlementIntended {
                method: SettlementMethod::Refund,
                charge,
                amount,
                reason: Some("Goodwill"),
            },
            2 => Event::RefundSucceeded {
                movement,
                status,
                output,
            },
            3 => Event::RefundReversed { movement, message },
            _ => Event::Asked("CSM Team"),
        };
        let at = Timestamp::from_second(second).unwrap();
        records.push(request.apply(&event, StateEntry::during(&phase, at)));
    }
    let stored = |record| serde_json::to_value(record).unwrap();
    (request, records.iter().map(stored).collect())
}

/// Changes one character or digit of one field. What a name without a value was is added.
fn touch(record: &mut Value, field: usize) {
    let fields = record.as_object_mut().unwrap();
    let field = field % (fields.len() + 1);
    match fields.values_mut().nth(field) {
        Some(Value::String(text)) => {
            let last = text.pop();
            text.push(if last == Some('0') { '1' } else { '0' });
        }
        Some(Value::Number(number)) => *number = (number.as_u64().unwrap() + 1).into(),
        Some(other) => panic!("{other}"),
        None => drop(fields.insert("added".to_owned(), "1".into())),
    }
}

proptest! {
    #[test]
    fn whatever_is_touched_shows_at_the_first_record_that_was(
        events in prop::collection::vec(any::<u8>(), 2..12), at: prop::sample::Index, field: usize, how in 0..6_u8,
    ) {
        let (request, intact) = log(&events);
        prop_assert_eq!(verify(&request, &intact), Ok(()));
        let (mut records, at) = (intact.clone(), at.index(intact.len()));
        let number = |at: usize| u32::try_from(at + 1).unwrap();
        let broken = match how {
            0 => {
                touch(&mut records[at], field);
                // The number itself may say that it is a later record.
                let is_number = records[at]["seq"] != intact[at]["seq"];
                if is_number { Broken::Missing(number(at)) } else { Broken::Changed(number(at)) }
            }
            1 => {
                records.remove(at);
                Broken::Missing(number(at))
            }
            2 => {
                let again = records[at].clone();
                records.push(again);
                Broken::Added(number(intact.len()))
            }
            3 => {
                let at = at.min(records.len() - 2);
                records.swap(at, at + 1);
                Broken::Missing(number(at))
            }
            4 => {
                records.truncate(at);
                Broken::Missing(number(at))
            }
            _ => {
                // Another history from the first record on, in which every hash fits.
                let mut others = events.clone();
                others[0] = others[0].wrapping_add(1);
                let (mut other, rewritten) = log(&others);
                other.request_id = request.request_id;
                prop_assume!(rewritten[1]["action"] != intact[1]["action"]);
                let stranger = verify(&request, &rewritten);
                prop_assert_eq!(stranger, Err(Broken::Changed(1)), "it is of another request");
                return Ok(());
            }
        };
        prop_assert_eq!(verify(&request, &records), Err(broken));
    }
}

#[test]
fn a_log_that_was_written_anew_does_not_end_where_the_request_says() {
    let (mut request, records) = log(&[0, 1, 2]);
    assert_eq!(verify(&request, &records), Ok(()));
    request.audit_hash = "0".repeat(64);
    assert_eq!(verify(&request, &records), Err(Broken::Rewritten(4)));
    request.audit_count = 3;
    assert_eq!(verify(&request, &records), Err(Broken::Added(4)));
}

#[test]
fn the_rule_of_a_hash_is_what_any_tool_can_compute() {
    let (_, records) = log(&[1]);
    let hash = |text: &str| domain::approval::hex(&<sha2::Sha256 as sha2::Digest>::digest(text));
    let mut previous = String::new();
    for record in &records {
        let mut fields: Vec<_> = record.as_object().unwrap().iter().collect();
        fields.retain(|(name, _)| *name != "hash");
        fields.sort_by_key(|(name, _)| *name);
        let fields: Vec<_> = fields
            .iter()
            .map(|(name, value)| format!("\"{name}\":{value}"))
            .collect();
        previous = hash(&format!("{previous}\n{{{}}}", fields.join(",")));
        assert_eq!(record["hash"], previous);
    }
}
