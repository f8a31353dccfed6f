//! Offerings by invitation: who gets in, and that each invitation is used once.

use domain::invitation::{Invitation, InvitationToken};
use proptest::prelude::*;

use super::*;

const SURVEY: &str = "/services/customer-satisfaction/csat-survey";

pub(super) fn survey() -> Offering {
    serde_json::from_value(json!({
        "path": "customer-satisfaction/csat-survey",
        "service": {"name": "Customer Satisfaction", "description": "What customers tell us"},
        "offering": {"name": "CSAT Survey", "description": "Two short questions"},
        "firstPhase": "Recorded",
        "byInvitation": true,
        "form": {"fields": [
            {"name": "rating", "label": "How satisfied are you?", "type": "select", "options": ["Very", "Not"], "required": true},
            {"name": "comment", "label": "Anything else?", "type": "textarea", "required": false}
        ]}
    }))
    .unwrap()
}

const CHOSEN: &str = r#"value="Very" required checked>"#;

/// A refunded request whose mail invites.
struct Invited {
    function: Function,
    about: RequestId,
    token: String,
    code: String,
}

async fn invited() -> Invited {
    let function = function_of(&survey());
    let (request, record) = fixtures::request::request();
    let store = &function.store;
    store.create(&request, &record, Vec::new()).await.unwrap();
    Invited {
        function,
        about: request.request_id,
        token: token(request.request_id),
        code: code(request.request_id),
    }
}

fn token(about: RequestId) -> String {
    InvitationToken::new(&link_keys(), about, &survey().path).to_string()
}

fn code(about: RequestId) -> String {
    Invitation::new(about, &survey().path).code(link_keys().newest())
}

fn other_than(code: &str) -> &'static str {
    if code == "000000" { "000001" } else { "000000" }
}

impl Invited {
    async fn open(&self, token: &str) -> (u16, String) {
        self.open_with(&json!({ "invitation": token })).await
    }

    async fn open_with(&self, query: &Value) -> (u16, String) {
        let event = json!({
            "version": "2.0", "routeKey": "x", "rawPath": SURVEY,
            "rawQueryString": serde_urlencoded::to_string(query.as_object().unwrap()).unwrap(),
            "queryStringParameters": query, "headers": {},
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "d.example", "domainPrefix": "d",
                "http": {"method": "GET", "path": SURVEY, "protocol": "HTTP/1.1", "sourceIp": "1.2.3.4", "userAgent": "t"},
                "requestId": "r", "routeKey": "x", "stage": "$default", "time": "", "timeEpoch": 0
            },
            "isBase64Encoded": false
        });
        let http = from_str(&event.to_string()).unwrap();
        let response = self.function.handle(&http).await;
        let status = response.status().as_u16();
        let body = response.into_body().to_vec();
        (status, String::from_utf8(body).unwrap())
    }

    async fn send(&self, fields: &[(&str, &str)]) -> (u16, String, Option<String>) {
        let body = serde_urlencoded::to_string(fields).unwrap();
        let headers = json!({"content-type": "application/x-www-form-urlencoded"});
        let path = format!("{SURVEY}/requests");
        self.function.send("POST", &path, headers, &body).await
    }

    async fn rate_with(&self, token: &str, code: &str) -> (u16, String, Option<String>) {
        self.send(&[("rating", "Very"), ("invitation", token), ("code", code)])
            .await
    }

    async fn post_json(&self, key: Option<&str>, body: &Value) -> (u16, Value) {
        let mut headers = json!({"content-type": "application/json"});
        if let Some(key) = key {
            headers["idempotency-key"] = key.into();
        }
        let path = format!("{SURVEY}/requests");
        let function = &self.function;
        let (status, body, _) = function
            .send("POST", &path, headers, &body.to_string())
            .await;
        (status, serde_json::from_str(&body).unwrap())
    }

    fn rating(&self) -> Value {
        json!({"rating": "Very", "comment": null, "invitation": self.token, "code": self.code})
    }

    /// The requests but for the one that invites.
    fn ratings(&self) -> usize {
        self.function.stored("request") - 1
    }
}

