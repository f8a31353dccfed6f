//! Who gets a mail when the service refuses one, or does not answer.

use domain::failure::Failure;
use domain::mail::{Mail, MailError, deliver, send_all};
use testing::MemoryMailer;

fn mail(to: &str) -> Mail {
    Mail {
        to: to.to_owned(),
        subject: "Hi".to_owned(),
        text: "Hi".to_owned(),
        html: "Hi".to_owned(),
        related_request: None,
    }
}

fn team() -> [Mail; 2] {
    ["a@example.com", "b@example.com"].map(mail)
}

fn unavailable() -> MailError {
    MailError::Unavailable("Throttling".to_owned())
}

fn refused() -> MailError {
    MailError::Refused("MessageRejected".to_owned())
}

#[tokio::test]
async fn a_refused_address_does_not_keep_the_others_from_their_mail() {
    let mailer = MemoryMailer::default();
    mailer.fail_next(refused());
    assert_eq!(send_all(&mailer, &team()).await, Ok(1));
    assert_eq!(mailer.sent(), [mail("b@example.com")]);
}

#[tokio::test]
async fn a_service_that_does_not_answer_is_the_callers_to_ask_again() {
    let mailer = MemoryMailer::default();
    mailer.fail_next(unavailable());
    let sent = send_all(&mailer, &team()).await;
    assert!(matches!(sent, Err(Failure::MailUnavailable(_))));
    assert!(mailer.sent().is_empty());
}

#[tokio::test]
async fn a_single_mail_is_tried_three_times_and_a_refused_one_once() {
    for (failures, expected) in [
        (vec![], true),
        (vec![unavailable(), unavailable()], true),
        (vec![unavailable(), unavailable(), unavailable()], false),
        (vec![refused()], false),
    ] {
        let mailer = MemoryMailer::default();
        for failure in &failures {
            mailer.fail_next(failure.clone());
        }
        let sent = deliver(&mailer, &mail("a@example.com")).await;
        assert_eq!(sent, expected, "{failures:?}");
        assert_eq!(mailer.sent().len(), usize::from(expected));
    }
}
