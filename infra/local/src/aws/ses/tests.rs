//! The real SDK against the router, over loopback.

use aws_sdk_ses::Client;
use aws_sdk_ses::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::operation::RequestId as _;
use aws_sdk_ses::operation::send_raw_email::SendRawEmailError;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};

use super::*;
use crate::clock::Clock;
use crate::template::MailEvents;
use crate::topics::Topics;

const MESSAGE: &str = "From: \"Refund Desk\" <refunds@example.com>\r
To: csm-1@example.com\r
Subject: =?utf-8?b?UsO8Y2t6YWhsdW5n?=\r
MIME-Version: 1.0\r
Content-Type: multipart/alternative; boundary=b\r
\r
--b\r
Content-Type: text/plain; charset=utf-8\r
\r
Hello\r
Code: 123456\r
\r
--b\r
Content-Type: text/html; charset=utf-8\r
Content-Transfer-Encoding: quoted-printable\r
\r
<p>Gr=C3=BC=C3=9Fe &amp; <b>Code</b></p>\r
--b--\r
";

/// A client of the local SES, mounted where the stack mounts it.
async fn client() -> (Client, Arc<Outbox>) {
    let outbox = Arc::new(Outbox::open(None, Clock::system()).unwrap());
    let topics = Topics::open(None, Vec::new(), Clock::system()).unwrap();
    let events = MailEvents {
        set: "desk".to_owned(),
        types: Vec::new(),
        topic: String::new(),
    };
    let feedback = Feedback::new(Arc::new(topics), &[events], Clock::system());
    let ses = router(outbox.clone(), feedback);
    let app = Router::new().nest_service("/_local/aws/ses", ses);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    let config = aws_sdk_ses::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(Credentials::new("local", "local", None, None, "local"))
        .endpoint_url(format!("http://{address}/_local/aws/ses"))
        .build();
    (Client::from_conf(config), outbox)
}

struct Draft<'a> {
    from: &'a str,
    to: &'a [&'a str],
    message: &'a str,
    set: Option<&'a str>,
    phase: &'a str,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Self {
            from: "refunds@example.com",
            to: &["csm-1@example.com"],
            message: MESSAGE,
            set: Some("desk"),
            phase: "CSM_20Review",
        }
    }
}

async fn send(client: &Client, draft: &Draft<'_>) -> Result<String, SendRawEmailError> {
    let message = RawMessage::builder().data(Blob::new(draft.message)).build();
    let tag = MessageTag::builder().name("phase").value(draft.phase);
    let answer = client
        .send_raw_email()
        .source(draft.from)
        .set_destinations(Some(draft.to.iter().map(ToString::to_string).collect()))
        .raw_message(message.unwrap())
        .set_configuration_set_name(draft.set.map(ToOwned::to_owned))
        .tags(tag.build().unwrap())
        .send()
        .await
        .map_err(aws_sdk_ses::error::SdkError::into_service_error)?;
    assert!(answer.request_id().is_some());
    Ok(answer.message_id)
}

#[tokio::test]
async fn the_sdk_sends_into_the_outbox() {
    let (client, outbox) = client().await;
    let draft = Draft {
        to: &["csm-1@example.com", "csm-2@example.com"],
        ..Draft::default()
    };
    let id = send(&client, &draft).await.unwrap();

    let mails = outbox.list(None);
    let to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["csm-1@example.com", "csm-2@example.com"]);
    let first = outbox.get(&id).unwrap();
    assert_eq!(first.from, "Refund Desk <refunds@example.com>");
    assert_eq!(first.subject, "Rückzahlung");
    assert_eq!(first.text, "Hello\nCode: 123456\n");
    assert_eq!(first.html, "<p>Grüße &amp; <b>Code</b></p>");
}

