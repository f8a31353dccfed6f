use domain::form::{Value, Values};
use domain::rule::Facts;
use proptest::prelude::*;
use serde_json::json;

use super::cases::Reached;
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
    let options = ["Goodwill", "It's late", "Other"].map(str::to_owned).into();
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
    assert_eq!(lowered("amount > 0.01"), amount(">", 1));
    assert_eq!(lowered("amount <= 999999.98"), amount("<=", 99_999_998));
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
        lowered("amount < 50 && notes == 'é' && !(reason == 'Goodwill' || notes == '')"),
        Ok(json!({"all": [
            small,
            is("notes", "==", "é"),
            {"not": {"any": [goodwill, is("notes", "==", "")]}},
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

#[test]
fn what_is_the_same_for_every_request_is_refused_where_it_stands() {
    for (condition, always) in [
        ("amount >= 500 && amount < 100", "false"),
        (
            "amount >= 500 && (reason == 'Goodwill' && reason == 'Other')",
            "false",
        ),
        ("amount >= 500 || amount < 500", "true"),
        ("amount >= 500 || amount >= 0", "true"),
        ("amount >= 0.01", "true"),
        ("amount > 999999.99", "false"),
        ("amount == 0", "false"),
        ("!(amount <= 999999.99)", "true"),
        ("reason in ['Goodwill', \"It's late\", 'Other']", "true"),
        ("reason != 'Goodwill' || reason != 'Other'", "true"),
        ("notes == ' Late '", "false"),
        ("chargeTotal >= 0", "true"),
        ("stripeCustomerKnown && !stripeCustomerKnown", "false"),
    ] {
        let refused = lowered(condition).expect_err(condition);
        assert_eq!(
            refused,
            format!("this is {always} for every request"),
            "{condition}"
        );
    }
    for fine in [
        "notes == ''",
        "notes != 'Late'",
        "chargeTotal > 0",
        "amount >= 5 && amount < 5.01",
    ] {
        assert!(lowered(fine).is_ok(), "{fine}");
    }
    let twice = lowered("reason in ['Goodwill', 'Other', 'Goodwill']");
    assert_eq!(twice.unwrap_err(), "this is listed twice");
}

/// Conditions that compare with small numbers and a few texts.
fn any_rule() -> impl Strategy<Value = Rule> {
    const COMPARISONS: [Comparison; 6] = [
        Comparison::Less,
        Comparison::AtMost,
        Comparison::Equal,
        Comparison::NotEqual,
        Comparison::AtLeast,
        Comparison::More,
    ];
    let comparison = || proptest::sample::select(&COMPARISONS[..]);
    let most = Usd::MAX.cents();
    let cents = prop_oneof![0..=6_u64, (most - 2)..=most];
    let equality = prop_oneof![Just(Equality::Equal), Just(Equality::NotEqual)];
    let texts = proptest::sample::select(vec![
        ("reason", "Goodwill"),
        ("reason", "Other"),
        ("notes", ""),
        ("notes", "a"),
        ("notes", " a"),
    ]);
    let leaf = prop_oneof![
        (comparison(), cents).prop_map(|(is, cents)| Rule::Amount {
            field: "amount".parse().unwrap(),
            is,
            cents
        }),
        (equality, texts).prop_map(|(is, (field, value))| Rule::Text {
            field: field.parse().unwrap(),
            is,
            value: value.to_owned()
        }),
        (comparison(), 0..=6_u64).prop_map(|(is, cents)| Rule::ChargeTotal { is, cents }),
        Just(Rule::StripeCustomerKnown),
    ];
    leaf.prop_recursive(2, 6, 3, |rule| {
        let rules = || proptest::collection::vec(rule.clone(), 1..=3);
        prop_oneof![
            rules().prop_map(Rule::All),
            rules().prop_map(Rule::Any),
            rule.clone().prop_map(|rule| Rule::Not(Box::new(rule))),
        ]
    })
}

/// Calls `see` with every request that such conditions can tell apart, and with many that they cannot.
fn each_request(mut see: impl FnMut(&Facts<'_>)) {
    let most = Usd::MAX.cents();
    let text = |text: &str| Value::Text(text.to_owned());
    for cents in (1..=8).chain(most - 4..=most) {
        for reason in ["Goodwill", "It's late", "Other"] {
            for notes in [None, Some("a"), Some("b")] {
                let amount = Value::Cents(Usd::from_cents(cents).unwrap());
                let given = [
                    ("amount", Some(amount)),
                    ("reason", Some(text(reason))),
                    ("notes", notes.map(text)),
                ];
                let given = given.into_iter();
                let values: Values = given
                    .filter_map(|(name, value)| Some((name.parse().unwrap(), value?)))
                    .collect();
                for charge_total_cents in (0..=8).chain([u64::MAX]) {
                    for stripe_customer_known in [false, true] {
                        see(&Facts {
                            values: &values,
                            stripe_customer_known,
                            charge_total_cents,
                        });
                    }
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn a_threshold_means_its_cents(threshold in 2..=99_999_999u64, amount in 1..=99_999_999u64) {
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
    fn a_way_out_is_reached_when_some_request_takes_it(rules in proptest::collection::vec(any_rule(), 1..=4)) {
        let mut taken = vec![false; rules.len() + 1];
        each_request(|facts| {
            let first = rules.iter().position(|rule| rule.holds(facts).unwrap());
            taken[first.unwrap_or(rules.len())] = true;
        });
        let otherwise = taken.pop().unwrap();
        prop_assert_eq!(reached(&fields(), &rules), Reached { by_condition: taken, otherwise });
    }

    #[test]
    fn a_condition_is_constant_when_all_requests_agree(rule in any_rule()) {
        let mut seen = [false; 2];
        each_request(|facts| seen[usize::from(rule.holds(facts).unwrap())] = true);
        let constant = match seen {
            [false, true] => Some(true),
            [true, false] => Some(false),
            _ => None,
        };
        prop_assert_eq!(Cases::of(&fields(), [&rule]).constant(&rule), constant);
    }

    #[test]
    fn no_condition_panics(condition in "(amount|reason|'|\"|[0-9.]{1,4}|[-+*/=<>&|!()\\[\\]?:, é])*") {
        let _ = lowered(&condition);
    }
}
