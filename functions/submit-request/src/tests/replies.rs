//! The customer's answers to approvers' questions.

use domain::approval::Approval;
use domain::request::Event;
use domain::table::Write;
use domain::task::StateEntry;
use testing::fixtures::approval::waiting;

use super::*;

const CSM: &str = "csm-1@example.com";

struct Asked {
    function: Function,
    id: RequestId,
    url: String,
}

/// A request whose approver has asked two questions.
async fn asked() -> Asked {
    let function = function();
    let (mut request, record) = fixtures::request::request();
    let approval = Approval::ask(
        &waiting(request.request_id, 0, "token"),
        1,
        &[CSM.to_owned()],
        &link_keys(),
    );
    let now = StateEntry::during(&approval.phase, Timestamp::UNIX_EPOCH);
    for text in ["Which month?", "Which card?"] {
        request.apply(
            &Event::Questioned {
                by: CSM,
                text,
                key_id: "",
            },
            now,
        );
    }
    let more = vec![Write::create(&approval)];
    function
        .store
        .create(&request, &record, more)
        .await
        .unwrap();
    let url = request.status_url(&link_keys());
    Asked {
        function,
        id: request.request_id,
        url: url.replace("https://refunds.example.com", ""),
    }
}

impl Asked {
    /// Answers with the code of the question's mail.
    async fn reply(&self, number: &str, text: &str) -> (u16, String, Option<String>) {
        self.reply_with(&self.code(number), number, text).await
    }

    fn code(&self, number: &str) -> String {
        link_keys()
            .newest()
            .inquiry_code(self.id, number.parse().unwrap(), 0)
    }

    async fn reply_with(
        &self,
        code: &str,
        number: &str,
        text: &str,
    ) -> (u16, String, Option<String>) {
        let fields = [("question", number), ("answer", text), ("code", code)];
        let body = serde_urlencoded::to_string(fields).unwrap();
        let headers = json!({"content-type": "application/x-www-form-urlencoded"});
        let path = format!("{}/answers", self.url);
        self.function.send("POST", &path, headers, &body).await
    }

    async fn page(&self) -> String {
        self.function.send("GET", &self.url, json!({}), "").await.1
    }
}

#[tokio::test]
async fn a_question_is_answered_once_and_whoever_asked_is_told() {
    let asked = asked().await;
    let page = asked.page().await;
    assert!(
        page.contains("Which month?") && !page.contains(CSM),
        "not who asks"
    );
    let (status, _, location) = asked.reply("1", " May. ").await;
    assert_eq!(status, 303);
    assert!(location.unwrap().ends_with(&asked.url));
    assert_eq!(asked.reply("1", "June.").await.0, 409);
    let sent = asked.function.mailer.sent();
    assert!(sent.len() == 1 && sent[0].to == CSM && sent[0].text.contains("May."));
    let page = asked.page().await;
    assert!(page.contains("May.") && !page.contains("June."));
    assert!(
        page.contains("Send my answer"),
        "the other question is still open"
    );

    let request = asked
        .function
        .store
        .request(asked.id)
        .await
        .unwrap()
        .unwrap()
        .value;
    assert_eq!(request.inquiries[0].reply.as_ref().unwrap().text, "May.");
}

#[tokio::test]
async fn programs_answer_in_json() {
    let asked = asked().await;
    let path = format!("{}/answers", asked.url);
    let json_headers = json!({"content-type": "application/json"});
    let (one, two) = (asked.code("1"), asked.code("2"));
    for (body, expected) in [
        (json!({"question": 2, "answer": "Visa"}), 403),
        (json!({"question": 2, "answer": "Visa", "code": ""}), 403),
        (json!({"question": 2, "answer": "Visa", "code": one}), 403),
        (json!({"question": 2, "answer": "Visa", "code": two}), 200),
        (json!({"question": "1", "answer": "May", "code": one}), 200),
    ] {
        let headers = json_headers.clone();
        let (status, text, _) = asked
            .function
            .send("POST", &path, headers, &body.to_string())
            .await;
        assert_eq!(status, expected, "{text}");
        let problem: Value = serde_json::from_str(&text).unwrap();
        let field = problem["errors"][0]["field"].as_str();
        assert_eq!(field, (expected == 403).then_some("code"), "{text}");
    }
    for body in [
        "{}",
        "[]",
        r#"{"question":9,"answer":"x"}"#,
        r#"{"question":-1}"#,
    ] {
        let (status, text, _) = asked
            .function
            .send("POST", &path, json_headers.clone(), body)
            .await;
        assert_eq!(status, 422, "{text}");
    }
    let (_, text, _) = asked
        .function
        .send("GET", &asked.url, json!({"accept": "application/json"}), "")
        .await;
    let view: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        view["questions"][1],
        json!({"number": 2, "question": "Which card?", "answer": "Visa"})
    );
}