#[tokio::test]
async fn the_sdk_understands_every_refusal() {
    let (client, outbox) = client().await;
    let unverified = "Email address is not verified. The following identities failed the check in region US-EAST-1: \
                      a@unverified.example.com";
    let draft = Draft::default;
    for (draft, code, message) in [
        (
            Draft {
                to: &["nobody"],
                ..draft()
            },
            "InvalidParameterValue",
            "'nobody' is no address that SES takes.",
        ),
        (
            Draft {
                to: &["a@example..com"],
                ..draft()
            },
            "InvalidParameterValue",
            "'a@example..com' is no address that SES takes.",
        ),
        (
            Draft {
                from: "Refund Desk",
                ..draft()
            },
            "InvalidParameterValue",
            "'Refund Desk' is no address that SES takes.",
        ),
        (
            Draft {
                message: "Subject: s\r\n\r\nt",
                ..draft()
            },
            "InvalidParameterValue",
            "Missing required header 'From'.",
        ),
        (
            Draft { to: &[], ..draft() },
            "InvalidParameterValue",
            "Missing required header 'To'.",
        ),
        (
            Draft {
                phase: "CSM Review",
                ..draft()
            },
            "InvalidParameterValue",
            "Invalid tag: <phase>, value: <CSM Review>.",
        ),
        (
            Draft {
                to: &["a@unverified.example.com"],
                ..draft()
            },
            "MessageRejected",
            unverified,
        ),
        (
            Draft {
                from: "a@unverified.example.com",
                ..draft()
            },
            "MessageRejected",
            unverified,
        ),
        (
            Draft {
                set: Some("other"),
                ..draft()
            },
            "ConfigurationSetDoesNotExist",
            "Configuration set <other> does not exist.",
        ),
    ] {
        let error = send(&client, &draft).await.unwrap_err();
        assert_eq!((error.code(), error.message()), (Some(code), Some(message)));
        assert!(error.request_id().is_some());
        assert_eq!(
            matches!(error, SendRawEmailError::MessageRejected(_)),
            code == "MessageRejected"
        );
    }
    assert_eq!(outbox.list(None), [], "what was refused was not sent");
}

#[tokio::test]
async fn a_paused_account_sends_nothing_until_it_is_enabled() {
    let (client, outbox) = client().await;
    for is_enabled in [false, true] {
        let switch = client.update_account_sending_enabled();
        switch.enabled(is_enabled).send().await.unwrap();
        let sent = send(&client, &Draft::default()).await;
        assert_eq!(sent.is_ok(), is_enabled);
        if let Err(error) = sent {
            assert!(matches!(
                error,
                SendRawEmailError::AccountSendingPausedException(_)
            ));
        }
    }
    assert_eq!(outbox.count(), 1);
}

#[tokio::test]
async fn other_actions_and_settings_that_would_be_ignored_are_refused_by_name() {
    let (client, outbox) = client().await;
    let quota = client.get_send_quota().send().await.unwrap_err();
    let quota = quota.into_service_error();
    assert_eq!(quota.code(), Some("InvalidAction"));
    assert_eq!(
        quota.message(),
        Some("The local SES does not implement GetSendQuota.")
    );
    let raw = RawMessage::builder().data(Blob::new(MESSAGE)).build();
    let sent = client
        .send_raw_email()
        .source("refunds@example.com")
        .destinations("csm-1@example.com")
        .raw_message(raw.unwrap())
        .return_path_arn("arn:aws:ses:us-east-1:1:identity/example.com")
        .send()
        .await;
    let error = sent.unwrap_err().into_service_error();
    assert_eq!(error.code(), Some("InvalidParameter"));
    assert_eq!(outbox.list(None), []);
}

#[test]
fn xml_is_escaped() {
    let refusal = Refusal::parameter("<a> & \u{0}");
    let xml = failed(&refusal, "r-1").0;
    assert!(
        xml.contains("<Message>&lt;a&gt; &amp; \u{fffd}</Message>"),
        "{xml}"
    );
}
