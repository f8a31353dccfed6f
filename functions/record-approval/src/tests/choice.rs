//! A choice beside the approvals: whose it is, what can be chosen, and what everyone else is told.

use domain::reference::Reference;
use domain::task::ChoiceOption;
use testing::fixtures::approval::offer;

use super::*;

const CUSTOMER: &str = "ada@example.com";
const DAY: i64 = 24 * 3600;

async fn offered() -> Fixture {
    offered_with(|_| {}).await
}

async fn offered_with(change: impl FnOnce(&mut Approval)) -> Fixture {
    let store = RequestStore::new(MemoryTable::default());
    let (request, record) = fixtures::request::request();
    store.create(&request, &record, Vec::new()).await.unwrap();
    let mut approval = offer(&request);
    change(&mut approval);
    opened(store, approval).await
}

impl Fixture {
    async fn choose(&self, option: &str) -> (u16, Value) {
        self.choose_with(option, &self.secrets[0].1, 60).await
    }

    async fn choose_with(&self, option: &str, code: &str, second: i64) -> (u16, Value) {
        let body = json!({"decision": option, "code": code});
        self.post_at(0, second, &body).await
    }

    fn told(&self) -> Vec<(String, String)> {
        self.function.workflow.calls()
    }

    /// The main part of a page, without what is another one for each request.
    fn main_of(&self, page: &str) -> String {
        let main = page.split("<main>").nth(1).unwrap();
        let main = main.split("</main>").next().unwrap();
        let (link, code) = &self.secrets[0];
        main.replace(&Reference::of(self.id).to_string(), "RD-......")
            .replace(link, "[link]")
            .replace(code, "[code]")
            .replace("><", ">\n<")
    }
}

#[tokio::test]
async fn an_option_is_recorded_as_the_customers_and_the_execution_is_told() {
    for option in ["credit", "cash"] {
        let asked = offered().await;
        let (status, body) = asked.choose(option).await;
        let expected = json!({"outcome": option, "decidedBy": "customer", "decidedAt": "1970-01-01T00:01:00Z"});
        assert_eq!((status, body), (200, expected));
        assert_eq!(asked.told(), [("token-1".to_owned(), option.to_owned())]);
        assert_eq!(asked.actions(), ["submitted", "chosen"]);
        let items = asked.function.store.table().items();
        for item in items.iter().filter(|item| item.kind == "audit") {
            assert!(!item.body.to_string().contains(CUSTOMER), "{}", item.body);
        }
        let request = asked.function.store.request(asked.id).await.unwrap();
        assert_eq!(request.unwrap().value.output("rejectionReason"), None);
    }
}

#[tokio::test]
async fn what_is_not_offered_is_refused_and_what_is_offered_is_named() {
    let asked = offered().await;
    let before = asked.function.store.table().items();
    for option in [
        "approve",
        "reject",
        "expire",
        "otherwise",
        "",
        "CREDIT",
        "credit ",
    ] {
        let (status, body) = asked.choose(option).await;
        let error = &body["errors"][0];
        assert_eq!(
            (status, &error["field"]),
            (422, &json!("decision")),
            "{option:?}"
        );
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("credit, cash"), "{message}");
    }
    let (status, page) = asked
        .form(0, &format!("decision=approve&code={}", asked.secrets[0].1))
        .await;
    assert!(status == 422 && page.contains("credit, cash"), "{page}");
    assert_eq!(
        asked.function.store.table().items(),
        before,
        "no guess, no change"
    );

    let approval = super::asked().await;
    let (status, body) = approval.decide(0, "credit").await;
    let message = body["errors"][0]["message"].as_str().unwrap();
    assert!(
        status == 422 && message.contains("approve, reject"),
        "{message}"
    );
    assert_eq!(approval.decision().await, None);
}

#[tokio::test]
async fn opening_the_link_shows_nothing_personal_and_changes_nothing() {
    let asked = offered().await;
    let before = asked.function.store.table().items();
    for _ in 0..3 {
        let (status, page) = asked.get(0).await;
        assert_eq!(status, 200);
        for secret in [
            CUSTOMER,
            "Charged twice",
            "$50.00",
            "ch_1",
            "credit",
            &asked.secrets[0].1,
        ] {
            assert!(!page.contains(secret), "{secret}");
        }
    }
    assert_eq!(asked.function.store.table().items(), before);
    assert!(asked.told().is_empty());
    insta::assert_snapshot!("code_page", asked.main_of(&asked.get(0).await.1));
}

