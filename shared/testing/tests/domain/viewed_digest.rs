//! What binds a decision to what was decided on.

use domain::approval::viewed_digest::*;
use domain::form::Value;
use domain::money::Usd;
use testing::fixtures;

#[test]
fn every_answer_and_the_version_count_and_nothing_else_does() {
    let (request, _) = fixtures::request::request();
    let decided = digest(&request, "v1");
    for position in 0..request.answers.len() {
        let mut other = request.clone();
        other.answers[position].value = Some(Value::Text("ch_2".into()));
        assert_ne!(digest(&other, "v1"), decided, "answer {position}");
    }
    let mut cent = request.clone();
    let amount = cent
        .answers
        .iter_mut()
        .find(|a| a.name.as_str() == "refundAmount");
    amount.unwrap().value = Some(Value::Cents(Usd::from_cents(5001).unwrap()));
    assert_ne!(digest(&cent, "v1"), decided);
    assert_ne!(digest(&request, "v2"), decided);

    let approved = |amount: &str| {
        let mut less = request.clone();
        less.approved_amount = Some(amount.parse().unwrap());
        digest(&less, "v1")
    };
    assert_eq!(approved("50"), decided);
    assert!(approved("30") != decided && approved("30") != approved("20"));

    let mut later = request.clone();
    later.audit_count += 1;
    later.updated_at = jiff::Timestamp::MAX;
    assert_eq!(digest(&later, "v1"), decided);
}
