//! What somebody is told whose action did not count, and that nothing they entered is lost by that.

use super::*;

const DAY: i64 = 24 * 3600;

impl Fixture {
    /// The title of the page that answers a form, and the page.
    async fn title(&self, who: usize, second: i64, fields: &[(&str, &str)]) -> (String, String) {
        let (link, code) = &self.secrets[who];
        let fields = [fields, &[("code", code.as_str())]].concat();
        let body = serde_urlencoded::to_string(fields).unwrap();
        let request = http("POST", link, second, FORM, &body);
        let (_, page) = answer(self.function.handle(&request).await);
        let title = page.split("<title>").nth(1).unwrap();
        let (title, _) = title.split_once(" · ").unwrap();
        (title.to_owned(), page)
    }

    async fn decide_by_form(&self, who: usize, decision: &str) -> (String, String) {
        let fields = [("decision", decision), ("reason", "Because.")];
        self.title(who, 60, &fields).await
    }
}

fn is_green(page: &str) -> bool {
    page.contains(r#"class="note good""#)
}

#[tokio::test]
async fn a_decision_after_a_colleagues_is_told_first_that_it_was_not_recorded() {
    for (first, second, title, said) in [
        (
            "approve",
            "reject",
            "Your rejection was not recorded",
            "approved",
        ),
        (
            "reject",
            "approve",
            "Your approval was not recorded",
            "rejected",
        ),
        (
            "approve",
            "approve",
            "Your approval was not recorded",
            "approved",
        ),
        (
            "reject",
            "reject",
            "Your rejection was not recorded",
            "rejected",
        ),
    ] {
        let asked = asked().await;
        let (_, page) = asked.decide_by_form(0, first).await;
        assert!(is_green(&page), "what the reader did: {page}");
        let (told, page) = asked.decide_by_form(1, second).await;
        assert_eq!(told, title);
        let made = format!("<p>{} {said} this request on <time", TEAM[0]);
        assert!(page.contains(&format!("<h1>{title}</h1>")) && page.contains(&made));
        assert!(!is_green(&page) && !page.contains("Because."), "{page}");
        // Who merely opens the link has sent nothing.
        let (_, page) = asked.get(1).await;
        assert!(!is_green(&page) && page.contains(&format!("already {said} by {}", TEAM[0])));
    }
}

#[tokio::test]
async fn the_same_form_sent_twice_is_told_the_same_and_another_that_it_came_too_late() {
    let asked = asked().await;
    asked.decide_by_form(0, "approve").await;
    let (title, page) = asked.decide_by_form(0, "approve").await;
    assert_eq!(title, "Already approved");
    assert!(is_green(&page) && page.contains("already approved by you"));
    let (title, page) = asked.decide_by_form(0, "reject").await;
    assert_eq!(title, "Your rejection was not recorded");
    assert!(!is_green(&page) && page.contains("You approved this request on"));
    for (action, title) in [
        ("ask", "Your question was not sent"),
        ("hand-over", "The request was not handed over"),
        ("identify", "The Stripe customer was not entered"),
    ] {
        let (told, page) = asked.title(1, 60, &[("action", action)]).await;
        assert_eq!(told, title);
        assert!(page.contains("approved this request on") && !is_green(&page));
    }
}

#[tokio::test]
async fn who_has_approved_while_more_have_to_cannot_reject_any_more() {
    let asked = asked_with(|config| config.approvals = 2).await;
    asked.decide_by_form(0, "approve").await;
    let (title, page) = asked.decide_by_form(0, "reject").await;
    assert_eq!(title, "Your rejection was not recorded");
    assert!(!is_green(&page) && page.contains("You approved it on"));
    let (title, page) = asked.decide_by_form(0, "approve").await;
    assert_eq!(title, "You have already approved this");
    assert!(is_green(&page));
}

#[tokio::test]
async fn what_comes_too_late_or_by_a_link_that_is_out_of_use_says_so_first() {
    let title = "Your approval was not recorded";
    let expired = asked().await;
    let approve = [("decision", "approve")];
    let (told, page) = expired.title(0, 14 * DAY, &approve).await;
    assert!(told == title && page.contains("This link has expired.") && !is_green(&page));

    let closed = asked().await;
    let store = &closed.function.store;
    let approval = store.approval(closed.id, &closed.phase).await.unwrap();
    let mut approval = approval.unwrap();
    let end = Timestamp::from_second(14 * DAY).unwrap();
    approval.value.expire(end, Some("Nobody was able to."));
    store.save_approval(&mut approval).await.unwrap();
    let (told, page) = closed.title(0, 14 * DAY, &approve).await;
    assert_eq!(told, title);
    assert!(page.contains("Nobody decided in time") && !is_green(&page));

    let handed = asked().await;
    handed
        .title(0, 60, &[("action", "hand-over"), ("to", TEAM[1])])
        .await;
    let (told, page) = handed.decide_by_form(0, "approve").await;
    assert_eq!(told, title);
    assert!(page.contains("You handed this request over.") && !is_green(&page));

    let again = asked().await;
    let store = &again.function.store;
    let approval = store.approval(again.id, &again.phase).await.unwrap();
    let mut approval = approval.unwrap();
    approval.value.round += 1;
    store.save_approval(&mut approval).await.unwrap();
    let (told, page) = again.decide_by_form(0, "approve").await;
    assert!(told == title && page.contains("please use the newest mail"));
}

/// What is entered everywhere, and how the page shows it again.
const ENTERED: [(&str, &str, &str); 5] = [
    ("reason", "Half was used.", "\nHalf was used.</textarea>"),
    (
        "amount",
        "30.10",
        r#"name="amount" inputmode="decimal" autocomplete="off" value="30.10""#,
    ),
    ("question", "Which month?", "\nWhich month?</textarea>"),
    (
        "to",
        TEAM[2],
        r#"<option value="csm-3@example.com" selected>"#,
    ),
    ("stripeCustomerId", "cus_x1", r#"value="cus_x1""#),
];

#[tokio::test]
async fn whichever_button_is_pressed_nothing_that_was_entered_is_lost() {
    for (button, wrong, label) in [
        (
            ("decision", "approve"),
            ("amount", "50.01"),
            "Amount to approve",
        ),
        (("decision", "reject"), ("reason", ""), "Reason"),
        (("action", "ask"), ("question", ""), "Your question"),
        (
            ("action", "hand-over"),
            ("to", "evil@example.com"),
            "Colleague",
        ),
        (
            ("action", "identify"),
            ("stripeCustomerId", "ada"),
            "Stripe Customer ID",
        ),
    ] {
        let asked = asked().await;
        let kept: Vec<_> = ENTERED.into_iter().filter(|it| it.0 != wrong.0).collect();
        let mut fields: Vec<_> = kept
            .iter()
            .map(|(name, value, _)| (*name, *value))
            .collect();
        fields.extend([button, wrong]);
        let (_, page) = asked.title(0, 60, &fields).await;
        for (name, _, shown) in kept {
            // With less than all of it nothing is rejected.
            assert!(page.contains(shown), "{name} after {button:?}: {page}");
        }
        if button.1 != "reject" {
            let link = format!("<a href=\"#{}\">{label}</a>: ", wrong.0);
            assert!(page.contains(&link), "{link}: {page}");
            let error = format!(r#"<p class="error" id="{}-error">{label}: "#, wrong.0);
            assert!(page.contains(&error), "{error}: {page}");
        }
        assert!(page.contains(r#"role="alert" tabindex="-1" autofocus"#));
        assert_eq!(page.matches("autofocus").count(), 1);
        assert_eq!(asked.actions(), ["submitted"]);
    }
}

#[tokio::test]
async fn the_page_of_a_case_has_one_form_and_its_enter_key_does_nothing() {
    let asked = asked().await;
    let (_, page) = asked.title(0, 60, &[]).await;
    assert_eq!(page.matches("<form").count(), 1);
    let first = page.split("<button").nth(1).unwrap();
    assert!(
        first.starts_with(r#" type="submit" disabled hidden>"#),
        "{first}"
    );
    let (question, rest) = page.split_once(APPROVE).unwrap();
    assert!(
        question.contains("Charged twice in May."),
        "first what it is about"
    );
    assert!(rest.contains("Ask the customer") && rest.contains("Hand it to a colleague"));
}

#[tokio::test]
async fn a_long_text_stands_after_the_decision_and_is_linked() {
    for (notes, is_long) in [
        ("x ".repeat(101), true),
        ("a\nb\nc\nd".to_owned(), true),
        ("x".repeat(200), false),
    ] {
        let asked = asked().await;
        let store = &asked.function.store;
        let mut request = store.request(asked.id).await.unwrap().unwrap();
        let answers = request.value.answers.iter_mut();
        let notes_field = answers
            .into_iter()
            .find(|it| it.name.as_str() == "notes")
            .unwrap();
        notes_field.value = Some(domain::form::Value::Text(notes.clone()));
        let write = Write::update(&request);
        store.table().commit(vec![write]).await.unwrap();
        let (_, page) = asked.title(0, 60, &[]).await;
        let (above, below) = page.split_once(APPROVE).unwrap();
        assert_eq!(above.contains(notes.trim()), !is_long);
        assert_eq!(below.contains(notes.trim()), is_long);
        assert_eq!(above.contains("<a href=\"#notes\">Notes</a>"), is_long);
    }
}
