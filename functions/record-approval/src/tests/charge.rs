//! What the page says about the charge, and the customer that is entered on it.

use domain::request::Event;
use domain::stripe::StripeError;
use domain::task::StateEntry;

use super::*;

impl Fixture {
    async fn identify(&self, customer: &str) -> (u16, Value) {
        let code = &self.secrets[0].1;
        let body = json!({"action": "identify", "code": code, "stripeCustomerId": customer});
        self.post_at(0, 60, &body).await
    }

    async fn case_page(&self) -> String {
        self.form(0, &format!("code={}", self.secrets[0].1)).await.1
    }

    async fn request(&self) -> RefundRequest {
        let request = self.function.store.request(self.id).await.unwrap();
        request.unwrap().value
    }
}

#[tokio::test]
async fn without_a_lookup_the_page_says_so_and_goes_on() {
    let asked = asked().await;
    let unavailable = StripeError::Unknown("status 500".to_owned());
    asked.function.stripe.fail_lookup(unavailable);
    assert!(
        asked
            .case_page()
            .await
            .contains("Stripe could not be asked")
    );
    assert!(
        !asked.get(0).await.1.contains("Stripe could not"),
        "not before the code"
    );
    assert_eq!(asked.decide(0, "approve").await.0, 200);
}

#[tokio::test]
async fn an_approver_enters_a_missing_customer_once() {
    let asked = asked().await;
    assert!(
        asked
            .case_page()
            .await
            .contains(r#"name="stripeCustomerId""#)
    );
    for wrong in ["", "ada", "cus_", "ch_1", "cus_1/../x"] {
        let (status, body) = asked.identify(wrong).await;
        assert_eq!(
            (status, &body["errors"][0]["field"]),
            (422, &json!("stripeCustomerId"))
        );
    }
    assert_eq!(asked.identify(" cus_1 ").await.0, 200);
    assert_eq!(
        asked.request().await.customer_entered_by_approver(),
        Some("cus_1")
    );
    assert_eq!(asked.identify("cus_2").await.0, 422, "it is known by now");
    assert_eq!(
        asked.request().await.customer_entered_by_approver(),
        Some("cus_1")
    );
    assert_eq!(asked.actions(), ["submitted", "customer_identified"]);
    let page = asked.case_page().await;
    assert!(page.contains("cus_1") && !page.contains(r#"name="stripeCustomerId""#));
}

#[tokio::test]
async fn nobody_enters_a_customer_without_the_code() {
    let asked = asked().await;
    let body = json!({"action": "identify", "code": "000000", "stripeCustomerId": "cus_1"});
    assert_eq!(asked.post_at(0, 60, &body).await.0, 403);
    assert_eq!(asked.request().await.customer_entered_by_approver(), None);
}

#[tokio::test]
async fn who_the_customer_is_does_not_undo_an_approval() {
    let asked = asked().await;
    asked.decide(0, "approve").await;
    let request = asked.request().await;
    let store = &asked.function.store;
    let version = "v1";
    assert!(store.check_unchanged(&request, version).await.is_ok());
    let mut identified = request.clone();
    let field = "stripeCustomerId".parse().unwrap();
    let event = Event::CustomerIdentified {
        by: TEAM[0],
        field: &field,
        customer: "cus_1",
    };
    let phase = "Finance Approval".parse().unwrap();
    identified.apply(&event, StateEntry::during(&phase, Timestamp::UNIX_EPOCH));
    assert!(store.check_unchanged(&identified, version).await.is_ok());
}
