//! How often a mail is tried that the service refuses, or does not answer.

use domain::mail::{Mail, MailError, Sender, deliver};
use testing::MemoryMailer;

fn mail(to: &str) -> Mail {
    Mail {
        sender: Sender::default(),
        to: to.to_owned(),
        subject: "Hi".to_owned(),
        text: "Hi".to_owned(),
        html: "Hi".to_owned(),
        related_request: None,
    }
}

fn unavailable() -> MailError {
    MailError::Unavailable("Throttling".to_owned())
}

fn sender_refused() -> MailError {
    MailError::SenderRefused("AccountSendingPausedException".to_owned())
}

fn refused() -> MailError {
    MailError::RecipientRefused("MessageRejected".to_owned())
}

#[tokio::test]
async fn a_single_mail_is_tried_three_times_and_a_refused_one_once() {
    for (failures, expected) in [
        (vec![], true),
        (vec![unavailable(), unavailable()], true),
        (vec![unavailable(), unavailable(), unavailable()], false),
        (vec![sender_refused(), sender_refused()], true),
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