#[tokio::test]
async fn first_the_code_then_the_question_then_the_choice() {
    let asked = offered_with(|approval| {
        // The link in the test's address says `reject`.
        let Asked::Customer(choice) = &mut approval.asked else {
            unreachable!("it is a choice");
        };
        choice.options.push(ChoiceOption {
            outcome: "reject".to_owned(),
            label: "Neither".to_owned(),
        });
    })
    .await;
    let code = format!("code={}", asked.secrets[0].1);
    let (status, page) = asked.form(0, &code).await;
    assert_eq!(status, 200);
    for other in [
        "hand-over",
        "identify",
        "name=\"question\"",
        "at Stripe",
        "CSM",
    ] {
        assert!(!page.contains(other), "{other}");
    }
    insta::assert_snapshot!("question", asked.main_of(&page));
    assert_eq!(asked.decision().await, None, "seeing it decides nothing");

    let (status, page) = asked.form(0, &format!("decision=credit&{code}")).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!("chosen", asked.main_of(&page));
    for (status, page) in [asked.get(0).await, asked.form(0, &code).await] {
        assert_eq!(status, 200);
        insta::assert_snapshot!("chosen_before", asked.main_of(&page));
    }
}

#[tokio::test]
async fn a_second_answer_is_told_the_first() {
    let asked = offered().await;
    asked.choose("cash").await;
    let (status, body) = asked.choose("credit").await;
    assert_eq!((status, &body["outcome"]), (200, &json!("cash")));
    assert_eq!(asked.actions(), ["submitted", "chosen"]);
}

#[tokio::test]
async fn of_two_answers_at_once_one_counts_and_both_are_told_it() {
    let asked = offered().await;
    let (first, second) = tokio::join!(asked.choose("credit"), asked.choose("cash"));
    assert_eq!((first.0, second.0), (200, 200));
    assert_eq!(first.1, second.1);
    assert_eq!(asked.actions(), ["submitted", "chosen"]);
}

#[tokio::test]
async fn only_the_own_code_chooses() {
    let asked = offered().await;
    let other = offered().await.secrets[0].1.clone();
    let wrong = asked.wrong_code();
    for code in ["", "12345", "abcdef", other.as_str(), wrong.as_str()] {
        let (status, body) = asked.choose_with("credit", code, 60).await;
        let field = &body["errors"][0]["field"];
        assert_eq!((status, field), (403, &json!("code")), "{code}");
    }
    assert_eq!(asked.decision().await, None);
    assert!(asked.told().is_empty());
    let (status, page) = asked.form(0, "decision=credit&code=").await;
    assert!(status == 403 && !page.contains("Charged twice"));
}

#[tokio::test]
async fn too_many_wrong_codes_lock_the_link_and_bring_the_customer_a_fresh_one() {
    let asked = offered().await;
    let wrong = asked.wrong_code();
    for n in 1..=WRONG_CODES {
        let (status, _) = asked.choose_with("credit", &wrong, 60).await;
        assert_eq!(status, if n < WRONG_CODES { 403 } else { 423 }, "guess {n}");
    }
    assert_eq!(asked.choose("credit").await.0, 423);
    let (status, page) = asked.get(0).await;
    assert!(status == 423 && page.contains("This link is locked") && !page.contains(CUSTOMER));
    let sent = asked.function.mailer.sent();
    assert!(sent.len() == 1 && sent[0].to == CUSTOMER);
    assert!(sent[0].subject.starts_with("New link: "));
    let items = asked.function.store.table().items();
    let last = items.iter().rfind(|item| item.kind == "audit").unwrap();
    assert_eq!(
        (&last.body["action"], &last.body["detail"]),
        (&json!("link_locked"), &json!("customer"))
    );

    let lines = |start: &str| {
        let mut lines = sent[0].text.lines();
        lines.find_map(|line| line.strip_prefix(start)).unwrap()
    };
    let link = lines("A refund of $50.00 to my card: ");
    let (link, option) = link
        .split_once("/approvals/")
        .unwrap()
        .1
        .split_once('?')
        .unwrap();
    assert_eq!(option, "decision=cash");
    let fresh = json!({"decision": "cash", "code": lines("Code: ")});
    assert_eq!(asked.post_to(link, 60, &fresh).await.0, 200);
}

