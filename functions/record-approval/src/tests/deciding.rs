//! Deciding: once, by the right people, with the right code.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::approval::Refusal;

use super::*;
use crate::action_outcome::ActionOutcome;

#[tokio::test]
async fn opening_the_link_shows_nothing_personal_and_changes_nothing() {
    let asked = asked().await;
    let before = asked.function.store.table().items();
    let (status, page) = asked.get(0).await;
    assert_eq!(status, 200);
    for text in ["Refund?", "CSM Review", "$50.00", "ch_1", TEAM[0]] {
        assert!(page.contains(text), "{text}");
    }
    for personal in [
        "ada@example.com",
        "Charged twice in May.",
        "Duplicate charge",
    ] {
        assert!(!page.contains(personal), "{personal}");
    }
    assert!(
        !page.contains(&asked.secrets[0].1),
        "the code is in the mail only"
    );
    assert_eq!(asked.function.store.table().items(), before);
    assert!(asked.function.workflow.calls().is_empty());
}

#[tokio::test]
async fn first_the_code_then_the_case_then_the_decision() {
    let asked = asked().await;
    let code = &asked.secrets[0].1;
    let (status, case) = asked.form(0, &format!("code={code}")).await;
    assert_eq!(status, 200);
    for text in [
        "ada@example.com",
        "Charged twice in May.",
        "Duplicate charge",
        code,
    ] {
        assert!(case.contains(text), "{text}");
    }
    assert!(
        case.contains(r#"<button type="submit" name="decision" value="reject">"#),
        "the link's choice stands out"
    );
    assert_eq!(asked.decision().await, None, "seeing it decides nothing");

    let (status, page) = asked
        .form(0, &format!("decision=approve&reason=&code={code}"))
        .await;
    assert!(status == 200 && page.contains("You approved this request"));
    assert!(asked.decision().await.is_some());
    let (status, page) = asked.form(0, &format!("code={code}")).await;
    assert!(status == 200 && page.contains("already approved by you"));
}

#[tokio::test]
async fn a_decision_is_recorded_and_the_execution_is_told() {
    let asked = asked().await;
    let (status, body) = asked.decide(0, "approve").await;
    assert_eq!(
        (status, &body["outcome"], &body["decidedBy"]),
        (200, &json!("approve"), &json!(TEAM[0]))
    );
    assert_eq!(body["decidedAt"], "1970-01-01T00:01:00Z");
    let told = ("token-1".to_owned(), "approve".to_owned());
    assert_eq!(asked.function.workflow.calls(), [told]);
    let items = asked.function.store.table().items();
    let last = items.iter().rfind(|item| item.kind == "audit").unwrap();
    assert_eq!(
        (&last.body["actor"], &last.body["action"]),
        (&json!(TEAM[0]), &json!("approved"))
    );
}

#[tokio::test]
async fn of_two_approvers_one_wins_and_the_other_is_told() {
    let asked = asked().await;
    let (first, second) = tokio::join!(asked.decide(0, "approve"), asked.decide(1, "reject"));
    assert_eq!((first.0, second.0), (200, 200));
    assert_eq!(first.1, second.1, "both are told the same decision");
    let (_, page) = asked.get(2).await;
    let winner = asked.decision().await.unwrap();
    assert!(page.contains("Already") && page.contains(winner.by().unwrap()));
    assert_eq!(asked.actions().len(), 2, "submitted, and one decision");
}

#[tokio::test]
async fn a_reason_is_needed_to_reject_and_is_shown_to_nobody_who_merely_has_a_link() {
    let asked = asked().await;
    let code = asked.secrets[0].1.clone();
    let body = json!({"decision": "reject", "code": code});
    let (status, body) = asked.post_at(0, 60, &body).await;
    assert_eq!(
        (status, &body["errors"][0]["field"]),
        (422, &json!("reason"))
    );
    let long = "x+".repeat(2_001);
    let (status, page) = asked
        .form(0, &format!("decision=reject&code={code}&reason={long}"))
        .await;
    assert!(status == 422 && page.contains("not recorded") && page.contains("x x x"));
    assert_eq!(asked.decision().await, None);

    let (status, page) = asked
        .form(
            0,
            &format!("decision=reject&code={code}&reason=Ada+%3Cb%3E"),
        )
        .await;
    assert!(status == 200 && page.contains("Ada &lt;b&gt;"));
    let (_, page) = asked.get(1).await;
    assert!(page.contains("already rejected by csm-1@example.com") && !page.contains("Ada"));
}

#[tokio::test]
async fn a_reason_is_mailed_as_it_was_written_or_refused() {
    let asked = asked().await;
    let code = asked.secrets[0].1.clone();
    let reject = |reason: &str| json!({"decision": "reject", "code": code, "reason": reason});
    for bad in [
        "a\u{7}b",
        "It is pi_1_secret_2",
        "Pi_1_Secret_2",
        "sk_live_1",
        "\u{200b}",
    ] {
        let (status, body) = asked.post_at(0, 60, &reject(bad)).await;
        let field = &body["errors"][0]["field"];
        assert_eq!((status, field), (422, &json!("reason")), "{bad:?}");
        assert!(!body.to_string().contains("ecret_2"), "{body}");
    }
    assert_eq!(asked.decision().await, None);
    asked.post_at(0, 60, &reject("First\u{b}Second")).await;
    let decision = asked.decision().await.unwrap();
    assert_eq!(decision.reason(), Some("First\nSecond"));
}

#[tokio::test]
async fn what_is_misspelt_is_not_ignored() {
    let asked = asked().await;
    let code = asked.secrets[0].1.clone();
    let body = json!({"decision": "approve", "code": code, "amonut": "0.50"});
    let (status, answer) = asked.post_at(0, 60, &body).await;
    assert!(
        status == 422 && answer.to_string().contains("amonut"),
        "{answer}"
    );
    let (status, page) = asked
        .form(0, &format!("decision=approve&code={code}&Amount=0.50"))
        .await;
    assert!(status == 422 && page.contains("Amount"), "{page}");
    assert_eq!(asked.decision().await, None);
}

#[tokio::test]
async fn after_the_decision_a_program_is_told_that_nothing_else_was_done() {
    let asked = asked().await;
    asked.decide(0, "approve").await;
    let code = asked.secrets[1].1.clone();
    for action in ["ask", "hand-over", "identify", "confirm-ownership"] {
        let body = json!({"action": action, "code": code, "question": "Which one?"});
        let (status, answer) = asked.post_at(1, 60, &body).await;
        assert_eq!(status, 409, "{answer}");
        assert!(answer["detail"].as_str().unwrap().contains("approve"));
    }
}

#[tokio::test]
async fn a_late_decision_and_nonsense_decide_nothing() {
    let asked = asked().await;
    for body in [
        json!({}),
        json!({"decision": "maybe", "code": "1"}),
        json!([]),
        json!({"decision": "approve", "code": 1}),
        json!({"code": asked.secrets[0].1}),
    ] {
        let (status, _) = asked.post_at(0, 60, &body).await;
        assert_eq!(status, 422, "{body}");
    }
    let late = json!({"decision": "approve", "code": asked.secrets[0].1});
    let (status, _) = asked.post_at(0, 14 * 24 * 3600, &late).await;
    assert_eq!(status, 410);
    assert_eq!(asked.decision().await, None);
    assert!(asked.function.workflow.calls().is_empty());
}

#[tokio::test]
async fn nobody_decides_their_own_request() {
    let asked = asked().await;
    let store = &asked.function.store;
    let mut request = store.request(asked.id).await.unwrap().unwrap();
    request.value.answers[0].value = Some(domain::form::Value::Text("CSM-1@Example.com".into()));
    store
        .table()
        .commit(vec![Write::update(&request)])
        .await
        .unwrap();
    let (status, body) = asked.decide(0, "approve").await;
    assert!(
        status == 403
            && body["detail"]
                .as_str()
                .unwrap()
                .contains("your own request")
    );
    let (_, page) = asked.form(0, &format!("code={}", asked.secrets[0].1)).await;
    assert!(page.contains("you cannot decide about your own request"));
    assert!(!page.contains(APPROVE));
    assert_eq!(asked.decide(1, "approve").await.0, 200, "somebody else can");
}

#[tokio::test]
async fn who_decided_a_separate_phase_is_refused_and_told_why() {
    let asked = asked_with(|config| {
        config.separate_from = vec!["First Look".parse().unwrap()];
    })
    .await;
    let mut first = waiting(asked.id, 0, "t");
    first.task.phase = "First Look".parse().unwrap();
    let mut first = Approval::ask(&first, 1, &TEAM.map(str::to_owned), &link_keys());
    let store = &asked.function.store;
    let request = store.request(asked.id).await.unwrap().unwrap().value;
    let verdict = domain::approval::Verdict::Approve;
    testing::fixtures::approval::decide(&mut first, &request, TEAM[0], verdict, "");
    store
        .table()
        .commit(vec![Write::create(&first)])
        .await
        .unwrap();

    let (status, body) = asked.decide(0, "approve").await;
    assert!(
        status == 403
            && body["detail"]
                .as_str()
                .unwrap()
                .contains("you decided First Look")
    );
    let (_, page) = asked.form(0, &format!("code={}", asked.secrets[0].1)).await;
    assert!(page.contains("you decided First Look") && !page.contains(APPROVE));
    assert_eq!(asked.decide(1, "approve").await.0, 200);
}

#[tokio::test]
async fn two_of_two_people_and_the_page_says_how_many_are_missing() {
    let asked = asked_with(|config| config.approvals = 2).await;
    let (status, body) = asked.decide(0, "approve").await;
    assert_eq!((status, &body["approvalsMissing"]), (200, &json!(1)));
    assert!(asked.function.workflow.calls().is_empty());
    let (status, again) = asked.decide(0, "reject").await;
    assert_eq!(
        (status, &again["outcome"]),
        (200, &json!("approve")),
        "a link works once"
    );
    let (_, page) = asked.get(0).await;
    assert!(page.contains("One more person has to approve"));
    let (_, body) = asked.decide(1, "approve").await;
    assert_eq!(body.get("approvalsMissing"), None);
    assert_eq!(asked.function.workflow.calls().len(), 1);
    assert_eq!(
        asked.actions(),
        ["submitted", "partly_approved", "approved"]
    );
}

#[tokio::test]
async fn two_approve_at_the_same_moment_and_both_count() {
    let asked = asked_with(|config| config.approvals = 2).await;
    tokio::join!(asked.decide(0, "approve"), asked.decide(1, "approve"));
    assert!(asked.decision().await.is_some());
    assert_eq!(asked.function.workflow.calls().len(), 1);
}

#[tokio::test]
async fn the_first_rejection_ends_it() {
    let asked = asked_with(|config| config.approvals = 2).await;
    asked.decide(0, "approve").await;
    asked.decide(1, "reject").await;
    assert_eq!(asked.decision().await.unwrap().outcome(), "reject");
    let told = ("token-1".to_owned(), "reject".to_owned());
    assert_eq!(asked.function.workflow.calls(), [told]);
}

#[tokio::test]
async fn where_a_click_is_enough_no_code_is_asked_for() {
    let asked = asked_with(|config| config.confirm = Confirm::Click).await;
    let (_, page) = asked.get(0).await;
    assert!(!page.contains("name=\"code\"") && !page.contains("Charged twice"));
    let (_, case) = asked.form(0, "").await;
    assert!(case.contains("Charged twice"));
    assert_eq!(asked.form(0, "decision=approve&code=").await.0, 200);
    assert!(asked.decision().await.is_some());
}

#[tokio::test]
async fn an_unknown_link_looks_like_any_unknown_address() {
    let asked = asked().await;
    let request = http("GET", "00000000000000000000000000000000", 60, "", "");
    assert_eq!(answer(asked.function.handle(&request).await).0, 404);
}

#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let asked = asked().await;
    let body = format!("decision=approve&code={}", asked.secrets[0].1);
    let mut request = http("POST", &asked.secrets[0].0, 60, FORM, &body);
    let headers = request.headers_mut();
    headers.insert("sec-fetch-site", "cross-site".parse().unwrap());
    assert_eq!(answer(asked.function.handle(&request).await).0, 403);
    assert_eq!(asked.decision().await, None);
    let headers = request.headers_mut();
    headers.insert("sec-fetch-site", "same-origin".parse().unwrap());
    assert_eq!(answer(asked.function.handle(&request).await).0, 200);
}

