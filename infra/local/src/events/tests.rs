use domain::audit::{Action, AuditRecord};
use serde_json::{Value, json};

use super::*;
use crate::{
    template::{LocalValues, Template},
    workspace,
};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const REQUEST: &str = "0b3c8f5e-7a41-4c5b-9d2e-1f6a7b8c9d0e";

/// The template that is deployed.
fn template() -> Template {
    let secrets = [("LinkKey".to_owned(), "secret".to_owned())].into();
    let values = LocalValues {
        secrets,
        ..LocalValues::default()
    };
    let path = workspace::find().unwrap().join(workspace::TEMPLATE);
    Template::read(&path, &values).unwrap()
}

/// What delivers the audit log of the tables in a data directory.
fn events_in(data: &DataDir) -> Events {
    let template = template();
    let file = data.file("dynamodb.db");
    let dynamodb = DynamoDb::open(file.as_deref(), &template.tables).unwrap();
    let settings = Settings {
        url: "http://127.0.0.1:9/".parse().unwrap(),
        key: SigningKey::parse(SECRET),
    };
    let clock = Clock::fixed("2026-11-26T16:25:00Z".parse().unwrap());
    Events::open(settings, template.pipe, data, dynamodb, clock).unwrap()
}

/// The names of all actions, as the type refuses another with them.
fn actions() -> Vec<String> {
    let refused = serde_json::from_str::<Action>("\"none\"").unwrap_err();
    let refused = refused.to_string();
    let quoted: Vec<&str> = refused.split('`').skip(3).step_by(2).collect();
    assert!(quoted.len() > 30, "{refused}");
    quoted.into_iter().map(str::to_owned).collect()
}

/// A record with all that it can have, or with no more than it needs.
fn record(action: &str, seq: u32, whole: bool) -> Value {
    let mut record = json!({
        "requestId": REQUEST, "offering": "customer-success/refund-request", "definition": "241e3bf8", "seq": seq,
        "at": "2026-11-26T16:25:00.123456Z", "actor": "system", "actorKind": "system", "action": action,
        "phase": "CSM Review", "status": "in_review", "hash": "0f".repeat(32),
    });
    if whole {
        let more = json!({
            "actor": "csm-1@example.com", "actorKind": "approver", "statusBefore": "in_review", "amountCents": 99_999_999,
            "currency": "usd", "means": "refund", "charge": "ch_1", "stripeId": "re_1", "detail": "\"quoted\",\n<$.and> more: {% 1 %}",
        });
        record
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
    }
    let typed: AuditRecord = serde_json::from_value(record).unwrap();
    serde_json::to_value(typed).unwrap()
}

/// The item of a record.
fn item(record: &Value) -> Value {
    let mut item = json!({
        "pk": format!("REQUEST#{REQUEST}"), "sk": format!("AUDIT#{:06}", record["seq"].as_u64().unwrap()),
        "indexPk": "AUDIT#2026-11-26#e", "indexSk": "1", "kind": "audit", "version": 1,
    });
    item.as_object_mut()
        .unwrap()
        .extend(record.as_object().unwrap().clone());
    item
}

fn schema() -> jsonschema::Validator {
    let schema = include_str!("../../../audit-event.schema.json");
    jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()
}

/// The first event that waits, which is then delivered.
fn next(events: &Events) -> Option<Value> {
    let due = events.queue.due(i64::MAX, 1).unwrap().pop()?;
    events.queue.delivered(&due).unwrap();
    Some(serde_json::from_str(&due.body).unwrap())
}

#[test]
fn each_action_becomes_an_event_that_holds_its_record_and_fits_the_schema() {
    let mut events = events_in(&DataDir::ephemeral());
    let moves = ["refunded", "credited", "refund_reversed"];
    let all = actions();
    let whole = all.iter().map(|action| (action, true));
    let bare = all.iter().filter(|it| !moves.contains(&it.as_str()));
    let cases = whole.chain(bare.map(|action| (action, false)));
    let records = cases
        .zip(1..)
        .map(|((action, whole), seq)| record(action, seq, whole));
    let records: Vec<Value> = records.collect();
    for record in &records {
        events.dynamodb.put(&item(record));
    }
    events.read_stream().unwrap();
    let schema = schema();
    for record in records {
        let event = next(&events).unwrap();
        assert_eq!(event["detail"], record);
        let fields = |value: &Value| value.as_object().unwrap().len();
        assert_eq!(fields(&event["detail"]), fields(&record));
        let problem = schema.validate(&event).map_err(|it| it.to_string());
        assert_eq!(problem, Ok(()), "{event:#}");
        assert_eq!(event["id"], format!("{REQUEST}-{}", record["seq"]));
        assert_eq!(event["time"], "2026-11-26T16:25:00Z");
    }
    assert_eq!(next(&events), None);
}

#[test]
fn the_schema_knows_each_action_and_refuses_what_no_record_is() {
    let text = include_str!("../../../audit-event.schema.json");
    let json: Value = serde_json::from_str(text).unwrap();
    let known = &json["$defs"]["record"]["properties"]["action"]["enum"];
    assert_eq!(known, &Value::from(actions()));
    let mut events = events_in(&DataDir::ephemeral());
    events.dynamodb.put(&item(&record("refunded", 1, true)));
    events.read_stream().unwrap();
    let event = next(&events).unwrap();
    for (field, value) in [
        ("amountCents", json!("5000")),
        ("amountCents", json!(-1)),
        ("currency", json!(null)),
        ("action", json!("paid")),
        ("pk", json!("REQUEST#1")),
        ("hash", json!("")),
    ] {
        let mut wrong = event.clone();
        wrong["detail"][field] = value;
        assert!(!schema().is_valid(&wrong), "{wrong:#}");
    }
    for field in ["seq", "amountCents", "stripeId", "means"] {
        let mut wrong = event.clone();
        wrong["detail"].as_object_mut().unwrap().remove(field);
        assert!(!schema().is_valid(&wrong), "without {field}");
    }
}

