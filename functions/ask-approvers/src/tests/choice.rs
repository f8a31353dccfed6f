//! A choice: the customer is asked once, and time that runs out is an answer of its own.

use testing::fixtures::approval::{choose, offering};

use super::*;

const CUSTOMER: &str = "ada@example.com";

fn phase() -> PhaseName {
    "Offer Credit".parse().unwrap()
}

impl Function {
    async fn offer_at(&self, id: RequestId, second: i64, token: &str) -> Result<String, Failure> {
        let waiting = offering(id, second, token);
        let waiting = WaitingTask {
            task: waiting
                .task
                .with(AskConfig::Choice(waiting.task.config.clone())),
            task_token: waiting.task_token,
        };
        self.handle(waiting).await.map(|outcome| outcome.outcome)
    }

    async fn choice_of(&self, id: RequestId) -> Stored<Approval> {
        self.store.approval(id, &phase()).await.unwrap().unwrap()
    }

    /// The customer chooses, and the execution is not told.
    async fn choose(&self, id: RequestId, option: &str) {
        let mut approval = self.choice_of(id).await;
        let request = self.store.request(id).await.unwrap().unwrap().value;
        choose(&mut approval.value, &request, option);
        self.store.save_approval(&mut approval).await.unwrap();
    }
}

#[tokio::test]
async fn the_customer_is_asked_once_however_often_it_is_invoked() {
    let (function, id) = function().await;
    for _ in 0..3 {
        function.offer_at(id, 0, "t1").await.unwrap();
    }
    assert_eq!(function.to(), [CUSTOMER]);
    let mail = &function.mailer.sent()[0];
    for line in [
        "A credit of $50.00 toward my next invoice: https://refunds.example.com/approvals/",
        "A refund of $50.00 to my card: https://refunds.example.com/approvals/",
        "Code: ",
    ] {
        assert!(mail.text.lines().any(|it| it.starts_with(line)), "{line}");
    }
    assert_eq!(function.actions(), ["submitted", "choice_offered"]);
    let items = function.store.table().items();
    assert_eq!(items.iter().filter(|item| item.kind == "link").count(), 1);
}

#[tokio::test]
async fn the_audit_log_names_no_address_of_the_customer() {
    let (function, id) = function().await;
    function.offer_at(id, 0, "t1").await.unwrap();
    function.offer_at(id, 3 * DAY, "t2").await.unwrap();
    let items = function.store.table().items();
    for record in items.iter().filter(|item| item.kind == "audit") {
        assert!(!record.body.to_string().contains(CUSTOMER));
    }
}

#[tokio::test]
async fn a_customer_whom_the_mail_service_refuses_is_not_written_to_again() {
    let (function, id) = function().await;
    let error = MailError::RecipientRefused("MessageRejected".into());
    function.mailer.fail_next(error);
    for token in ["t1", "t2"] {
        function.offer_at(id, 0, token).await.unwrap();
    }
    assert!(function.to().is_empty());
    let expected = ["submitted", "choice_offered", "mail_refused"];
    assert_eq!(function.actions(), expected);
}

#[tokio::test]
async fn nobody_is_reminded_and_nobody_else_is_asked() {
    let (mut function, id) = function().await;
    // Not even if the customer is on a team, or nobody is.
    function.settings = settings("{}");
    function.offer_at(id, 0, "t1").await.unwrap();
    for (second, token) in [(DAY, "t2"), (2 * DAY, "t3")] {
        assert_eq!(
            function.offer_at(id, second, token).await.unwrap(),
            "resumed"
        );
    }
    assert_eq!(function.to(), [CUSTOMER]);
    assert_eq!(function.actions(), ["submitted", "choice_offered"]);
    let token = function.choice_of(id).await.value.task_token;
    assert_eq!(token.as_str(), "t3", "the newest token waits");
}

#[tokio::test]
async fn after_a_crash_before_the_mail_was_noted_the_same_link_is_sent() {
    let (function, id) = function().await;
    function
        .mailer
        .fail_next(MailError::Unavailable("Throttling".into()));
    let outage = function.offer_at(id, 0, "t1").await;
    assert!(matches!(outage, Err(Failure::MailUnavailable(_))));
    let (link, code) = function
        .choice_of(id)
        .await
        .value
        .secrets(&link_keys(), CUSTOMER);
    function.offer_at(id, 0, "t2").await.unwrap();
    let sent = function.mailer.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].text.contains(&link) && sent[0].text.contains(&code));
    assert!(!sent[0].subject.contains("New link"));

    // A crash right after sending: at worst the same mail comes twice.
    let mut approval = function.choice_of(id).await;
    approval.value.approvers[0].notified_for = None;
    function.store.save_approval(&mut approval).await.unwrap();
    function.offer_at(id, 0, "t3").await.unwrap();
    let sent = function.mailer.sent();
    assert_eq!(sent[0].text, sent[1].text);
}

