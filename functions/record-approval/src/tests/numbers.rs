//! A request that gives the number of a receipt or an invoice: the approver sees what was found and confirms which it is.

use domain::form::Value as Given;
use domain::stripe::{Customer, Payer};
use domain::table::Write;

use super::*;

const NUMBER: &str = "1234-5678";

async fn numbered(charges: &[&str]) -> Fixture {
    let asked = asked().await;
    for charge in charges {
        asked.function.stripe.set_number("cus_ada", NUMBER, charge);
    }
    let store = &asked.function.store;
    let mut request = store.request(asked.id).await.unwrap().unwrap();
    let mut answers = request.value.answers.iter_mut();
    let charge = answers
        .find(|it| it.name.as_str() == "chargeIdToRefund")
        .unwrap();
    charge.value = Some(Given::Text(NUMBER.to_owned()));
    store
        .table()
        .commit(vec![Write::update(&request)])
        .await
        .unwrap();
    asked
}

impl Fixture {
    async fn numbered_page(&self) -> String {
        self.form(0, &format!("code={}", self.secrets[0].1)).await.1
    }

    async fn approve_charge(&self, charge: &str) -> (u16, Value) {
        let code = &self.secrets[0].1;
        let body = json!({"decision": "approve", "code": code, "confirmCharge": charge});
        self.post_at(0, 60, &body).await
    }

    async fn confirmed_charge(&self) -> Option<String> {
        let request = self.function.store.request(self.id).await.unwrap();
        request.unwrap().value.charge().map(ToOwned::to_owned)
    }
}

#[tokio::test]
async fn the_approver_is_shown_the_charge_and_confirms_that_it_is_the_one() {
    let asked = numbered(&["ch_7"]).await;
    let page = asked.numbered_page().await;
    assert!(
        page.contains("<dt>Charge</dt><dd><bdi>ch_7</bdi></dd>"),
        "{page}"
    );
    assert!(page.contains(r#"type="checkbox" name="confirmCharge" value="ch_7""#));
    for wrong in ["", NUMBER, "ch_1"] {
        let (status, body) = asked.approve_charge(wrong).await;
        assert_eq!(status, 422, "{wrong}");
        assert_eq!(body["errors"][0]["field"], "confirmCharge");
    }
    assert_eq!(asked.confirmed_charge().await, None);
    assert_eq!(asked.approve_charge("ch_7").await.0, 200);
    assert_eq!(asked.confirmed_charge().await.as_deref(), Some("ch_7"));
    assert_eq!(
        asked.actions(),
        ["submitted", "ownership_confirmed", "approved"]
    );
}

#[tokio::test]
async fn of_several_charges_the_approver_confirms_one() {
    let asked = numbered(&["ch_7", "ch_8"]).await;
    let page = asked.numbered_page().await;
    for charge in ["ch_7", "ch_8"] {
        let radio = format!(r#"type="radio" name="confirmCharge" value="{charge}""#);
        assert!(page.contains(&radio), "{page}");
    }
    assert!(page.contains("Several charges have this number"));
    assert_eq!(asked.approve_charge("ch_8").await.0, 200);
    assert_eq!(asked.confirmed_charge().await.as_deref(), Some("ch_8"));
}

#[tokio::test]
async fn an_approver_who_enters_the_customer_sees_their_charge_at_once() {
    let asked = numbered(&[]).await;
    asked.function.stripe.set_number("cus_bob", NUMBER, "ch_7");
    let bob = Customer {
        id: "cus_bob".to_owned(),
        email: None,
    };
    asked.function.stripe.set_payer(Payer::Customer(bob, None));
    let page = asked.numbered_page().await;
    assert!(page.contains("knows no charge of this customer") && !page.contains("ch_7"));
    let code = &asked.secrets[0].1;
    let body = format!("code={code}&action=identify&stripeCustomerId=cus_bob");
    let (status, page) = asked.form(0, &body).await;
    assert_eq!(status, 200);
    assert!(
        page.contains(r#"name="confirmCharge" value="ch_7""#),
        "{page}"
    );
    assert_eq!(asked.approve_charge("ch_7").await.0, 200);
    assert_eq!(asked.confirmed_charge().await.as_deref(), Some("ch_7"));
}
