//! Hostile text in every field of a case, on every page.

use domain::form::Value as Answer;
use domain::request::Event;
use domain::task::StateEntry;
use proptest::prelude::*;
use testing::fixtures::approval::offering;

use super::*;

fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("<script>alert(1)</script><img src=x onerror=alert(1)>".to_owned()),
        Just("</textarea></form><form action=\"https://evil.example\">".to_owned()),
        Just("\r\nSet-Cookie: a=b\r\n\r\n<h1>".to_owned()),
        Just("\u{202e}\u{2066}\u{200f}evil\u{2069}\u{202c}".to_owned()),
        Just("\" onfocus=\"alert(1)\" autofocus x='".to_owned()),
        Just("&lt;b&gt;&#0;\u{0}\u{1b}[31m{{ 7*7 }}{% x %}${x}".to_owned()),
        Just("x".repeat(10_000)),
        any::<String>(),
    ];
    prop::collection::vec(piece, 1..5).prop_map(|pieces| pieces.concat())
}

/// All pages of a case in which every text is this one.
async fn pages(text: &str) -> Vec<String> {
    let asked = asked().await;
    let store = &asked.function.store;
    let mut request = store.request(asked.id).await.unwrap().unwrap();
    for answer in &mut request.value.answers {
        // Never the number of a receipt, of which a page would say something else.
        answer.value = Some(Answer::Text(format!("_{text}")));
    }
    let phase = "CSM Review".parse().unwrap();
    let now = StateEntry::during(&phase, jiff::Timestamp::UNIX_EPOCH);
    request.value.apply(
        &Event::Questioned {
            by: TEAM[1],
            text,
            key_id: "",
        },
        now,
    );
    request
        .value
        .apply(&Event::Replied { number: 1, text }, now);
    store
        .table()
        .commit(vec![Write::update(&request)])
        .await
        .unwrap();
    let code = &asked.secrets[0].1;
    let fields = |fields: &[(&str, &str)]| serde_urlencoded::to_string(fields).unwrap();
    let long = format!("{text}{}", "x".repeat(2_001));
    let mut pages = vec![asked.get(0).await.1];
    for body in [
        fields(&[("code", code)]),
        fields(&[("code", text)]),
        fields(&[("code", code), ("decision", "reject"), ("reason", &long)]),
        fields(&[("code", code), ("action", "ask"), ("question", &long)]),
        fields(&[("code", code), ("action", "hand-over"), ("to", text)]),
        fields(&[
            ("code", code),
            ("decision", "reject"),
            ("reason", &format!("r{}", head(text))),
        ]),
    ] {
        pages.push(asked.form(0, &body).await.1);
    }
    pages.push(asked.get(1).await.1);
    pages
}

/// All pages of a choice in which every text is this one.
async fn pages_of_choice(text: &str) -> Vec<String> {
    let (mut request, record) = fixtures::request::request();
    for answer in &mut request.answers {
        // Only an address of the request may choose.
        if answer.name.as_str() != "customerEmail" {
            answer.value = Some(Answer::Text(text.to_owned()));
        }
    }
    let mut offering = offering(request.request_id, 0, "token-1");
    for template in [
        &mut offering.task.config.question,
        &mut offering.task.config.options[0].label,
    ] {
        template.push_str(" {{ notes }}");
    }
    let to = "ada@example.com";
    let approval = Approval::offer(&offering, 1, &request, to, &link_keys()).unwrap();
    let store = RequestStore::new(MemoryTable::default());
    store.create(&request, &record, Vec::new()).await.unwrap();
    let asked = opened(store, approval).await;
    let code = asked.secrets[0].1.as_str();
    let mut pages = vec![asked.get(0).await.1];
    for fields in [
        vec![("code", code)],
        vec![("code", text)],
        vec![("code", code), ("decision", &format!("x{text}"))],
        vec![("code", code), ("action", "ask"), ("question", text)],
        vec![("code", code), ("decision", "credit"), ("reason", text)],
    ] {
        let body = serde_urlencoded::to_string(fields).unwrap();
        pages.push(asked.form(0, &body).await.1);
    }
    pages.push(asked.get(0).await.1);
    pages
}

/// The beginning of a text as a reason: one with a control character is refused.
fn head(text: &str) -> String {
    let readable = text.chars().filter(|c| !c.is_control());
    readable.take(1_900).collect()
}

fn count(page: &str, what: &str) -> usize {
    page.matches(what).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn no_text_leaves_its_place_on_any_page(text in hostile()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (hostile, harmless) = runtime.block_on(async { (pages(&text).await, pages("x").await) });
        for (page, harmless) in hostile.iter().zip(&harmless) {
            prop_assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
            for markup in ["<script", "<img", "<form", "</form", "</textarea", "<bdi", "<h1"] {
                prop_assert_eq!(count(page, markup), count(harmless, markup), "{} in {}", markup, page);
            }
            prop_assert!(!page.contains("onfocus=\"alert") && !page.contains("action=\"https://evil"));
        }
        // What is shown as text is isolated, and turns nothing around it.
        let case = &hostile[1];
        let shown = case.split("<bdi>").skip(1).map(|rest| rest.split("</bdi>").next().unwrap());
        for shown in shown {
            let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200f}');
            prop_assert!(!shown.contains(turns) && !shown.contains('<'));
        }
        prop_assert!(count(case, "<bdi>") >= 8, "every answer, the question and the reply");
    }

    #[test]
    fn no_text_leaves_its_place_on_any_page_of_a_choice(text in hostile()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let (hostile, harmless) = runtime.block_on(async { (pages_of_choice(&text).await, pages_of_choice("x").await) });
        for (page, harmless) in hostile.iter().zip(&harmless) {
            prop_assert!(page.starts_with("<!DOCTYPE html>") && page.ends_with("</html>"));
            prop_assert_eq!(count(page, "<"), count(harmless, "<"), "{}", page);
            let turns = |c| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200f}');
            prop_assert!(!page.contains(turns));
        }
        prop_assert!(hostile[1].contains("Confirm my choice"));
        prop_assert!(hostile[5].contains("You chose"));
    }
}
