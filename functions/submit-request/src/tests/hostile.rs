//! Hostile text in every field of the form, and on the pages that show it.

use domain::request::Event;
use domain::table::Write;
use domain::task::StateEntry;
use proptest::prelude::*;

use super::*;

#[tokio::test]
async fn no_field_takes_what_could_become_a_header() {
    let function = function();
    for field in [
        "customerEmail",
        "stripeCustomerId",
        "chargeIdToRefund",
        "refundAmount",
        "reason",
    ] {
        for end in [
            "\r\nBcc: victim@example.com",
            "\nSubject: x",
            "\rx",
            "\u{0}",
            "\u{85}x",
        ] {
            let value = format!("{}{end}", answers()[field].as_str().unwrap_or("cus_1"));
            let (status, body) = function
                .post(None, &with(field, &json!(value)).to_string())
                .await;
            assert_eq!(status, 422, "{field} {end:?}");
            let errors = body["errors"].as_array().unwrap();
            assert!(errors.iter().any(|error| error["field"] == field), "{body}");
        }
    }
    assert!(function.store.table().items().is_empty());
}

const FIELDS: [&str; 6] = [
    "customerEmail",
    "stripeCustomerId",
    "chargeIdToRefund",
    "refundAmount",
    "reason",
    "notes",
];

/// Text that tries to get out of its place.
pub(super) fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("</textarea></form><form action=\"https://evil.example\">".to_owned()),
        Just("\r\nSet-Cookie: a=b\r\n\r\n".to_owned()),
        Just("\u{202e}\u{2066}\u{200f}evil\u{2069}\u{202c}".to_owned()),
        Just("\" onfocus=\"alert(1)\" autofocus x='".to_owned()),
        Just("x".repeat(10_000)),
        any::<String>(),
    ];
    prop::collection::vec(piece, 1..4).prop_map(|pieces| pieces.concat())
}

/// The form with this in each field, refused; and a status page with it in every place.
async fn pages(text: &str) -> Vec<String> {
    let function = function();
    let headers = json!({"content-type": "application/x-www-form-urlencoded"});
    let path = format!("{PATH}/requests");
    let mut pages = Vec::new();
    for field in FIELDS {
        let others = FIELDS.iter().filter(|other| **other != field);
        let fields: Vec<_> = others
            .map(|other| (*other, "?"))
            .chain([(field, text)])
            .collect();
        let body = serde_urlencoded::to_string(fields).unwrap();
        let (status, refused, _) = function.send("POST", &path, headers.clone(), &body).await;
        assert_eq!(status, 422);
        pages.push(refused);
    }

    let (mut request, record) = fixtures::request::request();
    let phase = request.phase.clone();
    let now = StateEntry::during(&phase, Timestamp::UNIX_EPOCH);
    for answer in &mut request.answers {
        answer.value = Some(domain::form::Value::Text(text.to_owned()));
    }
    for _ in 0..2 {
        request.apply(
            &Event::Questioned {
                by: "a@b.c",
                text,
                key_id: "",
            },
            now,
        );
    }
    request.apply(&Event::Replied { number: 1, text }, now);
    let url = request.status_url(&link_keys());
    let writes: Vec<Write> = Vec::new();
    function
        .store
        .create(&request, &record, writes)
        .await
        .unwrap();
    let path = url.replace("https://refunds.example.com", "");
    let (_, status_page, _) = function.send("GET", &path, json!({}), "").await;
    pages.push(status_page);
    pages
}

/// As much markup on the pages as without the text, and nothing that turns the direction.
pub(super) fn check(hostile: &[String], sanitize_text: &[String]) -> Result<(), TestCaseError> {
    for (page, sanitize_text) in hostile.iter().zip(sanitize_text) {
        for markup in ["<script", "<form", "</form", "</textarea", "<bdi", "<h"] {
            let (found, expected) = (
                page.matches(markup).count(),
                sanitize_text.matches(markup).count(),
            );
            prop_assert_eq!(found, expected, "{}", markup);
        }
        prop_assert!(!page.contains("onfocus=\"alert") && !page.contains("action=\"https://evil"));
    }
    let last = hostile.last().map(String::as_str).unwrap_or_default();
    for shown in last.split("<bdi>").skip(1) {
        let shown = shown.split("</bdi>").next().unwrap_or_default();
        let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200f}');
        prop_assert!(!shown.contains(turns) && !shown.contains('<'));
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_text_leaves_its_place_on_any_page(text in hostile()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (hostile, sanitize_text) = runtime.block_on(async { (pages(&text).await, pages("?").await) });
        check(&hostile, &sanitize_text)?;
    }
}