#[tokio::test]
async fn a_decision_stands_even_if_the_execution_cannot_be_told() {
    let asked = asked().await;
    for _ in 0..3 {
        let outage = WorkflowError::Unavailable("ThrottlingException".into());
        asked.function.workflow.fail_next(outage);
    }
    assert_eq!(asked.decide(0, "approve").await.0, 200);
    assert!(asked.function.workflow.calls().is_empty());
    assert_eq!(asked.decide(1, "reject").await.1["outcome"], "approve");
    let calls = asked.function.workflow.calls().len();
    assert_eq!(calls, 1, "a later visit hands it over");
}

#[tokio::test]
async fn how_long_there_is_to_decide_is_said_in_the_zone_of_the_deployment() {
    let mut asked = asked().await;
    asked.function.settings = Settings {
        brand: serde_json::from_value(json!({"name": "Acme", "timeZone": "America/New_York"}))
            .unwrap(),
        ..Settings::clone(&asked.function.settings.current())
    }
    .into();
    let (_, page) = asked.get(0).await;
    let time =
        "<time datetime=\"1970-01-15T00:00:00Z\">14 January 1970, 19:00 EST</time> (in 14 days)";
    assert!(page.contains(time), "{page}");
    assert!(page.contains(" · Acme</title>"), "{page}");
}