#[tokio::test]
async fn after_three_days_the_link_has_expired() {
    let asked = offered().await;
    let code = asked.secrets[0].1.clone();
    assert_eq!(asked.choose_with("credit", &code, 3 * DAY).await.0, 410);
    assert_eq!(asked.decision().await, None);
    let status = asked.choose_with("credit", &code, 3 * DAY - 1).await.0;
    assert_eq!(status, 200, "until the very end");
}

#[tokio::test]
async fn once_it_expired_the_page_says_so_in_a_friendly_way() {
    let end = jiff::Timestamp::from_second(3 * DAY).unwrap();
    let asked = offered_with(|approval| approval.expire(end, None)).await;
    let (status, page) = asked.get(0).await;
    assert_eq!(status, 200);
    insta::assert_snapshot!("expired", asked.main_of(&page));
    let (status, body) = asked.choose("credit").await;
    assert_eq!(
        (status, &body["outcome"], &body["decidedBy"]),
        (200, &json!("expire"), &Value::Null)
    );
}

#[tokio::test]
async fn nothing_of_what_approvers_do_exists_there() {
    let asked = offered().await;
    let code = &asked.secrets[0].1;
    for body in [
        json!({"action": "hand-over", "code": code, "to": TEAM[0]}),
        json!({"action": "ask", "code": code, "question": "Why?"}),
        json!({"action": "identify", "code": code, "stripeCustomerId": "cus_1"}),
    ] {
        let (status, answer) = asked.post_at(0, 60, &body).await;
        let field = &answer["errors"][0]["field"];
        assert_eq!((status, field), (422, &json!("action")), "{body}");
    }
    assert_eq!(asked.actions(), ["submitted"]);
    assert!(asked.function.mailer.sent().is_empty());
    assert_eq!(asked.choose("cash").await.0, 200, "and nothing is spoiled");
}

#[tokio::test]
async fn nobody_of_a_team_chooses_for_the_customer() {
    // Somebody put another address into the question.
    let store = RequestStore::new(MemoryTable::default());
    let (request, record) = fixtures::request::request();
    store.create(&request, &record, Vec::new()).await.unwrap();
    let waiting = testing::fixtures::approval::offering(request.request_id, 0, "token-1");
    let approval = Approval::offer(&waiting, 1, &request, TEAM[0], &link_keys()).unwrap();
    let asked = opened(store, approval).await;
    let (status, body) = asked.choose("credit").await;
    let detail = body["detail"].as_str().unwrap();
    assert!(
        status == 403 && detail.contains("only the customer"),
        "{detail}"
    );
    let (status, page) = asked.form(0, &format!("code={}", asked.secrets[0].1)).await;
    assert!(status == 403 && !page.contains("Charged twice"));
    assert_eq!(asked.decision().await, None);
}

#[tokio::test]
async fn a_choice_stands_even_if_the_execution_cannot_be_told() {
    let asked = offered().await;
    for _ in 0..3 {
        let outage = WorkflowError::Unavailable("ThrottlingException".into());
        asked.function.workflow.fail_next(outage);
    }
    assert_eq!(asked.choose("credit").await.0, 200);
    assert!(asked.told().is_empty());
    let made = asked.decision().await.unwrap();
    assert_eq!(made.outcome(), "credit");
    // Its time ran out at that moment: the token is gone, and the next state entry finds the choice.
    asked.function.workflow.fail_next(WorkflowError::TokenGone);
    assert_eq!(asked.choose("cash").await.1["outcome"], "credit");
    assert!(asked.told().is_empty());
    assert_eq!(asked.choose("cash").await.1["outcome"], "credit");
    assert_eq!(asked.told(), [("token-1".to_owned(), "credit".to_owned())]);
}

#[tokio::test]
async fn where_a_click_is_enough_no_code_is_asked_for() {
    let asked = offered_with(|approval| approval.confirm = Confirm::Click).await;
    let (_, page) = asked.get(0).await;
    assert!(!page.contains("name=\"code\"") && !page.contains("Charged twice"));
    assert_eq!(asked.form(0, "decision=cash&code=").await.0, 200);
    assert!(asked.decision().await.is_some());
}

#[tokio::test]
async fn the_pages_are_as_strict_as_all_others() {
    let asked = offered().await;
    let request = http("GET", &asked.secrets[0].0, 60, "", "");
    let response = asked.function.handle(&request).await;
    let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
    assert!(header("content-security-policy").starts_with("default-src 'none'"));
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("referrer-policy"), "no-referrer");
}
