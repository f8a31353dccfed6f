//! What Stripe's schema lets be null or left out can be null or left out of everything that we read.

use adapters::stripe::webhook::StripeEvent;
use anyhow::{Context, ensure};
use domain::stripe::{Charge, Credit, Customer, Intent, Refund};
use serde_json::{Value, json};

use super::fake_stripe::FakeStripe;
use super::raw::Raw;
use crate::Checks;

/// Reads a document, as we do.
type Read = fn(&Value) -> anyhow::Result<()>;

/// How a type is read.
macro_rules! read {
    ($type:ty) => {
        |document| Ok(drop(serde_json::from_value::<$type>(document.clone())?))
    };
}

/// The schemas that we read, with what the stand-in has of each, and how it is read.
const TYPES: [(&str, &str, Read); 6] = [
    ("charge", "charges/ch_demo_2000", read!(Charge)),
    (
        "payment_intent",
        "payment_intents/pi_demo_2000",
        read!(Intent),
    ),
    ("customer", "customers/cus_demo", read!(Customer)),
    ("refund", "refunds/re_demo_refunded", read!(Refund)),
    ("credit_note", "credit_notes", read!(Credit)),
    (
        "customer_balance_transaction",
        "customers/cus_demo/balance_transactions",
        read!(Credit),
    ),
];

/// An event about an object, which has to be one that is answered with 200.
fn read_event(object: &Value) -> anyhow::Result<()> {
    let event = json!({
        "id": "evt_1", "object": "event", "type": "refund.updated", "data": {"object": object},
        "account": null, "api_version": null, "request": null, "pending_webhooks": 0,
    });
    let event = StripeEvent::read(event.to_string().as_bytes()).context("it is no event")?;
    ensure!(event.refund.is_some(), "it is about no refund");
    Ok(())
}

/// Where an object may be without something.
struct Place {
    /// The members that lead there.
    path: Vec<String>,
    may_be_null: bool,
    may_be_absent: bool,
}

pub(super) fn check(checks: &mut Checks<'_>, schema: &Value) -> anyhow::Result<()> {
    let fake = FakeStripe::start()?;
    let raw = Raw::at(&fake.base);
    let note = [
        ("invoice", "in_demo_45"),
        ("amount", "100"),
        ("credit_amount", "100"),
    ];
    raw.post("credit_notes", None, &note)?;
    for (name, path, read) in TYPES {
        let answer = raw.get(path)?;
        let object = answer["data"].get(0).unwrap_or(&answer);
        checks.check(
            &format!("{name}: nulls are read"),
            survives(schema, name, object, read),
        );
        if name == "refund" {
            let events = survives(schema, name, object, read_event);
            checks.check("an event about a refund: nulls are read", events);
        }
    }
    Ok(())
}

fn survives(schema: &Value, name: &str, object: &Value, read: Read) -> anyhow::Result<()> {
    read(object).with_context(|| format!("{object}"))?;
    let mut places = Vec::new();
    let described = &schema["components"]["schemas"][name];
    ensure!(described.is_object(), "the schema has no {name}");
    find_places(schema, described, object, &[], &mut places);
    ensure!(
        places.iter().any(|place| place.may_be_null),
        "nothing of it may be null"
    );
    let mut all = object.clone();
    for Place {
        path,
        may_be_null,
        may_be_absent,
    } in &places
    {
        let shown = path.join(".");
        if *may_be_null {
            let mut without = object.clone();
            set(&mut without, path, Some(Value::Null));
            read(&without).with_context(|| format!("{shown} is null"))?;
            set(&mut all, path, Some(Value::Null));
        }
        if *may_be_absent {
            let mut without = object.clone();
            set(&mut without, path, None);
            read(&without).with_context(|| format!("{shown} is absent"))?;
        }
    }
    read(&all).context("all of it is null")
}

/// What of an object may be null or absent, in what the document has of it too.
fn find_places(
    schema: &Value,
    described: &Value,
    document: &Value,
    path: &[String],
    places: &mut Vec<Place>,
) {
    let described = resolved(schema, described);
    let required = described["required"].as_array().into_iter().flatten();
    let required: Vec<&str> = required.filter_map(Value::as_str).collect();
    for (name, member) in described["properties"].as_object().into_iter().flatten() {
        let mut path = path.to_vec();
        path.push(name.clone());
        // Of an object that is there, its members; before it is itself taken away.
        if let Some(inner) = document.get(name).filter(|it| it.is_object()) {
            find_places(schema, member, inner, &path, places);
        }
        places.push(Place {
            path,
            may_be_null: member["nullable"] == true,
            may_be_absent: !required.contains(&name.as_str()),
        });
    }
}

/// The object that a schema describes, by itself or by name.
fn resolved<'s>(schema: &'s Value, described: &'s Value) -> &'s Value {
    let alternatives = described["anyOf"].as_array();
    let described = alternatives.and_then(|any| any.last()).unwrap_or(described);
    match described["$ref"]
        .as_str()
        .and_then(|name| name.rsplit('/').next())
    {
        Some(name) => &schema["components"]["schemas"][name],
        None => described,
    }
}

fn set(document: &mut Value, path: &[String], to: Option<Value>) {
    let Some((last, above)) = path.split_last() else {
        return;
    };
    let above = above
        .iter()
        .try_fold(document, |inner, name| inner.get_mut(name));
    // What is above may be null already.
    let Some(members) = above.and_then(Value::as_object_mut) else {
        return;
    };
    match to {
        Some(value) => drop(members.insert(last.clone(), value)),
        None => drop(members.remove(last)),
    }
}