#[tokio::test]
async fn a_token_that_was_replaced_meanwhile_is_looked_up_again() {
    let asked = asked().await;
    asked.decide(0, "approve").await;
    let request = http("POST", &asked.secrets[0].0, 60, FORM, "");
    let now = received_at(&request).unwrap();
    let opened = asked.function.open(&request, now).await.unwrap().unwrap();
    let mut newer = opened.approval.clone();
    newer.value.task_token = "token-2".parse().unwrap();
    asked
        .function
        .store
        .save_approval(&mut newer)
        .await
        .unwrap();
    asked.function.workflow.fail_next(WorkflowError::TokenGone);
    let decision = asked.decision().await.unwrap();
    let found = ActionOutcome::Refused(Refusal::Decided(Box::new(decision)));
    asked.function.answer_task(&opened, &found).await;
    let told = ("token-2".to_owned(), "approve".to_owned());
    assert_eq!(asked.function.workflow.calls().last(), Some(&told));
}

#[tokio::test]
async fn who_left_the_team_decides_nothing_any_longer() {
    let mut asked = asked().await;
    let teams = json!({"csm-team": [TEAM[1], TEAM[2]]});
    asked.function.settings = settings(&teams.to_string());
    let (status, body) = asked.decide(0, "approve").await;
    let detail = body["detail"].as_str().unwrap();
    assert!(
        status == 403 && detail.contains("no longer on a team"),
        "{detail}"
    );
    assert!(asked.get(0).await.1.contains("no longer on a team"));
    assert_eq!(asked.decide(1, "approve").await.0, 200);
}

#[tokio::test]
async fn who_is_removed_while_their_page_is_open_decides_nothing_any_longer() {
    let mut asked = asked().await;
    let read = AtomicUsize::new(0);
    // They are on the team when the function starts and when the page is opened.
    asked.function.settings = Cached::load(Duration::ZERO, move || {
        let members = if read.fetch_add(1, Ordering::SeqCst) < 2 {
            &TEAM[..]
        } else {
            &TEAM[1..]
        };
        let teams = Teams::parse(&json!({"csm-team": members}).to_string()).unwrap();
        std::future::ready(Ok(Settings {
            teams,
            ..Settings::default()
        }))
    })
    .await
    .unwrap();
    assert_eq!(asked.get(0).await.0, 200);
    let (status, body) = asked.decide(0, "approve").await;
    assert_eq!(status, 403, "{body}");
}
