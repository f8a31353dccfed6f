//! Credits over HTTP: what paid an invoice, credit notes, balances.

use super::*;

const BALANCE: &str = "/v1/customers/cus_demo/balance_transactions";
const PAYMENTS: &str = "/v1/invoice_payments";

async fn note(app: &Router, key: Option<&str>, form: &str) -> Answer {
    post(app, "/v1/credit_notes", key, form).await
}

async fn balance(app: &Router) -> Value {
    get(app, "/v1/customers/cus_demo").await.body["balance"].clone()
}

fn ids(list: &Answer) -> Vec<&str> {
    let data = list.body["data"].as_array().unwrap();
    data.iter().map(|it| it["id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_invoice_that_an_intent_paid_is_found_and_no_other() {
    let app = fresh();
    let of = |intent: &str, more: &str| {
        format!("{PAYMENTS}?payment[type]=payment_intent&payment[payment_intent]={intent}{more}")
    };
    let found = get(&app, &of("pi_demo_invoiced_45", "&status=paid&limit=100")).await;
    assert_eq!(found.status, 200);
    assert_eq!(found.body["has_more"], false);
    let payment = &found.body["data"][0];
    for (member, expected) in [
        ("id", json!("inpay_demo_45")),
        ("object", json!("invoice_payment")),
        ("invoice", json!("in_demo_45")),
        ("amount_paid", json!(4500)),
        ("status", json!("paid")),
        (
            "payment",
            json!({"type": "payment_intent", "payment_intent": "pi_demo_invoiced_45"}),
        ),
    ] {
        assert_eq!(payment[member], expected, "{member}");
    }
    let none = get(&app, &of("pi_demo_45", "&status=paid")).await;
    assert_eq!(none.body["data"], json!([]));
    let refused = [
        (of("pi_x", ""), 404, "payment[payment_intent]"),
        (
            format!("{PAYMENTS}?payment[payment_intent]=pi_x"),
            400,
            "payment[type]",
        ),
        (
            format!("{PAYMENTS}?payment[type]=payment_intent"),
            400,
            "payment[payment_intent]",
        ),
        (
            format!("{PAYMENTS}?payment[type]=charge"),
            400,
            "payment[type]",
        ),
        (of("pi_demo_45", "&status=open"), 400, "status"),
        (of("pi_demo_45", "&payment[colour]=red"), 400, "payment"),
        (
            of("pi_demo_45", "&starting_after=inpay_x"),
            404,
            "starting_after",
        ),
    ];
    for (uri, status, param) in refused {
        let answer = get(&app, &uri).await;
        assert_eq!(
            (answer.status, answer.error("param")),
            (status, &json!(param)),
            "{uri}"
        );
    }
}

#[tokio::test]
async fn a_credit_note_has_stripes_shape_and_goes_to_the_balance() {
    let app = fresh();
    let form = "invoice=in_demo_45&amount=1999&credit_amount=1999&metadata[request_id]=r-1";
    let made = note(&app, Some("k"), form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    for (member, expected) in [
        ("object", json!("credit_note")),
        ("amount", json!(1999)),
        ("currency", json!("usd")),
        ("customer", json!("cus_demo")),
        ("invoice", json!("in_demo_45")),
        ("number", json!("DEMO-0001-CN-01")),
        ("status", json!("issued")),
        ("type", json!("post_payment")),
        ("post_payment_amount", json!(1999)),
        ("pre_payment_amount", json!(0)),
        ("metadata", json!({"request_id": "r-1"})),
    ] {
        assert_eq!(made.body[member], expected, "{member}");
    }
    let id = made.body["id"].as_str().unwrap();
    assert!(id.starts_with("cn_"));
    let list = get(&app, "/v1/credit_notes?invoice=in_demo_45&limit=100").await;
    assert_eq!(list.body["data"], json!([made.body]));
    assert_eq!(balance(&app).await, -1999);
    let transaction = &get(&app, BALANCE).await.body["data"][0];
    for (member, expected) in [
        ("id", made.body["customer_balance_transaction"].clone()),
        ("type", json!("credit_note")),
        ("credit_note", json!(id)),
        ("invoice", json!("in_demo_45")),
        ("amount", json!(-1999)),
        ("ending_balance", json!(-1999)),
    ] {
        assert_eq!(transaction[member], expected, "{member}");
    }
    // The charge is as it was: no money went back.
    let charge = get(&app, "/v1/charges/ch_demo_invoiced_45").await.body;
    assert_eq!(charge["amount_refunded"], 0);
}

#[tokio::test]
async fn credit_notes_stay_within_their_invoice() {
    let app = fresh();
    let over = "invoice=in_demo_45&amount=4501&credit_amount=4501";
    let refused = note(&app, Some("over"), over).await;
    assert_eq!(
        (refused.status, refused.error("param")),
        (400, &json!("amount"))
    );
    assert!(
        refused.message().contains("$45.01"),
        "{}",
        refused.message()
    );
    let again = note(&app, Some("over"), over).await;
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    for (amount, status) in [(3000, 200), (1501, 400), (1500, 200), (1, 400)] {
        let form = format!("invoice=in_demo_45&amount={amount}&credit_amount={amount}");
        assert_eq!(note(&app, None, &form).await.status, status, "{amount}");
    }
    assert_eq!(balance(&app).await, -4500);
    let newest = get(&app, "/v1/credit_notes?limit=1").await;
    assert_eq!(newest.body["has_more"], true);
    let after = format!("/v1/credit_notes?starting_after={}", ids(&newest)[0]);
    assert_eq!(get(&app, &after).await.body["data"][0]["amount"], 3000);
}

#[tokio::test]
async fn a_balance_is_credited_and_debited() {
    let app = fresh();
    let made = post(
        &app,
        BALANCE,
        Some("k"),
        "amount=-4999&currency=usd&metadata[request_id]=r-1",
    )
    .await;
    assert_eq!(made.status, 200, "{}", made.body);
    for (member, expected) in [
        ("object", json!("customer_balance_transaction")),
        ("amount", json!(-4999)),
        ("ending_balance", json!(-4999)),
        ("currency", json!("usd")),
        ("customer", json!("cus_demo")),
        ("credit_note", json!(null)),
        ("type", json!("adjustment")),
        ("metadata", json!({"request_id": "r-1"})),
    ] {
        assert_eq!(made.body[member], expected, "{member}");
    }
    assert!(made.body["id"].as_str().unwrap().starts_with("cbtxn_"));
    let taken = post(&app, BALANCE, None, "amount=99&currency=USD").await;
    assert_eq!(taken.body["ending_balance"], -4900);
    assert_eq!(balance(&app).await, -4900);
    let list = get(&app, BALANCE).await;
    assert_eq!(list.body["data"], json!([taken.body, made.body]));
    // Another's is another's.
    let other = get(&app, "/v1/customers/cus_other/balance_transactions").await;
    assert_eq!(other.body["data"], json!([]));
}

#[tokio::test]
async fn a_credit_under_one_key_is_given_once_and_outlives_a_restart() {
    let data = tempfile::tempdir().unwrap();
    let clock = Clock::system();
    let app = stripe(Some(data.path()), &clock);
    let notes = "invoice=in_demo_45&amount=500&credit_amount=500";
    let adjustment = "amount=-7&currency=usd";
    let first = note(&app, Some("n"), notes).await.body;
    let second = post(&app, BALANCE, Some("b"), adjustment).await.body;
    for app in [app, stripe(Some(data.path()), &clock)] {
        let again = note(&app, Some("n"), notes).await;
        assert_eq!(again.header("idempotent-replayed"), Some("true"));
        assert_eq!(again.body, first);
        assert_eq!(
            post(&app, BALANCE, Some("b"), adjustment).await.body,
            second
        );
        let other = note(
            &app,
            Some("n"),
            "invoice=in_demo_45&amount=1&credit_amount=1",
        )
        .await;
        assert_eq!(other.error("type"), "idempotency_error");
        assert_eq!(balance(&app).await, -507);
        assert_eq!(ids(&get(&app, BALANCE).await).len(), 2);
    }
}

/// What is refused: to which address, with which code, on which parameter.
const REFUSED: [(&str, &str, u16, &str, &str); 16] = [
    (
        "/v1/credit_notes",
        "amount=5&credit_amount=5",
        400,
        "parameter_missing",
        "invoice",
    ),
    (
        "/v1/credit_notes",
        "invoice=in_demo_45",
        400,
        "parameter_missing",
        "amount",
    ),
    (
        "/v1/credit_notes",
        "invoice=in_x&amount=5&credit_amount=5",
        404,
        "resource_missing",
        "invoice",
    ),
    (
        "/v1/credit_notes",
        "invoice=in_demo_45&amount=5",
        400,
        "",
        "credit_amount",
    ),
    (
        "/v1/credit_notes",
        "invoice=in_demo_45&amount=5&credit_amount=4",
        400,
        "",
        "credit_amount",
    ),
    (
        "/v1/credit_notes",
        "invoice=in_demo_45&amount=-5&credit_amount=5",
        400,
        "parameter_invalid_integer",
        "amount",
    ),
    (
        "/v1/credit_notes",
        "invoice=in_demo_45&amount=5&refund_amount=5",
        400,
        "parameter_unknown",
        "refund_amount",
    ),
    (
        "/v1/credit_notes",
        "invoice=in_demo_45&amount=5&credit_amount=5&reason=requested_by_customer",
        400,
        "parameter_unknown",
        "reason",
    ),
    (BALANCE, "currency=usd", 400, "parameter_missing", "amount"),
    (BALANCE, "amount=-5", 400, "parameter_missing", "currency"),
    (
        BALANCE,
        "amount=0&currency=usd",
        400,
        "parameter_invalid_integer",
        "amount",
    ),
    (
        BALANCE,
        "amount=--5&currency=usd",
        400,
        "parameter_invalid_integer",
        "amount",
    ),
    (
        BALANCE,
        "amount=-5.0&currency=usd",
        400,
        "parameter_invalid_integer",
        "amount",
    ),
    (BALANCE, "amount=-5&currency=eur", 400, "", "currency"),
    (
        BALANCE,
        "amount=-5&currency=usd&colour=red",
        400,
        "parameter_unknown",
        "colour",
    ),
    (
        "/v1/customers/cus_x/balance_transactions",
        "amount=-5&currency=usd",
        404,
        "resource_missing",
        "customer",
    ),
];

#[tokio::test]
async fn what_is_no_credit_is_refused_and_changes_nothing() {
    let app = fresh();
    for (uri, form, status, code, param) in REFUSED {
        let answer = post(&app, uri, None, form).await;
        let error = |member| answer.error(member).as_str().unwrap_or_default();
        assert_eq!(
            (answer.status, error("code"), error("param")),
            (status, code, param),
            "{uri} {form}"
        );
    }
    assert_eq!(balance(&app).await, 0);
    let missing = get(&app, "/v1/customers/cus_x/balance_transactions").await;
    assert_eq!(missing.message(), "No such customer: 'cus_x'");
}
