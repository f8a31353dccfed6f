//! The real SDK against the router, over loopback.

use aws_sdk_ses::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::operation::RequestId as _;
use aws_sdk_ses::operation::send_email::SendEmailError;
use aws_sdk_ses::types::{Body as MailBody, Content, Destination, Message, MessageTag, RawMessage};

use super::*;
use crate::clock::Clock;
use crate::topics::Topics;

/// A client of the local SES, mounted where the stack mounts it.
async fn client() -> (aws_sdk_ses::Client, Arc<Outbox>) {
    let outbox = Arc::new(Outbox::open(None, Clock::system()).unwrap());
    let topics = Topics::open(None, Vec::new(), Clock::system()).unwrap();
    let feedback = Feedback::new(Arc::new(topics), &[], Clock::system());
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
    (aws_sdk_ses::Client::from_conf(config), outbox)
}

fn content(text: &str) -> Content {
    Content::builder()
        .data(text)
        .charset("UTF-8")
        .build()
        .unwrap()
}

struct Draft<'a> {
    from: &'a str,
    to: &'a [&'a str],
    subject: &'a str,
    text: &'a str,
}

impl Default for Draft<'_> {
    fn default() -> Self {
        Self {
            from: "Refund Desk <refunds@example.com>",
            to: &["csm-1@example.com"],
            subject: "A refund of $19.99",
            text: "Hello\nCode: 123456\n",
        }
    }
}

async fn send(client: &aws_sdk_ses::Client, draft: &Draft<'_>) -> Result<String, SendEmailError> {
    let to = Destination::builder()
        .set_to_addresses(Some(draft.to.iter().map(ToString::to_string).collect()));
    let body = MailBody::builder()
        .text(content(draft.text))
        .html(content("<p>Grüße &amp; <b>Code</b></p>"));
    let message = Message::builder()
        .subject(content(draft.subject))
        .body(body.build());
    let answer = client
        .send_email()
        .source(draft.from)
        .destination(to.build())
        .message(message.build())
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
        to: &["csm-1@example.com", "Second One <csm-2@example.com>"],
        ..Draft::default()
    };
    let id = send(&client, &draft).await.unwrap();

    let mails = outbox.list(None);
    let to: Vec<&str> = mails.iter().map(|mail| mail.to.as_str()).collect();
    assert_eq!(to, ["csm-1@example.com", "csm-2@example.com"]);
    let first = outbox.get(&id).unwrap();
    assert_eq!(first.from, "Refund Desk <refunds@example.com>");
    assert_eq!(first.subject, "A refund of $19.99");
    assert_eq!(first.text, "Hello\nCode: 123456\n");
    assert_eq!(first.html, "<p>Grüße &amp; <b>Code</b></p>");
}

#[tokio::test]
async fn the_sdk_understands_every_refusal() {
    let (client, outbox) = client().await;
    let cases = [
        (
            Draft {
                to: &["nobody"],
                ..Draft::default()
            },
            "InvalidParameterValue",
            "'nobody' is no address that SES takes.",
        ),
        (
            Draft {
                to: &["a b@example.com"],
                ..Draft::default()
            },
            "InvalidParameterValue",
            "'a b@example.com' is no address that SES takes.",
        ),
        (
            Draft {
                to: &["a@example..com"],
                ..Draft::default()
            },
            "InvalidParameterValue",
            "'a@example..com' is no address that SES takes.",
        ),
        (
            Draft {
                to: &["a@example.com\r\nBcc: b@example.com"],
                ..Draft::default()
            },
            "InvalidParameterValue",
            "Header value contains a line break.",
        ),
        (
            Draft {
                from: "Evil\n<a@example.com>",
                ..Draft::default()
            },
            "InvalidParameterValue",
            "Header value contains a line break.",
        ),
        (
            Draft {
                subject: "Hi\nBcc: b@example.com",
                ..Draft::default()
            },
            "InvalidParameterValue",
            "Header value contains a line break.",
        ),
        (
            Draft {
                to: &[],
                ..Draft::default()
            },
            "InvalidParameterValue",
            "Missing required header 'To'.",
        ),
        (
            Draft {
                to: &["a@unverified.example.com"],
                ..Draft::default()
            },
            "MessageRejected",
            "Email address is not verified. The following identities failed the check in region US-EAST-1: \
             a@unverified.example.com",
        ),
    ];
    for (draft, code, message) in cases {
        let error = send(&client, &draft).await.unwrap_err();
        assert_eq!(error.code(), Some(code), "{:?}", draft.to);
        assert_eq!(error.message(), Some(message));
        assert!(error.request_id().is_some());
        assert_eq!(
            matches!(error, SendEmailError::MessageRejected(_)),
            code == "MessageRejected"
        );
    }
    assert_eq!(outbox.list(None), [], "what was refused was not sent");
}

#[tokio::test]
async fn tags_are_accepted_in_their_own_alphabet() {
    let (client, _) = client().await;
    let send = async |value: &str| {
        let tag = MessageTag::builder().name("phase").value(value).build();
        let body = MailBody::builder().text(content("Hello"));
        let message = Message::builder()
            .subject(content("Hello"))
            .body(body.build());
        let to = Destination::builder().to_addresses("csm-1@example.com");
        client
            .send_email()
            .source("refunds@example.com")
            .destination(to.build())
            .message(message.build())
            .tags(tag.unwrap())
            .send()
            .await
            .map_err(|error| error.code().unwrap().to_owned())
    };
    assert!(send("CSM_20Review").await.is_ok());
    assert_eq!(
        send("CSM Review").await.unwrap_err(),
        "InvalidParameterValue"
    );
}

#[tokio::test]
async fn other_actions_are_refused_by_name() {
    let (client, _outbox) = client().await;
    let raw = RawMessage::builder()
        .data(aws_sdk_ses::primitives::Blob::new("x"))
        .build();
    let error = client
        .send_raw_email()
        .raw_message(raw.unwrap())
        .send()
        .await
        .unwrap_err()
        .into_service_error();
    assert_eq!(error.code(), Some("InvalidAction"));
    assert_eq!(
        error.message(),
        Some("The local SES implements SendEmail alone, not SendRawEmail.")
    );
}

#[tokio::test]
async fn settings_that_would_be_ignored_are_refused() {
    let (client, outbox) = client().await;
    let message = Message::builder()
        .subject(content("s"))
        .body(MailBody::builder().text(content("t")).build());
    let error = client
        .send_email()
        .source("refunds@example.com")
        .destination(Destination::builder().to_addresses("a@example.com").build())
        .message(message.build())
        .configuration_set_name("tracked")
        .send()
        .await
        .unwrap_err()
        .into_service_error();
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
