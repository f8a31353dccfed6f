//! Each audit record reaches `EVENTS_URL` as a signed event, in the order of its request's log, however often the receiver fails
//! and wherever the stack is killed.

#![allow(clippy::unwrap_used, reason = "a test may")]

mod receiver;

use std::collections::BTreeMap;

use domain::table::ENVELOPE;
use e2e::{LocalStack, Submitted, TestClient, form, program};
use receiver::{Receiver, SECRET};
use serde_json::{Map, Value};

const CSM: &str = "csm-1@example.com";

/// The audit records in the table, by request and in order.
fn records(client: &TestClient) -> BTreeMap<String, Vec<Value>> {
    let mut records: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    let mut items = client.settled_items();
    items.retain(|item| item["kind"]["S"] == "audit");
    for item in items {
        let fields = item.as_object().expect("an item is an object").iter();
        let fields = fields.filter(|(name, _)| !ENVELOPE.contains(&name.as_str()));
        let record: Map<_, _> = fields
            .map(|(name, typed)| match typed["N"].as_str() {
                Some(digits) => (name.clone(), digits.parse::<i64>().unwrap().into()),
                None => (name.clone(), typed["S"].clone()),
            })
            .collect();
        let request = record["requestId"].as_str().unwrap().to_owned();
        records.entry(request).or_default().push(record.into());
    }
    for of_request in records.values_mut() {
        of_request.sort_by_key(|record| record["seq"].as_i64());
    }
    records
}

/// Waits until each record of the table was taken, and fails where one came late, changed, out of order or not as the schema says.
fn assert_all_delivered(client: &TestClient, receiver: &Receiver) {
    let expected = records(client);
    client.eventually("an event for each record", || {
        let taken = receiver.records();
        if taken == expected {
            Ok(())
        } else {
            Err(format!("{taken:#?}\ninstead of\n{expected:#?}"))
        }
    });
    let schema = include_str!("../../../infra/audit-event.schema.json");
    let schema = jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap();
    for event in receiver.events() {
        let problems: Vec<String> = schema
            .iter_errors(&event)
            .map(|it| it.to_string())
            .collect();
        assert!(problems.is_empty(), "{event:#}: {problems:?}");
    }
}

fn approve(client: &TestClient, request: &Submitted) {
    client.mail_about(request, CSM, "").approve(client);
}

#[test]
fn each_record_is_delivered_in_order_though_the_receiver_fails_and_the_stack_is_killed() {
    let receiver = Receiver::start();
    let data = tempfile::tempdir().unwrap();
    let start = |port: &str| {
        let data = data.path().to_str().unwrap();
        let environment = [("EVENTS_URL", receiver.url()), ("EVENTS_SECRET", SECRET)];
        LocalStack::with_environment(&["--port", port, "--data-dir", data], &environment)
    };
    let client = start("0");
    let port = client.base().rsplit(':').next().unwrap().to_owned();
    let refunded = client.submit(&form());
    approve(&client, &refunded);
    client.wait_for_end(&refunded);
    assert_all_delivered(&client, &receiver);

    // Of one request nothing is taken; the others go on.
    receiver.fail_for_next_request();
    let waiting = client.submit(&form());
    // Its first event comes before the other request is made, or it might be the other that is failed for.
    client.eventually("the first event of the request", || {
        match receiver.fails_for() {
            Some(request) if request == waiting.id => Ok(()),
            other => Err(format!("{other:?}")),
        }
    });
    let denied = client.submit(&form());
    let reason = "It \"was\" used,\nand <more> than once: 100 %.";
    client.mail_about(&denied, CSM, "").reject(&client, reason);
    client.wait_for_end(&denied);
    let all = records(&client)[&denied.id].len();
    client.eventually("all events of the other request", || {
        let taken = receiver.records();
        match taken.get(&denied.id).map_or(0, Vec::len) {
            count if count == all => Ok(()),
            count => Err(format!("{count} of {all}")),
        }
    });
    assert!(
        !receiver.records().contains_key(&waiting.id),
        "out of order"
    );

    // Whatever is on its way is cut off.
    approve(&client, &waiting);
    client.kill();
    let client = start(&port);
    receiver.fail_for_nobody();
    client.wait_for_end(&waiting);
    assert_all_delivered(&client, &receiver);
    assert!(
        receiver.refused() > 5,
        "the receiver failed: {}",
        receiver.refused()
    );
}

#[test]
fn a_wrong_address_or_secret_is_said_before_anything_starts() {
    for (url, secret, said) in [
        (
            "events.example.com",
            SECRET,
            "EVENTS_URL is `events.example.com`",
        ),
        (
            "ftp://example.com",
            SECRET,
            "EVENTS_URL is `ftp://example.com`",
        ),
        (
            "http://127.0.0.1:9",
            "whsec_c2hvcnQ=",
            "EVENTS_SECRET is no secret",
        ),
        (
            "http://127.0.0.1:9",
            "C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "EVENTS_SECRET is no secret",
        ),
    ] {
        let mut stack = program("refund-desk");
        let stack = stack.args(["--port", "0", "--ephemeral"]);
        let stack = stack.env("EVENTS_URL", url).env("EVENTS_SECRET", secret);
        let ended = stack.output().expect("the binary starts");
        let errors = String::from_utf8_lossy(&ended.stderr);
        assert!(!ended.status.success() && ended.stdout.is_empty());
        assert!(errors.contains(said), "{errors}");
    }
}
