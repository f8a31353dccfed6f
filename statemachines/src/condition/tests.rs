use domain::form::{Value, Values};
use domain::rule::Facts;
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::roles::{CHARGE, Role};

fn fields() -> Fields {
    fields_with(&AMOUNT, "amount")
}

/// The same with another field in that role.
fn fields_with(role: &Role, name: &str) -> Fields {
    let field = |name: &str, kind: FieldKind, required: bool| {
        let at = At {
            value: name.to_owned(),
            span: Span::default(),
        };
        let field = Field {
            name: name.parse().unwrap(),
            label: name.to_owned(),
            kind,
            required,
            help: None,
        };
        (at, Some(field))
    };
    let options = vec!["Goodwill".to_owned(), "It's late".to_owned()];
    Fields {
        all: vec![
            field("amount", FieldKind::Usd, true),
            field("tip", FieldKind::Usd, false),
            field("reason", FieldKind::Select { options }, true),
            field("notes", FieldKind::Textarea, false),
        ],
        roles: vec![(
            role.key,
            Designated::Field(At {
                value: name.parse().unwrap(),
                span: Span::default(),
            }),
        )],
    }
}

/// The rule as JSON, or the first problem, where a lookup comes before.
fn lowered(condition: &str) -> Result<serde_json::Value, String> {
    lowered_of(&fields(), None, condition)
}

/// The same of a form, with a path on which nothing is looked up.
fn lowered_of(
    fields: &Fields,
    not_looked_up: Option<&str>,
    condition: &str,
) -> Result<serde_json::Value, String> {
    let mut report = Report::new(condition);
    let text = At {
        value: condition.to_owned(),
        span: Span {
            start: 0,
            end: condition.len(),
        },
    };
    let known = Known {
        fields,
        not_looked_up: not_looked_up.map(ToOwned::to_owned),
    };
    match (lower(&mut report, &known, &text), report.finish("")) {
        (Some(rule), None) => Ok(serde_json::to_value(rule).unwrap()),
        (None, Some(problems)) => Err(problems.problems[0].problem.clone()),
        other => panic!("{condition}: {other:?}"),
    }
}

#[test]
fn amounts_become_exact_cents() {
    let amount =
        |is: &str, cents: u64| Ok(json!({"amount": {"field": "amount", "is": is, "cents": cents}}));
    assert_eq!(lowered("amount >= 500"), amount(">=", 50_000));
    assert_eq!(lowered("amount < 499.99"), amount("<", 49_999));
    assert_eq!(lowered("amount == 0.1"), amount("==", 10));
    assert_eq!(lowered("amount > 0"), amount(">", 0));
    assert_eq!(lowered("amount <= 999999.99"), amount("<=", 99_999_999));
    assert_eq!(lowered("(amount) != (7)"), amount("!=", 700));
    assert_eq!(lowered("500 <= amount"), amount(">=", 50_000));
    assert_eq!(lowered("500 > amount"), amount("<", 50_000));
}

#[test]
fn texts_and_combinations() {
    let is = |field: &str, is: &str, value: &str| json!({"text": {"field": field, "is": is, "value": value}});
    let goodwill = is("reason", "==", "Goodwill");
    let late = is("reason", "==", "It's late");
    assert_eq!(lowered("reason == 'Goodwill'"), Ok(goodwill.clone()));
    assert_eq!(lowered("\"It's late\" == reason"), Ok(late.clone()));
    assert_eq!(lowered("notes != ''"), Ok(is("notes", "!=", "")));
    assert_eq!(
        lowered("reason in ['Goodwill', \"It's late\"]"),
        Ok(json!({"any": [goodwill, late]}))
    );
    let small = json!({"amount": {"field": "amount", "is": "<", "cents": 5000}});
    assert_eq!(
        lowered("amount < 50 && notes == 'é' && !(reason == 'Goodwill' || amount < 50)"),
        Ok(json!({"all": [
            small,
            is("notes", "==", "é"),
            {"not": {"any": [goodwill, small]}},
        ]}))
    );
}

#[test]
fn a_customer_can_be_asked_for_where_something_was_looked_up() {
    assert_eq!(
        lowered("amount < 50 && !stripeCustomerKnown"),
        Ok(json!({"all": [
            {"amount": {"field": "amount", "is": "<", "cents": 5000}},
            {"not": "stripeCustomerKnown"},
        ]}))
    );
}

