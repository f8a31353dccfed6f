//! Guessing codes: counted, limited, and of no harm to whom the link belongs.

use std::collections::BTreeSet;

use domain::table::Key;
use testing::{Hook, HookedTable};

use super::*;

#[tokio::test]
async fn nothing_but_the_own_code_decides() {
    let asked = asked().await;
    let other = asked.secrets[1].1.clone();
    for code in ["", "12345", "1234567", "abcdef", "      ", other.as_str()] {
        let (status, body) = asked.guess(0, code).await;
        assert_eq!(
            (status, &body["errors"][0]["field"]),
            (403, &json!("code")),
            "{code}"
        );
    }
    assert_eq!(asked.decision().await, None);
    assert!(asked.function.workflow.calls().is_empty());
}

#[tokio::test]
async fn what_cannot_be_a_code_is_not_counted() {
    let asked = asked().await;
    let before = asked.function.store.table().items();
    for code in [
        "",
        "x",
        "12345",
        "1234567",
        "12 34 5",
        "<script>",
        "\u{661}\u{662}\u{663}\u{664}\u{665}\u{666}",
    ] {
        for _ in 0..10 {
            asked.guess(0, code).await;
        }
    }
    assert_eq!(asked.function.store.table().items(), before);
    assert_eq!(asked.decide(0, "approve").await.0, 200);
}

#[tokio::test]
async fn too_many_wrong_codes_lock_the_link_and_bring_a_fresh_one() {
    let asked = asked().await;
    let wrong = asked.wrong_code();
    for n in 1..=WRONG_CODES {
        let (status, _) = asked.guess(0, &wrong).await;
        assert_eq!(status, if n < WRONG_CODES { 403 } else { 423 }, "guess {n}");
    }
    let (status, _) = asked.decide(0, "approve").await;
    assert_eq!(status, 423, "not even the right code opens a locked link");
    let (status, page) = asked.get(0).await;
    assert!(status == 423 && page.contains("This link is locked"));
    assert_eq!(asked.actions(), ["submitted", "link_locked"]);

    let sent = asked.function.mailer.sent();
    assert_eq!(sent.len(), 1, "only the approver hears of it");
    assert!(sent[0].to == TEAM[0] && sent[0].subject.starts_with("New link: "));
    let (link, code) = secrets_in(&sent[0]);
    assert_ne!((&link, &code), (&asked.secrets[0].0, &asked.secrets[0].1));
    let stale = json!({"decision": "approve", "code": asked.secrets[0].1});
    assert_eq!(
        asked.post_to(&link, 60, &stale).await.0,
        403,
        "the old code is over"
    );
    let fresh = json!({"decision": "approve", "code": code});
    assert_eq!(asked.post_to(&link, 60, &fresh).await.0, 200);
}

#[tokio::test]
async fn the_others_decide_while_one_link_is_locked() {
    let asked = asked().await;
    for _ in 0..WRONG_CODES {
        asked.guess(0, &asked.wrong_code()).await;
    }
    assert_eq!(asked.decide(1, "approve").await.0, 200);
}

#[tokio::test]
async fn fresh_links_stop_being_mailed_but_never_stop_working() {
    let asked = asked().await;
    let mut link = asked.secrets[0].0.clone();
    let key = link_keys();
    for round in 0..8 {
        for n in 0..WRONG_CODES {
            let right = asked.approval().await.secrets(&key, TEAM[0]).1;
            let wrong = if right == "000000" {
                "000001"
            } else {
                "000000"
            };
            let body = json!({"decision": "approve", "code": wrong});
            let (status, _) = asked.post_to(&link, 60, &body).await;
            assert!(
                status == 403 || status == 423,
                "round {round}, guess {n}: {status}"
            );
        }
        link = asked.approval().await.secrets(&key, TEAM[0]).0;
    }
    assert_eq!(asked.function.mailer.sent().len(), 5, "at most five a day");
    let code = asked.approval().await.secrets(&key, TEAM[0]).1;
    let body = json!({"decision": "approve", "code": code});
    assert_eq!(
        asked.post_to(&link, 60, &body).await.0,
        200,
        "the next reminder carries it"
    );
}

#[tokio::test]
async fn a_mail_that_is_not_sent_does_not_undo_the_lock() {
    let asked = asked().await;
    for _ in 0..3 {
        let outage = MailError::Unavailable("Throttling".into());
        asked.function.mailer.fail_next(outage);
    }
    for _ in 0..WRONG_CODES {
        asked.guess(0, &asked.wrong_code()).await;
    }
    assert_eq!(asked.decide(0, "approve").await.0, 423);
    let approver = asked.approval().await.approver(TEAM[0]).unwrap().clone();
    assert_ne!(
        approver.generation, approver.mailed_generation,
        "the reminder says that it is fresh"
    );
}

/// Gives way before each call, so that what runs at the same time really does.
struct Yielding;

impl Hook for Yielding {
    async fn before_get(&self, _key: &Key) {
        tokio::task::yield_now().await;
    }

    async fn before_write(&self) {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_guesses_at_the_same_moment_gets_no_more_guesses() {
    let Fixture {
        function,
        secrets,
        id,
        ..
    } = asked().await;
    let table = HookedTable {
        table: function.store.into_table(),
        hook: Yielding,
    };
    let function = RecordApproval {
        store: RequestStore::new(table),
        stripe: function.stripe,
        mailer: MemoryMailer::default(),
        workflow: MemoryWorkflow::default(),
        settings: function.settings,
        link_keys: link_keys().into(),
    };
    let taken: BTreeSet<_> = secrets.iter().map(|(_, code)| code.clone()).collect();
    let wrong = (0..60)
        .map(|n| format!("{n:06}"))
        .filter(|code| !taken.contains(code));
    // The right one comes last, when the limit is long reached, and all were read before.
    let codes: Vec<String> = wrong.chain([secrets[0].1.clone()]).collect();
    let requests: Vec<_> = codes
        .iter()
        .map(|code| {
            let body = json!({"decision": "approve", "code": code}).to_string();
            http("POST", &secrets[0].0, 60, "application/json", &body)
        })
        .collect();
    let tries = requests
        .iter()
        .map(async |request| function.handle(request).await.status().as_u16());
    let mut tries: Vec<_> = tries.map(Box::pin).collect();
    let mut answers = vec![0; tries.len()];
    let mut open = tries.len();
    std::future::poll_fn(|context| {
        for (n, attempt) in tries.iter_mut().enumerate() {
            if answers[n] == 0
                && let std::task::Poll::Ready(status) = attempt.as_mut().poll(context)
            {
                answers[n] = status;
                open -= 1;
            }
        }
        if open == 0 {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    drop(tries);
    let wrong = answers.iter().filter(|status| **status == 403).count();
    assert!(wrong < WRONG_CODES as usize, "{answers:?}");
    assert!(!answers.contains(&200), "{answers:?}");
    let approval = function
        .store
        .approval(id, &"CSM Review".parse().unwrap())
        .await
        .unwrap();
    assert_eq!(approval.unwrap().value.decision(), None);
}
