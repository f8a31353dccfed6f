//! A link that fills the form in beforehand.

use super::*;

async fn page(query: &str) -> String {
    let event = json!({
        "version": "2.0", "routeKey": "x", "rawPath": PATH, "rawQueryString": query, "headers": {"accept": "text/html"},
        "requestContext": {
            "accountId": "1", "apiId": "a", "domainName": "d.example", "domainPrefix": "d",
            "http": {"method": "GET", "path": PATH, "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "t"},
            "requestId": "r", "routeKey": "x", "stage": "$default", "time": "", "timeEpoch": 0
        },
        "isBase64Encoded": false
    });
    let answer = function()
        .handle(&from_str(&event.to_string()).unwrap())
        .await;
    assert_eq!(answer.status(), 200);
    String::from_utf8(answer.body().to_vec()).unwrap()
}

fn filled_in(page: &str, name: &str) -> String {
    let (_, input) = page
        .split_once(&format!(r#"name="{name}" value=""#))
        .unwrap();
    input.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_fills_in_the_fields_that_it_names() {
    let page = page("customerEmail=ada%40example.com&chargeIdToRefund=1234-5678&refundAmount=19,99&reason=Other&notes=Twice%20in%0AMay").await;
    assert_eq!(filled_in(&page, "customerEmail"), "ada@example.com");
    assert_eq!(filled_in(&page, "chargeIdToRefund"), "1234-5678");
    assert_eq!(filled_in(&page, "refundAmount"), "19,99");
    assert_eq!(filled_in(&page, "stripeCustomerId"), "");
    assert!(page.contains(r#"value="Other" required checked"#), "{page}");
    assert!(page.contains("\nTwice in\nMay</textarea>"), "{page}");
    assert!(!page.contains("Please correct"));
}

#[tokio::test]
async fn what_the_form_would_not_take_stays_empty() {
    let long = "x".repeat(10_001);
    for (query, name) in [
        ("refundAmount=plenty".to_owned(), "refundAmount"),
        ("refundAmount=1,000".to_owned(), "refundAmount"),
        (
            "chargeIdToRefund=pi_1_secret_2".to_owned(),
            "chargeIdToRefund",
        ),
        (
            "chargeIdToRefund=ch_1&chargeIdToRefund=ch_2".to_owned(),
            "chargeIdToRefund",
        ),
        (format!("chargeIdToRefund=ch_{long}"), "chargeIdToRefund"),
        (
            "customerEmail=Ada%20%3Cada@example.com%3E".to_owned(),
            "customerEmail",
        ),
    ] {
        let page = page(&query).await;
        assert_eq!(filled_in(&page, name), "", "{query}");
    }
    let page = page(&format!(
        "notes={long}&reason=Because&colour=red&idempotencyKey=mine&formVersion=mine"
    ))
    .await;
    for word in ["xxx", "Because", "red\"", "mine", " selected"] {
        assert!(!page.contains(word), "{word}");
    }
}

#[tokio::test]
async fn markup_in_a_link_is_text_on_the_page() {
    let page =
        page("notes=%3C/textarea%3E%3Cscript%3E%26&stripeCustomerId=%22%3E%3Cscript%3E").await;
    assert!(!page.contains("<script"));
    assert!(page.contains("&lt;/textarea&gt;&lt;script&gt;&amp;"));
}