#[test]
fn the_sum_for_a_charge_is_compared_like_an_amount() {
    let total = |is: &str, cents: u64| Ok(json!({"chargeTotal": {"is": is, "cents": cents}}));
    assert_eq!(lowered("chargeTotal >= 500"), total(">=", 50_000));
    assert_eq!(lowered("499.99 >= chargeTotal"), total("<=", 49_999));
    for (fields, problem) in [
        (fields_with(&AMOUNT, "tip"), "`tip` can be left empty"),
        (fields_with(&CHARGE, "notes"), "no field that is the amount"),
    ] {
        let refused = lowered_of(&fields, None, "chargeTotal >= 500").unwrap_err();
        assert!(refused.contains(problem), "{refused}");
    }
}

#[test]
fn what_a_lookup_finds_is_asked_for_only_where_something_was_looked_up() {
    let after = |condition| lowered_of(&fields(), Some("Start, Check"), condition);
    for condition in ["stripeCustomerKnown", "chargeTotal >= 500"] {
        let refused = after(condition).unwrap_err();
        assert_eq!(refused, "nothing is looked up on the path Start, Check");
    }
    assert!(after("amount < 50").is_ok());
}

#[test]
fn what_cannot_be_decided_exactly_is_refused() {
    for (condition, problem) in [
        ("amount >= 499.999", "`499.999` is not an amount"),
        ("amount >= -5", "`5` is not an amount"),
        ("amount >= - 5.5", "`5.5` is not an amount"),
        ("amount >= 5u", "`5u` is not an amount"),
        ("amount >= 0x10", "`0x10` is not an amount"),
        ("amount >= 1e3", "`1e3` is not an amount"),
        ("amount >= .5", "`.5` is not an amount"),
        ("amount >= 1000000", "`1000000` is not an amount"),
        ("amount >= 99999999999999999999", "cannot be read"),
        ("amount >= true", "is compared with a number"),
        ("amount >= null", "is compared with a number"),
        ("amount in [5]", "`in` takes a text"),
        ("chargeTotal in [5]", "`in` takes a text"),
        ("chargeTotal >= -5", "`5` is not an amount"),
        ("chargeTotal >= '500'", "is compared with a number"),
        ("chargeTotal", "cannot do this"),
        ("chargeTotal >= amount", "cannot do this"),
        ("reason in []", "`in` takes a text"),
        ("reason in ['Lost']", "`Lost` is not an option"),
        ("reason in [reason]", "cannot do this"),
        ("reason == 5.0", "is compared with a text"),
        ("reason >= 'Goodwill'", "texts have no order"),
        ("tip >= 5", "can be left empty"),
        ("nothing == 5", "no field `nothing`"),
        ("amount == amount", "cannot do this"),
        ("5 == 5", "cannot do this"),
        ("stripeCustomerKnown == true", "compared with nothing"),
        ("amount < 5 && stripeCustomerKnwn", "cannot do this"),
        ("amount", "cannot do this"),
        ("true", "cannot do this"),
        ("amount >= 5 ? true : false", "cannot do this"),
        ("amount + 1 >= 5", "cannot do this"),
        ("size(notes) > 5", "cannot do this"),
        ("notes.contains('x')", "cannot do this"),
        ("amount.cents == 5", "cannot do this"),
        ("has(amount.cents)", "cannot do this"),
        ("[1].exists(x, x == amount)", "cannot do this"),
        ("amount >= $500", "cannot be read"),
        ("amount >= 1,000", "cannot be read"),
        ("", "cannot be read"),
    ] {
        let refused = lowered(condition).expect_err(condition);
        assert!(refused.contains(problem), "{condition}: {refused}");
    }
}

proptest! {
    #[test]
    fn a_threshold_means_its_cents(threshold in 0..=99_999_999u64, amount in 1..=99_999_999u64) {
        let condition = format!("amount >= {}.{:02}", threshold / 100, threshold % 100);
        let rule: Rule = serde_json::from_value(lowered(&condition).unwrap()).unwrap();
        for cents in [amount, threshold.max(1), (threshold + 1).min(99_999_999)] {
            let amount = Value::Cents(Usd::from_cents(cents).unwrap());
            let values = Values::from([("amount".parse().unwrap(), amount)]);
            let facts = Facts { values: &values, stripe_customer_known: false, charge_total_cents: 0 };
            prop_assert_eq!(rule.holds(&facts), Ok(cents >= threshold));
        }
    }

    #[test]
    fn no_condition_panics(condition in "(amount|reason|'|\"|[0-9.]{1,4}|[-+*/=<>&|!()\\[\\]?:, é])*") {
        let _ = lowered(&condition);
    }
}