#[tokio::test]
async fn an_answer_is_there_and_not_endless_and_is_not_lost_when_refused() {
    let asked = asked().await;
    assert_eq!(asked.reply("1", "  ").await.0, 422);
    let long = format!("<b>{}", "x".repeat(5_000));
    let (status, page, _) = asked.reply("1", &long).await;
    assert!(
        status == 422 && page.contains("at most 5000 characters") && page.contains("&lt;b&gt;xxx")
    );
    for bad in ["It is seti_1_Secret_2", "a\u{7}b", "\u{200b}"] {
        assert_eq!(asked.reply("1", bad).await.0, 422, "{bad:?}");
    }
    assert!(asked.function.mailer.sent().is_empty());
}

#[tokio::test]
async fn nobody_answers_without_the_key_or_from_another_site() {
    let asked = asked().await;
    let headers = json!({"content-type": "application/x-www-form-urlencoded"});
    let wrong = format!("/requests/{}/{}/answers", asked.id, "0".repeat(32));
    let body = "question=1&answer=x";
    assert_eq!(
        asked.function.send("POST", &wrong, headers, body).await.0,
        404
    );
    let path = format!("{}/answers", asked.url);
    let headers = json!({"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "cross-site"});
    assert_eq!(
        asked.function.send("POST", &path, headers, body).await.0,
        403
    );
}

#[tokio::test]
async fn who_left_the_team_since_they_asked_is_not_told() {
    let mut asked = asked().await;
    asked.function.settings = settings(r#"{"csm-team":["csm-2@example.com"]}"#);
    assert_eq!(asked.reply("1", "May.").await.0, 303);
    assert!(asked.function.mailer.sent().is_empty());
}

#[tokio::test]
async fn an_answer_that_comes_too_late_is_refused_and_nobody_is_mailed() {
    let asked = asked().await;
    let mut request = asked
        .function
        .store
        .request(asked.id)
        .await
        .unwrap()
        .unwrap();
    request.value.phase = "Send Denial Email".parse().unwrap();
    let table = asked.function.store.table();
    table.commit(vec![Write::update(&request)]).await.unwrap();
    let (status, page, _) = asked.reply("1", "May").await;
    assert!(status == 409 && page.contains("no longer needed"));
    assert!(asked.page().await.contains("An answer is no longer needed"));
    assert!(asked.function.mailer.sent().is_empty());
}

#[tokio::test]
async fn who_has_not_read_the_mail_answers_nothing() {
    let asked = asked().await;
    let other = asked.code("2");
    for (code, words) in [
        ("", "six digits"),
        ("junk", "six digits"),
        (other.as_str(), "not the code in our mail"),
    ] {
        let (status, page, _) = asked.reply_with(code, "1", "<b>Junk").await;
        assert_eq!(status, 403, "{code:?}");
        assert!(
            page.contains(words) && page.contains("&lt;b&gt;Junk"),
            "{code:?}: {page}"
        );
        assert!(!page.contains(&asked.code("1")), "the page has no code");
    }
    assert!(!asked.page().await.contains("You answered"));
    assert_eq!(asked.reply("1", "May.").await.0, 303);
}

#[tokio::test]
async fn guessing_brings_a_fresh_code_and_the_customer_answers_with_it() {
    let asked = asked().await;
    let wrong = if asked.code("1") == "000000" {
        "000001"
    } else {
        "000000"
    };
    for expected in [403, 403, 403, 403, 423] {
        assert_eq!(asked.reply_with(wrong, "1", "Junk").await.0, expected);
    }
    let mails = asked.function.mailer.sent();
    let [mail] = mails.as_slice() else {
        panic!("one mail: {mails:?}");
    };
    assert_eq!(mail.to, "ada@example.com");
    let fresh = mail
        .text
        .lines()
        .find_map(|line| line.strip_prefix("Code: "))
        .unwrap();
    assert_eq!(
        asked.reply("1", "May.").await.0,
        403,
        "the old code is no use"
    );
    assert_eq!(asked.reply_with(fresh, "1", "May.").await.0, 303);
    let audit_log = asked.function.store.table().items();
    let renewed = audit_log
        .iter()
        .find(|item| item.body["action"] == "code_renewed");
    assert_eq!(renewed.unwrap().body["detail"], "question 1");
}

#[tokio::test]
async fn guesses_at_the_same_moment_all_count() {
    let asked = asked().await;
    let wrong = if asked.code("1") == "000000" {
        "000001"
    } else {
        "000000"
    };
    let guess = || asked.reply_with(wrong, "1", "Junk");
    let (a, b, c) = tokio::join!(guess(), guess(), guess());
    assert_eq!([a.0, b.0, c.0], [403; 3]);
    let items = asked.function.store.table().items();
    let code = items.iter().find(|item| item.kind == "inquiry-code");
    assert_eq!(code.unwrap().body["code"]["wrongCodes"], 3);
}
