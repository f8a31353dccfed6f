//! The mailer against a server that answers as SES does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use aws_sdk_ses::config::{BehaviorVersion, Credentials, Region};
use domain::id::RequestId;
use domain::mail::Sender;

use super::*;

const OK: &str = "<SendRawEmailResponse><SendRawEmailResult><MessageId>1</MessageId></SendRawEmailResult></SendRawEmailResponse>";

/// Answers one request, and gives the form that was posted.
fn server(status: u16, answer: String) -> (String, JoinHandle<Vec<(String, String)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let asked = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut line, mut length) = (String::new(), 0);
        while reader.read_line(&mut line).unwrap() > 2 {
            let header = line.trim().to_lowercase();
            if let Some(given) = header.strip_prefix("content-length: ") {
                length = given.parse().unwrap();
            }
            line.clear();
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let length = answer.len();
        let head = format!("HTTP/1.1 {status} x\r\ncontent-length: {length}\r\nconnection: close");
        write!(stream, "{head}\r\n\r\n{answer}").unwrap();
        let query = format!("http://ses/?{}", String::from_utf8(body).unwrap());
        let query = reqwest::Url::parse(&query).unwrap();
        query.query_pairs().into_owned().collect()
    });
    (url, asked)
}

async fn send(url: String) -> Result<(), MailError> {
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(aws_sdk_ses::config::SharedCredentialsProvider::new(
            Credentials::new("test", "test", None, None, "test"),
        ))
        .endpoint_url(url)
        .build();
    let settings = Settings {
        mail_from: "refunds@example.com".to_owned(),
        ..Settings::default()
    };
    let mail = Mail {
        sender: Sender::default(),
        to: "csm-1@example.com".to_owned(),
        subject: "Hi".to_owned(),
        text: "Hi".to_owned(),
        html: "<p>Hi</p>".to_owned(),
        related_request: None,
    };
    let mail = mail.related_to(RequestId::random(), &"CSM Review".parse().unwrap());
    let mailer = SesMailer {
        configuration_set: Some("desk".to_owned()),
        ..SesMailer::new(&config, settings.into())
    };
    mailer.send(&mail).await
}

#[tokio::test]
async fn a_mail_names_its_sender_recipient_configuration_set_and_request() {
    let (url, asked) = server(200, OK.to_owned());
    send(url).await.unwrap();
    let form = asked.join().unwrap();
    let value = |name: &str| {
        let found = form.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    };
    for (name, expected) in [
        ("Action", "SendRawEmail"),
        ("Source", "refunds@example.com"),
        ("Destinations.member.1", "csm-1@example.com"),
        ("ConfigurationSetName", "desk"),
        ("Tags.member.1.Name", "request"),
        ("Tags.member.2.Value", "CSM_20Review"),
    ] {
        assert_eq!(value(name), Some(expected), "{name}");
    }
    assert_eq!(value("Destinations.member.2"), None);
    assert!(value("RawMessage.Data").is_some());
}

#[tokio::test]
async fn whose_fault_a_refusal_is_stands_in_its_text() {
    let failed = |whose: &str| {
        let text = format!(
            "Email address is not verified. The following identities failed the check in region US-EAST-1: {whose}"
        );
        let error = format!(
            "<Error><Type>Sender</Type><Code>MessageRejected</Code><Message>{text}</Message></Error>"
        );
        format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>")
    };
    let code = || "MessageRejected".to_owned();
    for (whose, expected) in [
        ("csm-1@example.com", MailError::RecipientRefused(code())),
        ("refunds@example.com", MailError::SenderRefused(code())),
    ] {
        let (url, asked) = server(400, failed(whose));
        assert_eq!(send(url).await, Err(expected));
        asked.join().unwrap();
    }
}
