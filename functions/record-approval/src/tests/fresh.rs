//! What Stripe says of the charge is asked for again when a case is shown, and is old at most by a minute.

use domain::stripe::{Customer, Payer, StripeError};

use super::*;

const AGAIN: &str = "Stripe did not answer just now";

impl Fixture {
    async fn case_at(&self, second: i64) -> String {
        let form = format!("code={}", self.secrets[0].1);
        let request = http("POST", &self.secrets[0].0, second, FORM, &form);
        answer(self.function.handle(&request).await).1
    }

    async fn looked_up_at(&self) -> Option<i64> {
        let found = self.function.store.charge_lookup(self.id).await.unwrap();
        found.map(|found| found.looked_up_at.as_second())
    }

    fn stripe_fails(&self) {
        let error = StripeError::Unknown("status 500".to_owned());
        self.function.stripe.fail_lookup(error);
    }
}

fn bob() -> Payer {
    let customer = Customer {
        id: "cus_bob".to_owned(),
        email: Some("bob@example.com".to_owned()),
    };
    Payer::Customer(customer, None)
}

#[tokio::test]
async fn a_case_is_shown_with_what_stripe_says_now_unless_that_is_less_than_a_minute_old() {
    let asked = asked().await;
    let page = asked.case_at(3_600).await;
    assert!(
        page.contains("As of ") && page.contains("01:00 UTC"),
        "{page}"
    );
    assert!(page.contains("cus_ada") && !page.contains("another customer"));
    asked.function.stripe.set_payer(bob());
    for (second, known, looked_up_at) in [(3_659, "cus_ada", 3_600), (3_660, "cus_bob", 3_660)] {
        assert!(asked.case_at(second).await.contains(known), "{second}");
        assert_eq!(asked.looked_up_at().await, Some(looked_up_at));
    }
}

#[tokio::test]
async fn what_was_said_before_is_shown_with_a_warning_where_stripe_fails() {
    let asked = asked().await;
    assert!(!asked.case_at(3_600).await.contains(AGAIN));
    asked.stripe_fails();
    let page = asked.case_at(7_200).await;
    assert!(page.contains(AGAIN) && page.contains("cus_ada") && page.contains("01:00 UTC"));
    assert!(page.contains(APPROVE));
    assert_eq!(asked.looked_up_at().await, Some(3_600));
    assert!(
        !asked.case_at(7_201).await.contains(AGAIN),
        "it is asked again"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_slow_stripe() {
    let asked = asked().await;
    asked.case_at(3_600).await;
    asked.function.stripe.hang();
    let before = tokio::time::Instant::now();
    let page = asked.case_at(7_200).await;
    assert!(page.contains(AGAIN) && page.contains("01:00 UTC"), "{page}");
    assert!(before.elapsed() <= std::time::Duration::from_secs(5));
}

#[tokio::test]
async fn without_the_code_or_a_case_to_show_stripe_is_not_asked() {
    let asked = asked().await;
    asked.get(0).await;
    let wrong = format!("code={}", asked.wrong_code());
    assert_eq!(asked.form(0, &wrong).await.0, 403);
    assert_eq!(asked.form(0, "").await.0, 403);
    assert_eq!(asked.decide(0, "approve").await.0, 200);
    assert_eq!(asked.looked_up_at().await, None);
}

#[tokio::test]
async fn what_was_shown_is_what_the_decision_has_to_confirm() {
    let asked = asked().await;
    asked.function.stripe.set_payer(Payer::Guest(None));
    let page = asked.case_at(60).await;
    assert!(page.contains(r#"name="confirmCharge""#));
    assert_eq!(asked.decide(0, "approve").await.0, 422);
}