#[test]
fn only_what_is_added_to_the_audit_log_is_an_event() {
    let mut events = events_in(&DataDir::ephemeral());
    let added = record("submitted", 1, false);
    let mut other = item(&record("submitted", 2, false));
    other["kind"] = "request".into();
    let mut changed = item(&added);
    changed["detail"] = "changed".into();
    for item in [item(&added), other, changed] {
        events.dynamodb.put(&item);
    }
    events.read_stream().unwrap();
    assert_eq!(next(&events).unwrap()["detail"], added);
    assert_eq!(next(&events), None);
}

#[test]
fn the_stream_is_read_once_and_trimmed_and_what_waits_outlives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || DataDir::open(folder.path()).unwrap();
    let data = open();
    let mut events = events_in(&data);
    for seq in 1..=250 {
        events.dynamodb.put(&item(&record("mailed", seq, false)));
    }
    events.read_stream().unwrap();
    let file = data.file("dynamodb.db").unwrap();
    let count = |file| -> i64 {
        let connection = rusqlite::Connection::open(file).unwrap();
        let count = "SELECT count(*) FROM _stream_records";
        connection.query_row(count, [], |row| row.get(0)).unwrap()
    };
    assert_eq!(count(&file), 1, "the last one stays");
    assert_eq!(next(&events).unwrap()["detail"]["seq"], 1);
    // Written, and not taken in before the stack ends.
    events.dynamodb.put(&item(&record("closed", 251, false)));
    drop(events);
    drop(data);

    let data = open();
    let mut events = events_in(&data);
    events.read_stream().unwrap();
    for seq in 2..=251 {
        assert_eq!(next(&events).unwrap()["detail"]["seq"], seq);
    }
    assert_eq!(next(&events), None);
    events.dynamodb.keep_streams(false).unwrap();
    events.dynamodb.put(&item(&record("closed", 252, false)));
    assert_eq!(count(&file), 1, "nothing is kept that nobody wants");
}

#[test]
fn a_request_waits_for_its_first_event_and_no_other_waits() {
    let queue = Queue::open(None).unwrap();
    let event = |request: &str, seq| Event {
        request: request.to_owned(),
        seq,
        body: format!("{request}{seq}"),
        failures: 0,
    };
    let all = [event("a", 1), event("a", 2), event("b", 7), event("b", 8)];
    queue.enqueue(&all, "1").unwrap();
    queue.enqueue(&all[..1], "2").unwrap();
    assert_eq!(queue.kept(POSITION).unwrap().as_deref(), Some("2"));
    let due = |now| -> Vec<String> {
        let due = queue.due(now, 9).unwrap().into_iter();
        due.map(|due| due.body).collect()
    };
    assert_eq!(due(0), ["a1", "b7"]);
    queue.failed(&all[0], 1000).unwrap();
    queue.delivered(&all[2]).unwrap();
    assert_eq!(due(999), ["b8"]);
    assert_eq!(due(1000), ["b8", "a1"]);
    queue.delivered(&all[0]).unwrap();
    assert_eq!(due(999), ["a2", "b8"]);
}

#[test]
fn pauses_grow_to_a_minute() {
    let mut events = events_in(&DataDir::ephemeral());
    events.dynamodb.put(&item(&record("submitted", 1, false)));
    events.read_stream().unwrap();
    let mut pauses = Vec::new();
    for _ in 0..8 {
        let due = events.queue.due(i64::MAX, 1).unwrap().pop().unwrap();
        let now = events.clock.now();
        events.note(&due, false).unwrap();
        let until = |seconds: i64| now.as_millisecond() + 1000 * seconds;
        let waits =
            (1..=61).find(|seconds| !events.queue.due(until(*seconds), 1).unwrap().is_empty());
        pauses.push(waits.unwrap());
        events
            .clock
            .jump_to(later(now, SignedDuration::from_secs(waits.unwrap())))
            .unwrap();
    }
    assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60]);
}

/// The example of the official libraries.
#[test]
fn signatures_are_those_of_standard_webhooks() {
    let key = SigningKey::parse(SECRET).unwrap();
    let body = r#"{"email":"test@example.com","username":"test_user"}"#;
    assert_eq!(
        key.sign("msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1_649_367_553, body),
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw="
    );
}

#[test]
fn a_secret_is_made_once_for_a_data_directory() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("events.db");
    let (key, made) = own_key(&Queue::open(Some(&file)).unwrap()).unwrap();
    let made = made.unwrap();
    let (again, shown) = own_key(&Queue::open(Some(&file)).unwrap()).unwrap();
    assert_eq!(shown, None, "it was shown when it was made");
    let by_text = SigningKey::parse(&made).unwrap();
    for other in [again, by_text] {
        assert_eq!(other.sign("id", 1, "{}"), key.sign("id", 1, "{}"));
    }
    assert_ne!(random_secret(), made);
}
