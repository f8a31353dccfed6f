//! Approving less: what is taken, what colleagues then see, and who decided before.

use domain::stripe::{Customer, Payer};

use super::*;

impl Fixture {
    async fn approve_amount(&self, who: usize, amount: Value) -> (u16, Value) {
        let code = &self.secrets[who].1;
        let body = json!({"decision": "approve", "code": code, "amount": amount});
        self.post_at(who, 60, &body).await
    }

    async fn amount(&self) -> Option<String> {
        let request = self.function.store.request(self.id).await.unwrap();
        let amount = request.unwrap().value.amount();
        amount.map(domain::money::Usd::to_decimal)
    }

    async fn case(&self, who: usize) -> String {
        self.form(who, &format!("code={}", self.secrets[who].1))
            .await
            .1
    }
}

/// What the page of the case keeps of it, to be sent with the decision.
fn viewed(page: &str) -> String {
    let (_, rest) = page.split_once(r#"name="viewed" value=""#).unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn an_amount_is_taken_as_a_number_as_text_and_from_a_form() {
    for amount in [json!(30.10), json!("30.10"), json!(" 30.1 ")] {
        let asked = asked().await;
        let (status, body) = asked.approve_amount(0, amount).await;
        assert_eq!((status, &body["amount"]), (200, &json!("30.10")), "{body}");
        assert_eq!(asked.amount().await.as_deref(), Some("30.10"));
    }
    let asked = asked().await;
    let form = format!("code={}&decision=approve&amount=30.10", asked.secrets[0].1);
    let (status, page) = asked.form(0, &form).await;
    assert!(
        status == 200 && page.contains("for $30.10 of $50.00"),
        "{page}"
    );
    assert_eq!(asked.amount().await.as_deref(), Some("30.10"));
    let items = asked.function.store.table().items();
    let last = items.iter().rfind(|item| item.kind == "audit").unwrap();
    assert_eq!(
        (&last.body["action"], &last.body["amountCents"]),
        (&json!("approved"), &json!(3010))
    );
}

#[tokio::test]
async fn all_of_it_is_approved_without_an_amount() {
    for amount in [json!(null), json!(""), json!(50), json!("50.00")] {
        let asked = asked().await;
        assert_eq!(asked.approve_amount(0, amount).await.0, 200);
        let request = asked.function.store.request(asked.id).await.unwrap();
        assert_eq!(request.unwrap().value.approved_amount, None);
    }
}

#[tokio::test]
async fn what_is_no_part_of_it_is_refused_and_named() {
    let asked = asked().await;
    for amount in [
        json!(0),
        json!(-1),
        json!(50.01),
        json!(1e3),
        json!("30,1,0"),
        json!("1.001"),
        json!(true),
        json!([30]),
    ] {
        let (status, body) = asked.approve_amount(0, amount.clone()).await;
        let field = &body["errors"][0]["field"];
        assert_eq!((status, field), (422, &json!("amount")), "{amount} {body}");
    }
    let code = &asked.secrets[0].1;
    let reject = json!({"decision": "reject", "code": code, "reason": "No.", "amount": 10});
    assert_eq!(asked.post_at(0, 60, &reject).await.0, 422);
    assert_eq!(
        (asked.decision().await, asked.amount().await.as_deref()),
        (None, Some("50.00"))
    );
    // What was written stays in the form, to be corrected.
    let form = format!("code={code}&decision=approve&amount=50.01&reason=Fine.");
    let (status, page) = asked.form(0, &form).await;
    assert_eq!(status, 422);
    assert!(page.contains(r#"value="50.01""#) && page.contains("Fine."));
    assert!(page.contains("at most $50.00"), "{page}");
    // An empty one is none.
    let reject = format!("code={code}&decision=reject&reason=No.&amount=");
    assert_eq!(asked.form(0, &reject).await.0, 200);
}

#[tokio::test]
async fn a_colleague_who_looked_before_is_told_and_sees_it_anew() {
    let asked = asked_with(|config| config.approvals = 2).await;
    let before = asked.case(1).await;
    assert!(!before.contains("Decided before"));
    let code = &asked.secrets[0].1;
    let body =
        json!({"decision": "approve", "code": code, "amount": 30, "reason": "Half was used."});
    let (status, answer) = asked.post_at(0, 60, &body).await;
    assert_eq!((status, &answer["approvalsMissing"]), (200, &json!(1)));

    let code = &asked.secrets[1].1;
    let form = |page: &str| format!("code={code}&decision=approve&viewed={}", viewed(page));
    let (status, page) = asked.form(1, &form(&before)).await;
    assert_eq!(status, 409);
    assert!(page.contains("has changed since you opened it"), "{page}");
    assert!(page.contains("Approved amount") && page.contains("at most $30.00"));
    let decided = format!("by <bdi>{}</bdi>", TEAM[0]);
    for shown in [decided.as_str(), "for $30.00 of $50.00", "Half was used."] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let outcome = json!({"decision": "approve", "code": code, "viewed": viewed(&before)});
    assert_eq!(asked.post_at(1, 60, &outcome).await.0, 409);
    assert_eq!(asked.approve_amount(1, json!(40)).await.0, 422);

    assert_eq!(asked.form(1, &form(&page)).await.0, 200);
    let decision = asked.decision().await.unwrap();
    let approved = decision.approved_amount().map(domain::money::Usd::cents);
    assert_eq!(approved, Some(3_000));
    let store = &asked.function.store;
    let request = store.request(asked.id).await.unwrap().unwrap();
    let checked = store.check_unchanged(&request.value, "v1");
    assert!(checked.await.is_ok());
}

#[tokio::test]
async fn approving_what_cannot_be_paid_is_not_suggested_and_says_why() {
    let approve = r#"<button type="submit" name="decision" value="approve">"#;
    for (payer, why) in [
        (Payer::Customer(customer("ada@example.com"), None), None),
        (
            Payer::Customer(customer("bob@example.com"), None),
            Some("belongs to another customer"),
        ),
    ] {
        let asked = asked().await;
        asked.found(payer).await;
        let mut request = http(
            "POST",
            &asked.secrets[0].0,
            60,
            FORM,
            &format!("code={}", asked.secrets[0].1),
        );
        let query = [("decision".to_owned(), "approve".to_owned())];
        request = request.with_query_string_parameters(std::collections::HashMap::from(query));
        let (_, page) = answer(asked.function.handle(&request).await);
        assert_eq!(page.contains(approve), why.is_none(), "{page}");
        let above = page.split_once(r#"<div class="buttons">"#).unwrap().0;
        let above = above.rsplit_once("</textarea>").unwrap().1;
        match why {
            Some(why) => assert!(above.contains(why), "{above}"),
            None => assert!(!above.contains("note"), "{above}"),
        }
    }
}

fn customer(email: &str) -> Customer {
    Customer {
        id: "cus_1".to_owned(),
        email: Some(email.to_owned()),
    }
}
