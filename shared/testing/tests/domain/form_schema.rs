//! The schema that is published is what the server takes: whoever checks their JSON by it is told nothing else here.

use std::sync::LazyLock;

use domain::form::{Answer, Form};
use jsonschema::paths::{LazyLocation, Location};
use jsonschema::{Keyword, ValidationError, Validator};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A form and the schema of it.
static FORM: LazyLock<(Form, Validator)> = LazyLock::new(|| {
    let form = form();
    let validator = validator(&form);
    (form, validator)
});

/// A field of each kind, required and not.
fn form() -> Form {
    let kinds = [
        json!({"type": "email"}),
        json!({"type": "text"}),
        json!({"type": "text", "format": "stripe-charge"}),
        json!({"type": "text", "format": "stripe-customer"}),
        json!({"type": "textarea"}),
        json!({"type": "usd"}),
        json!({"type": "select", "options": ["Goodwill", "Other"]}),
    ];
    let mut fields = Vec::new();
    for (number, kind) in kinds.iter().enumerate() {
        for required in [true, false] {
            let mut field = kind.clone();
            field["name"] =
                format!("{}{number}", if required { "required" } else { "optional" }).into();
            field["label"] = "Field".into();
            field["required"] = required.into();
            fields.push(field);
        }
    }
    serde_json::from_value(json!({ "fields": fields })).unwrap()
}

fn validator(form: &Form) -> Validator {
    let schema = form.json_schema("https://example.com/form", "A form", "");
    let options = jsonschema::options().should_validate_formats(true);
    let options = options.with_keyword("multipleOf", |_, multiple, _| {
        assert_eq!(*multiple, 0.01);
        Ok(Box::new(Cents))
    });
    options.build(&schema).unwrap()
}

/// `multipleOf: 0.01` as the specification has it. The crate's own divides binary fractions, by which 16769.01 is no multiple.
struct Cents;

impl Keyword for Cents {
    fn validate<'i>(
        &self,
        number: &'i Value,
        at: &LazyLocation,
    ) -> Result<(), ValidationError<'i>> {
        let problem =
            || ValidationError::custom(Location::new(), at.into(), number, "below a cent");
        self.is_valid(number).then_some(()).ok_or_else(problem)
    }

    fn is_valid(&self, number: &Value) -> bool {
        let text = number.to_string();
        let decimals = text.split_once('.').map_or("", |(_, decimals)| decimals);
        !number.is_number() || decimals.len() <= 2 && !text.contains('e')
    }
}

fn good() -> Value {
    json!({
        "required0": "ada@example.com", "required1": "a line", "required2": "ch_1", "required3": "cus_1",
        "required4": "Some\nlines", "required5": "19.99", "required6": "Goodwill",
    })
}

fn answer(value: &Value) -> Answer {
    match value {
        Value::String(text) => Answer::Text(text.clone()),
        Value::Number(number) => Answer::Number(number.to_string()),
        Value::Null => Answer::Null,
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => Answer::Other,
    }
}

/// Whether the server takes it.
fn is_taken(form: &Form, posted: &Value) -> bool {
    let posted = posted.as_object().unwrap().iter();
    let answers: Vec<_> = posted
        .map(|(name, value)| (name.clone(), answer(value)))
        .collect();
    form.check(&answers).is_ok()
}

/// With this in place of the answer to each field in turn, both say the same.
fn compare(value: &Value) {
    let (form, validator) = &*FORM;
    for field in &form.fields {
        let mut posted = good();
        posted[field.name.as_str()] = value.clone();
        let (taken, valid) = (is_taken(form, &posted), validator.is_valid(&posted));
        assert_eq!(taken, valid, "{} {value}", field.name);
    }
}

#[test]
fn what_was_seen_to_differ_does_not() {
    let (form, validator) = &*FORM;
    assert!(is_taken(form, &good()) && validator.is_valid(&good()));
    for value in [
        json!(999_999.99),
        json!(19.999),
        json!(19.99),
        json!(0.01),
        json!(0),
        json!(-1),
        json!(1_000_000),
        json!(1),
        json!("0"),
        json!("0.00"),
        json!("19.999"),
        json!("999999.99"),
        json!("1000000"),
        json!("0000001.50"),
        json!("5."),
        json!(".5"),
        json!("1e3"),
        json!("1,000.00"),
        json!(""),
        json!(null),
        json!(true),
        json!([]),
        json!({}),
        json!("\u{200b}"),
        json!("a\u{b}b"),
        json!("a\u{7}b"),
        json!("a\nb"),
        json!("a..b@example.com"),
        json!(".a@example.com"),
        json!("ada@-example.com"),
        json!("ada@müller.example"),
        json!("ada@localhost"),
        json!("\"a b\"@example.com"),
        json!("ada@[127.0.0.1]"),
        json!("Ch_1"),
        json!("py_1"),
        json!("PI_1"),
        json!("pi_1_secret_2"),
        json!("Cus_1"),
        json!("goodwill"),
        json!("Other"),
        json!("x".repeat(255)),
        json!("x".repeat(256)),
        json!("x".repeat(10_000)),
        json!("x".repeat(10_001)),
        json!("👍".repeat(255)),
        json!("seti_1_secret_x in a text"),
        json!("\u{e0041}"),
        json!("a\u{2028}b"),
        json!("٣"),
    ] {
        compare(&value);
    }
}

proptest! {
    #[test]
    fn whatever_text_is_posted(text in prop_oneof![
        ".{0,12}", "[ -~]{0,20}", "[a-z.@-]{1,16}", "[0-9.,]{1,9}", "[cChHpPyYiI]{2,3}_[a-z_]{1,12}",
        "[a-z]{1,4}[.@]{1,2}[a-z-]{1,5}[.][a-z-]{1,4}", "[\u{200b}\u{ad}\u{3164}\t\n\u{0}-\u{9f}]{1,3}",
    ]) {
        // White space around an answer is ignored, which a schema cannot say.
        compare(&json!(text.trim()));
    }

    #[test]
    fn whatever_amount_is_posted(cents in 0..200_000_000_i64, tenths in prop::option::of(1..9_u8)) {
        let digits = tenths.map(|digit| digit.to_string()).unwrap_or_default();
        let text = format!("{}.{:02}{digits}", cents / 100, cents % 100);
        compare(&json!(text));
        compare(&serde_json::from_str(&text).unwrap());
    }
}
