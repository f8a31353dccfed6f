//! Lists, customers, and the objects that the documentation names.

use super::*;

#[tokio::test]
async fn refunds_are_listed_newest_first_by_charge_intent_and_page() {
    let app = fresh();
    for amount in 1..=12 {
        refund(
            &app,
            None,
            &format!("payment_intent=pi_demo_2000&amount={amount}"),
        )
        .await;
    }
    refund(&app, None, "charge=ch_demo_2000&amount=77").await;
    let amounts = |answer: &Answer| -> Vec<u64> {
        let data = answer.body["data"].as_array().unwrap();
        data.iter()
            .map(|refund| refund["amount"].as_u64().unwrap())
            .collect()
    };

    let by_charge = get(&app, "/v1/refunds?charge=ch_demo_pi_2000").await;
    assert_eq!(amounts(&by_charge), [12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    assert_eq!(by_charge.body["has_more"], true);
    assert_eq!(by_charge.body["url"], "/v1/refunds");
    let last = by_charge.body["data"][9]["id"].as_str().unwrap();
    let uri = format!("/v1/refunds?payment_intent=pi_demo_2000&limit=100&starting_after={last}");
    let rest = get(&app, &uri).await;
    assert_eq!(amounts(&rest), [2, 1]);
    assert_eq!(rest.body["has_more"], false);
    assert_eq!(
        amounts(&get(&app, "/v1/refunds?charge=ch_demo_2000").await),
        [77]
    );
    assert_eq!(
        amounts(&get(&app, "/v1/refunds?charge=ch_demo_eur").await),
        [0_u64; 0]
    );

    for (query, status, message) in [
        (
            "limit=0",
            400,
            "This value must be greater than or equal to 1.",
        ),
        (
            "limit=101",
            400,
            "This value must be less than or equal to 100.",
        ),
        ("created=1", 400, "Received unknown parameter: created"),
        ("charge=ch_x", 404, "No such charge: 'ch_x'"),
        ("payment_intent=pi_x", 404, "No such payment_intent: 'pi_x'"),
        ("starting_after=re_x", 404, "No such refund: 're_x'"),
    ] {
        let answer = get(&app, &format!("/v1/refunds?{query}")).await;
        assert_eq!((answer.status, answer.message()), (status, message));
    }
}

#[tokio::test]
async fn refunds_and_credit_notes_are_listed_by_when_they_were_created() {
    let app = fresh();
    refund(&app, None, "charge=ch_demo_2000&amount=77").await;
    refund(&app, None, "charge=ch_demo_2000&amount=78").await;
    let note = "invoice=in_demo_45&amount=100&credit_amount=100";
    let note = post(&app, "/v1/credit_notes", None, note).await;
    let created = note.body["created"].as_i64().unwrap();
    let count = async |list: &str, from: i64, before: i64| {
        let uri = format!("/v1/{list}?created[gte]={from}&created[lt]={before}&limit=100");
        let listed = get(&app, &uri).await;
        assert_eq!(listed.body["has_more"], false);
        listed.body["data"].as_array().unwrap().len()
    };
    let hour = 3_600;
    // What there is at the start was refunded at the beginning of the year.
    for (list, all) in [("refunds", 2), ("credit_notes", 1)] {
        assert_eq!(
            count(list, created - hour, created + 1).await,
            all,
            "{list}"
        );
        assert_eq!(count(list, created + 1, created + hour).await, 0, "{list}");
        assert_eq!(count(list, created - hour, created - 60).await, 0, "{list}");
    }
    assert_eq!(count("refunds", 1, created + 1).await, 3);
    let span = format!(
        "created[gte]={}&created[lt]={}",
        created - hour,
        created + 1
    );
    let first = get(&app, &format!("/v1/refunds?{span}&limit=1")).await;
    assert_eq!(first.body["has_more"], true);
    let last = first.body["data"][0]["id"].as_str().unwrap();
    let uri = format!("/v1/refunds?{span}&limit=1&starting_after={last}");
    let second = get(&app, &uri).await;
    assert_eq!(second.body["data"][0]["amount"], 77);
    assert_eq!(second.body["has_more"], false);
    let id = note.body["id"].as_str().unwrap();
    assert_eq!(
        get(&app, &format!("/v1/credit_notes/{id}")).await.body,
        note.body
    );
    let missing = get(&app, "/v1/credit_notes/cn_x").await;
    assert_eq!(missing.message(), "No such credit_note: 'cn_x'");
}

#[tokio::test]
async fn customers_are_found_by_their_exact_email() {
    let app = fresh();
    let ids = |answer: &Answer| -> Vec<String> {
        let data = answer.body["data"].as_array().unwrap();
        data.iter()
            .map(|c| c["id"].as_str().unwrap().to_owned())
            .collect()
    };
    let found = get(&app, "/v1/customers?email=customer%40example.com").await;
    assert_eq!(ids(&found), ["cus_demo"]);
    let other_case = get(&app, "/v1/customers?email=Customer@example.com").await;
    assert_eq!(ids(&other_case), [""; 0]);
    assert_eq!(
        ids(&get(&app, "/v1/customers").await),
        ["cus_demo_unnamed", "cus_other", "cus_demo"]
    );
    assert_eq!(
        get(&app, "/v1/customers/cus_other").await.body["email"],
        "other@example.com"
    );
    assert_eq!(
        get(&app, "/v1/customers/cus_x").await.message(),
        "No such customer: 'cus_x'"
    );
}

#[tokio::test]
async fn charges_and_invoices_are_listed_by_customer_and_say_their_numbers() {
    let app = fresh();
    let numbers = |answer: &Answer, number: &str| -> Vec<String> {
        let data = answer.body["data"].as_array().unwrap().iter();
        let numbers = data.filter_map(|it| it[number].as_str());
        numbers.map(ToOwned::to_owned).collect()
    };
    let charges = get(&app, "/v1/charges?customer=cus_other&limit=100").await;
    assert_eq!(numbers(&charges, "receipt_number"), ["1000-0001"]);
    let charges = get(&app, "/v1/charges?customer=cus_demo&limit=100").await;
    assert!(
        numbers(&charges, "id")
            .iter()
            .all(|id| id.starts_with("ch_demo"))
    );
    assert!(numbers(&charges, "receipt_number").contains(&"2000-0001".to_owned()));
    let invoices = get(&app, "/v1/invoices?customer=cus_demo&limit=100").await;
    assert_eq!(numbers(&invoices, "number"), ["DEMO-0001"]);
    let none = get(&app, "/v1/invoices?customer=cus_other").await;
    assert_eq!(numbers(&none, "number"), [""; 0]);
    let paid = get(&app, "/v1/invoice_payments?invoice=in_demo_45&status=paid").await;
    assert_eq!(numbers(&paid, "id"), ["inpay_demo_45"]);
    for list in ["charges", "invoices"] {
        let refused = get(&app, &format!("/v1/{list}?customer=cus_x")).await;
        assert_eq!(refused.message(), "No such customer: 'cus_x'");
        let refused = get(&app, &format!("/v1/{list}?receipt_number=2000-0001")).await;
        assert_eq!(refused.status, 400, "{list}");
    }
}

#[tokio::test]
async fn the_documented_objects_are_there() {
    let app = fresh();
    let documented = [
        ("ch_demo_2000", "cus_demo", 200_000, "usd", false, false),
        ("ch_demo_refunded", "cus_demo", 200_000, "usd", true, false),
        ("ch_demo_disputed", "cus_demo", 200_000, "usd", false, true),
        ("ch_demo_eur", "cus_demo", 200_000, "eur", false, false),
        (
            "ch_demo_invoiced_45",
            "cus_demo",
            4_500,
            "usd",
            false,
            false,
        ),
        ("ch_demo_45", "cus_demo", 4_500, "usd", false, false),
        ("ch_other_100", "cus_other", 10_000, "usd", false, false),
    ];
    for (id, customer, amount, currency, refunded, disputed) in documented {
        let charge = get(&app, &format!("/v1/charges/{id}")).await.body;
        assert_eq!(charge["customer"], customer, "{id}");
        assert_eq!(charge["amount_captured"], amount, "{id}");
        assert_eq!(charge["currency"], currency, "{id}");
        assert_eq!(charge["refunded"], refunded, "{id}");
        assert_eq!(charge["disputed"], disputed, "{id}");
    }
    let intent = get(&app, "/v1/payment_intents/pi_demo_2000").await.body;
    assert_eq!(intent["status"], "succeeded");
    assert_eq!(intent["amount_received"], 200_000);
    let charge = intent["latest_charge"].as_str().unwrap();
    let charge = get(&app, &format!("/v1/charges/{charge}")).await.body;
    assert_eq!(charge["payment_intent"], "pi_demo_2000");
}