#[tokio::test]
async fn nobody_finds_the_form_without_an_invitation() {
    let invited = invited().await;
    let function = &invited.function;
    let (_, page, _) = function.send("GET", "/", json!({}), "").await;
    assert!(page.contains("nothing to ask for") && !page.contains("CSAT"));
    let accept = json!({"accept": "application/json"});
    let (_, list, _) = function.send("GET", "/", accept.clone(), "").await;
    assert_eq!(list, r#"{"offerings":[]}"#);
    let (status, page, _) = function.send("GET", SURVEY, json!({}), "").await;
    assert!(status == 404 && page.contains("opens from the link in our mail"));
    assert_eq!(function.send("GET", SURVEY, accept, "").await.0, 404);
    let other = RequestId::random();
    let others_key = token(other).split_once('.').unwrap().1.to_owned();
    let status_key = link_keys().status_key(invited.about);
    for wrong in [
        "",
        "junk",
        &invited.about.to_string(),
        &format!("{}.", invited.about),
        &format!("{}.{}", invited.about, "0".repeat(32)),
        &format!("{}.{others_key}", invited.about),
        &format!("{}.{status_key}", invited.about),
    ] {
        let (status, page) = invited.open(wrong).await;
        assert!(status == 404 && !page.contains("<form"), "{wrong}");
        let (status, ..) = invited.rate_with(wrong, &invited.code).await;
        assert_eq!(status, 404, "{wrong}");
    }
    assert_eq!(function.stored("invitation"), 0);
    assert_eq!(invited.ratings(), 0);
}

#[tokio::test]
async fn the_link_opens_a_form_and_the_code_makes_it_count_once() {
    let invited = invited().await;
    let before = invited.function.store.table().items();
    let (status, page) = invited.open(&invited.token).await;
    assert!(status == 200 && page.contains("How satisfied are you?"));
    assert!(page.contains(">Send</button>") && page.contains(r#"for="code""#));
    assert!(!page.contains(&invited.code) && !page.contains("ada@example.com"));
    assert_eq!(invited.function.store.table().items(), before);

    let (status, _, location) = invited.rate_with(&invited.token, &invited.code).await;
    assert_eq!(status, 303);
    let location = location.unwrap().replace("https://d.example", "");
    let (_, page, _) = invited.function.send("GET", &location, json!({}), "").await;
    assert!(page.contains("Thank you, we have your answers") && page.contains("Very"));
    assert!(!page.contains("looking at your request") && !page.contains("Look for news"));
    assert_eq!(invited.ratings(), 1);

    let (status, page) = invited.open(&invited.token).await;
    assert!(status == 200 && page.contains("You have answered already"));
    assert!(!page.contains("<form") && !page.contains("Very"));
    for code in [invited.code.as_str(), ""] {
        let (status, page, _) = invited.rate_with(&invited.token, code).await;
        assert!(status == 409 && page.contains("1 January 1970"), "{page}");
    }
    let (status, problem) = invited.post_json(None, &invited.rating()).await;
    assert_eq!(status, 409);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("1 January 1970"), "{detail}");
    assert_eq!(invited.ratings(), 1);
}

#[tokio::test]
async fn the_answer_remembers_which_request_it_is_about() {
    let invited = invited().await;
    let (_, taken) = invited.post_json(None, &invited.rating()).await;
    let id = taken["requestId"].as_str().unwrap().parse().unwrap();
    let request = invited.function.store.request(id).await.unwrap().unwrap();
    assert_eq!(request.value.about, Some(invited.about));
    let items = invited.function.store.table().items();
    let record = items
        .iter()
        .find(|item| item.kind == "audit" && item.body["requestId"] == json!(id));
    let detail = format!("about {}", invited.about);
    assert_eq!(record.unwrap().body["detail"], detail);
    assert_eq!(
        invited.function.workflow.calls(),
        [("start".to_owned(), id.to_string())]
    );
}

#[tokio::test]
async fn a_link_chooses_a_rating_and_records_none() {
    let invited = invited().await;
    let before = invited.function.store.table().items();
    for (rating, is_chosen) in [
        ("Very", true),
        ("very", false),
        ("", false),
        ("Very\"><b>", false),
    ] {
        let query = json!({"invitation": invited.token, "rating": rating, "code": invited.code});
        let (status, page) = invited.open_with(&query).await;
        assert_eq!(
            (status, page.contains(CHOSEN)),
            (200, is_chosen),
            "{rating}"
        );
        assert_eq!(page.matches(" checked").count(), usize::from(is_chosen));
        assert!(
            !page.contains(&invited.code),
            "it is typed by who has read the mail"
        );
        assert!(!page.contains("<b>"));
    }
    assert_eq!(invited.function.store.table().items(), before);
    // A page that is sent as it stands lacks the code.
    let (status, ..) = invited.rate_with(&invited.token, "").await;
    assert_eq!((status, invited.ratings()), (403, 0));
}

#[tokio::test]
async fn who_has_not_read_the_mail_rates_nothing() {
    let invited = invited().await;
    let others = code(RequestId::random());
    let wrong = if others == invited.code {
        other_than(&invited.code)
    } else {
        &others
    };
    for (code, words) in [
        ("", "six digits"),
        ("junk", "six digits"),
        (wrong, "not the code in our mail"),
    ] {
        let (status, page, _) = invited.rate_with(&invited.token, code).await;
        assert_eq!(status, 403, "{code:?}");
        assert!(page.contains(words) && page.contains(CHOSEN));
        let mut rating = invited.rating();
        rating["code"] = code.into();
        let (status, problem) = invited.post_json(Some("k"), &rating).await;
        assert_eq!(status, 403);
        assert_eq!(problem["errors"][0]["field"], "code", "{problem}");
    }
    let mut rating = invited.rating();
    rating.as_object_mut().unwrap().remove("code");
    assert_eq!(invited.post_json(None, &rating).await.0, 403);
    let (status, page, _) = invited
        .send(&[("invitation", &invited.token), ("code", &invited.code)])
        .await;
    assert!(status == 422 && page.contains("How satisfied are you?</a> is required"));
    assert!(!page.contains("<a href=\"#code\">"), "the code is right");
    // All that is missing is said in one round.
    for code in ["", "junk"] {
        let (status, page, _) = invited
            .send(&[("invitation", &invited.token), ("code", code)])
            .await;
        assert!(status == 422 && page.contains("How satisfied are you?</a> is required"));
        assert!(page.contains("<a href=\"#code\">Code</a>: please enter the six digits"));
    }
    assert_eq!(invited.ratings(), 0);
    assert_eq!(invited.post_json(Some("k"), &invited.rating()).await.0, 202);
}

#[tokio::test]
async fn what_was_sent_in_by_invitation_is_its_persons_also_when_the_request_that_invites_is_forgotten()
 {
    let invited = invited().await;
    let store = &invited.function.store;
    invited.rate_with(&invited.token, &invited.code).await;
    invited.function.erase(invited.about).await;
    let found = store.requests_of_person("ADA@example.com").await.unwrap();
    let about: Vec<_> = found.iter().map(|request| request.about).collect();
    assert_eq!(about, [Some(invited.about)]);
}

#[tokio::test]
async fn an_invitation_ends_with_the_personal_data_of_its_request() {
    let invited = invited().await;
    invited.function.erase(invited.about).await;
    for code in [&invited.code, other_than(&invited.code)] {
        let (status, page, _) = invited.rate_with(&invited.token, code).await;
        assert!(
            status == 410 && page.contains("This invitation has ended"),
            "{page}"
        );
    }
    assert_eq!(invited.ratings(), 0);
}

#[tokio::test]
async fn guessing_brings_a_fresh_code_and_the_customer_rates_with_it() {
    let invited = invited().await;
    let wrong = other_than(&invited.code);
    for expected in [403, 403, 403, 403, 423] {
        let (status, page, _) = invited.rate_with(&invited.token, wrong).await;
        assert_eq!(status, expected, "{page}");
    }
    assert_eq!(
        invited.rate_with(&invited.token, &invited.code).await.0,
        403
    );
    let mails = invited.function.mailer.sent();
    let [mail] = mails.as_slice() else {
        panic!("one mail: {mails:?}");
    };
    assert_eq!(mail.to, "ada@example.com");
    assert!(mail.text.contains(&invited.token), "{}", mail.text);
    let mut lines = mail.text.lines();
    let fresh = lines.find_map(|line| line.strip_prefix("Code: ")).unwrap();
    assert_eq!(invited.ratings(), 0);
    assert_eq!(invited.rate_with(&invited.token, fresh).await.0, 303);
    let items = invited.function.store.table().items();
    let renewed = items
        .iter()
        .find(|item| item.body["action"] == "code_renewed");
    assert_eq!(renewed.unwrap().body["requestId"], json!(invited.about));
    // And without an end the customer is not flooded.
    let flooded = self::invited().await;
    for _ in 0..60 {
        let guess = flooded.rate_with(&flooded.token, "999999x").await;
        assert_eq!(guess.0, 403, "no code is no guess");
    }
    let mut last = 0;
    for guess in 0..60 {
        let guess = format!("{:06}", 500_000 + guess);
        last = flooded.rate_with(&flooded.token, &guess).await.0;
    }
    assert_eq!((last, flooded.function.mailer.sent().len()), (423, 5));
}

#[tokio::test]
async fn of_two_answers_at_once_one_counts() {
    let invited = invited().await;
    let rating = invited.rating();
    let (a, b) = tokio::join!(
        invited.post_json(None, &rating),
        invited.post_json(Some("k"), &rating)
    );
    let mut statuses = [a.0, b.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [202, 409]);
    assert_eq!(invited.ratings(), 1);
}

#[tokio::test]
async fn the_same_form_sent_twice_is_the_same_answer() {
    let invited = invited().await;
    let rating = invited.rating();
    let (a, b) = tokio::join!(
        invited.post_json(Some("k"), &rating),
        invited.post_json(Some("k"), &rating)
    );
    assert_eq!((a.0, b.0), (202, 202));
    assert_eq!(a.1, b.1);
    let again = invited.post_json(Some("k"), &rating).await;
    assert_eq!(again.1, a.1);
    let mut other = rating.clone();
    other["comment"] = "And more.".into();
    assert_eq!(invited.post_json(Some("k"), &other).await.0, 409);
    let mut unread = rating.clone();
    unread["code"] = other_than(&invited.code).into();
    assert_eq!(
        invited.post_json(Some("k"), &unread).await.0,
        409,
        "the key alone does not lead to the answers"
    );
    assert_eq!(invited.ratings(), 1);
}

#[tokio::test]
async fn an_answer_that_could_not_be_started_is_started_by_the_retry() {
    let invited = invited().await;
    for _ in 0..5 {
        let failure = WorkflowError::Unavailable("ThrottlingException".into());
        invited.function.workflow.fail_next(failure);
    }
    assert_eq!(invited.post_json(None, &invited.rating()).await.0, 503);
    assert!(invited.function.workflow.calls().is_empty());
    assert_eq!(invited.post_json(None, &invited.rating()).await.0, 409);
    assert_eq!(invited.function.workflow.calls().len(), 1);
}

#[tokio::test]
async fn programs_learn_what_an_invitation_needs() {
    let invited = invited().await;
    let offering = survey();
    let schema = offering.json_schema();
    for member in ["invitation", "code"] {
        assert!(schema["properties"][member].is_object(), "{schema}");
        let required = schema["required"].as_array().unwrap();
        assert!(required.contains(&json!(member)), "{schema}");
    }
    let mut strange = invited.rating();
    strange["colour"] = "red".into();
    assert_eq!(invited.post_json(None, &strange).await.0, 422);
    // To an offering for everybody the same members are strange fields.
    let mut answers = answers();
    answers["code"] = "123456".into();
    let (status, problem) = function().post(None, &answers.to_string()).await;
    assert_eq!(
        (status, &problem["errors"][0]["field"]),
        (422, &json!("code"))
    );
}

/// The form with this in each place, refused; and the page of what was sent.
async fn pages(text: &str) -> Vec<String> {
    let invited = invited().await;
    let (token, code) = (invited.token.as_str(), invited.code.as_str());
    let mut pages = Vec::new();
    for fields in [
        [("rating", text), ("comment", "?"), ("code", "?")],
        [("rating", "?"), ("comment", text), ("code", "?")],
        [("rating", "?"), ("comment", "?"), ("code", text)],
        [("rating", "Very"), ("comment", "?"), ("code", text)],
    ] {
        let fields: Vec<_> = fields.into_iter().chain([("invitation", token)]).collect();
        pages.push(invited.send(&fields).await.1);
    }
    pages.push(
        invited
            .send(&[("rating", "Very"), ("invitation", text)])
            .await
            .1,
    );
    let (mut request, record) = domain::request::Request::submit(domain::request::Submission {
        request_id: RequestId::random(),
        offering: &survey(),
        values: &domain::form::Values::new(),
        origin: "https://d.example".to_owned(),
        about: Some(invited.about),
        at: Timestamp::UNIX_EPOCH,
    });
    for answer in &mut request.answers {
        answer.value = Some(domain::form::Value::Text(text.to_owned()));
    }
    let store = &invited.function.store;
    store.create(&request, &record, Vec::new()).await.unwrap();
    let path = request
        .status_url(&link_keys())
        .replace("https://d.example", "");
    pages.push(invited.function.send("GET", &path, json!({}), "").await.1);
    assert!(!pages.concat().contains(code), "no page has the code");
    pages
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn no_text_leaves_its_place_on_any_page(text in super::hostile::hostile()) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let (hostile, sanitize_text) = runtime.block_on(async { (pages(&text).await, pages("?").await) });
        super::hostile::check(&hostile, &sanitize_text)?;
    }
}