#[tokio::test]
async fn a_redrive_before_the_mail_went_out_sends_it() {
    let (function, id) = function().await;
    function
        .mailer
        .fail_next(MailError::Unavailable("Throttling".into()));
    assert!(function.offer_at(id, 0, "t1").await.is_err());
    function.offer_at(id, DAY, "t2").await.unwrap();
    assert_eq!(function.to(), [CUSTOMER]);
    function.offer_at(id, 3 * DAY, "t3").await.unwrap();
    assert!(function.workflow.calls().is_empty());
    function.offer_at(id, 4 * DAY, "t4").await.unwrap();
    let expired = ("t4".to_owned(), "expire".to_owned());
    assert_eq!(
        function.workflow.calls(),
        [expired],
        "three days from the redrive"
    );
}

#[tokio::test]
async fn it_expires_after_three_days_and_that_is_no_rejection() {
    let (function, id) = function().await;
    function.offer_at(id, 0, "t1").await.unwrap();
    function.offer_at(id, 3 * DAY - 1, "t2").await.unwrap();
    assert!(function.workflow.calls().is_empty());
    for _ in 0..2 {
        function.offer_at(id, 3 * DAY, "t3").await.unwrap();
    }
    let expire = ("t3".to_owned(), "expire".to_owned());
    assert_eq!(function.workflow.calls(), [expire.clone(), expire]);
    let request = function.store.request(id).await.unwrap().unwrap().value;
    assert_eq!(request.output("rejectionReason"), None);
    assert!(request.approved.is_empty(), "nobody was shown anything");
    assert_eq!(
        function.actions(),
        ["submitted", "choice_offered", "choice_expired"]
    );
}

#[tokio::test]
async fn a_choice_that_races_the_timeout_counts_and_the_next_state_entry_delivers_it() {
    let (function, id) = function().await;
    function.offer_at(id, 0, "t1").await.unwrap();
    function.choose(id, "credit").await;
    for _ in 0..2 {
        let answer = function.offer_at(id, 3 * DAY, "t2").await;
        assert_eq!(answer.unwrap(), "delivered");
    }
    let credit = ("t2".to_owned(), "credit".to_owned());
    assert_eq!(function.workflow.calls(), [credit.clone(), credit]);
    assert_eq!(
        function.actions(),
        ["submitted", "choice_offered"],
        "it did not expire"
    );
    assert_eq!(function.to(), [CUSTOMER]);
}

#[tokio::test]
async fn an_attempt_that_was_given_up_and_comes_late_asks_nobody() {
    let (function, id) = function().await;
    function.offer_at(id, 0, "t1").await.unwrap();
    function.offer_at(id, DAY, "t2").await.unwrap();
    assert_eq!(function.offer_at(id, 0, "t1").await.unwrap(), "belated");
    let token = function.choice_of(id).await.value.task_token;
    assert_eq!(token.as_str(), "t2");
}

#[tokio::test]
async fn when_the_process_comes_back_it_is_another_choice_with_other_links() {
    let (function, id) = function().await;
    function.offer_at(id, 0, "t1").await.unwrap();
    function.choose(id, "cash").await;
    function.move_on(id).await;
    assert_eq!(function.offer_at(id, DAY, "t2").await.unwrap(), "asked");
    let sent = function.mailer.sent();
    assert_eq!(sent.len(), 2);
    assert_ne!(sent[0].text, sent[1].text);
    assert_eq!(function.choice_of(id).await.value.round, 2);
}

#[tokio::test]
async fn a_fresh_link_whose_mail_failed_is_mailed_at_the_next_state_entry() {
    let (function, id) = function().await;
    function.offer_at(id, 0, "t1").await.unwrap();
    let mut approval = function.choice_of(id).await;
    approval
        .value
        .renew(CUSTOMER, Timestamp::from_second(60).unwrap());
    function.store.save_approval(&mut approval).await.unwrap();
    function.offer_at(id, DAY, "t2").await.unwrap();
    let sent = function.mailer.sent();
    assert!(sent[1].subject.starts_with("New link: "));
    assert!(sent[1].text.contains("was locked"));
}

#[tokio::test]
async fn without_an_address_or_with_a_text_that_cannot_be_filled_it_is_a_clear_error() {
    let (function, id) = function().await;
    let changed = |change: fn(&mut domain::task::ChoiceConfig)| {
        let mut waiting = offering(id, 0, "t");
        change(&mut waiting.task.config);
        WaitingTask {
            task: waiting
                .task
                .with(AskConfig::Choice(waiting.task.config.clone())),
            task_token: waiting.task_token,
        }
    };
    for waiting in [
        changed(|config| config.to = "stripeCustomerId".parse().unwrap()),
        changed(|config| config.options[0].label = "{{ nobodyKnows }}".to_owned()),
    ] {
        let answer = function.handle(waiting).await;
        assert!(
            matches!(answer, Err(Failure::PayloadInvalid(_))),
            "{answer:?}"
        );
        assert_eq!(function.actions(), ["submitted"], "nothing is stored");
    }
    let body = changed(|config| config.body = "{{ nobodyKnows }}".to_owned());
    let answer = function.handle(body).await;
    assert!(matches!(answer, Err(Failure::PayloadInvalid(_))));
    assert!(function.mailer.sent().is_empty());
}
