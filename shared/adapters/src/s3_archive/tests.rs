//! The buckets against a server that answers as S3 does.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};

use super::*;

const KEY: &str = "customer-success/refund-request/2026-11-26.json";

/// Answers a request with each of these (what follows the status line), and gives what was asked: a head in lower case, and
/// a body.
fn server<const N: usize>(
    answers: [(&'static str, &'static str); N],
) -> (S3Archive, JoinHandle<Vec<(String, String)>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = aws_config::SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "test", "test", None, None, "test",
        )))
        .endpoint_url(format!("http://{}", listener.local_addr().unwrap()))
        .build();
    let asked = thread::spawn(move || {
        let answer = |(head, body): (&str, &str)| {
            let (mut stream, _) = listener.accept().unwrap();
            let mut reader = BufReader::new(stream.try_clone().unwrap());
            let (mut asked, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() <= 2 {
                    break;
                }
                let line = line.to_lowercase();
                if let Some(given) = line.strip_prefix("content-length: ") {
                    length = given.trim().parse().unwrap();
                }
                asked += &line;
            }
            let mut content = vec![0; length];
            reader.read_exact(&mut content).unwrap();
            let length = body.len();
            let head = format!("HTTP/1.1 {head}\r\ncontent-length: {length}\r\nconnection: close");
            write!(stream, "{head}\r\n\r\n{body}").unwrap();
            (asked, String::from_utf8(content).unwrap())
        };
        answers.map(answer).into()
    });
    (S3Archive::new(&config), asked)
}

#[tokio::test]
async fn what_is_written_has_a_checksum_and_replaces_nothing() {
    let (archive, asked) = server([("200 OK", "")]);
    archive.put("audit", KEY, b"{}".to_vec()).await.unwrap();
    let (head, body) = asked.join().unwrap().remove(0);
    assert!(head.starts_with(&format!("put /audit/{KEY}?")), "{head}");
    assert!(head.contains("\r\nif-none-match: *\r\n"), "{head}");
    assert!(head.contains("sha256") && body.contains("{}"), "{head}");
    // How long it is locked is the bucket's own rule.
    assert!(!head.contains("object-lock"), "{head}");
}

#[tokio::test]
async fn what_is_there_stays_and_a_refusal_is_a_failure() {
    let error = "<Error><Code>PreconditionFailed</Code></Error>";
    let (archive, _) = server([("412 x", error)]);
    archive.put("audit", KEY, b"{}".to_vec()).await.unwrap();
    let (archive, _) = server([("403 x", "<Error><Code>AccessDenied</Code></Error>")]);
    let refused = archive.put("audit", KEY, b"{}".to_vec()).await;
    assert_eq!(refused, Err(ArchiveError("AccessDenied".to_owned())));
}

#[tokio::test]
async fn what_was_written_first_is_read_whatever_came_later() {
    let first = "<ListVersionsResult><IsTruncated>true</IsTruncated><NextKeyMarker>k</NextKeyMarker>\
        <NextVersionIdMarker>v2</NextVersionIdMarker>\
        <DeleteMarker><Key>customer-success/refund-request/2026-11-26.json</Key><VersionId>v4</VersionId></DeleteMarker>\
        <Version><Key>customer-success/refund-request/2026-11-26.json</Key><VersionId>v3</VersionId></Version>\
        <Version><Key>customer-success/refund-request/2026-11-26.json</Key><VersionId>v2</VersionId></Version></ListVersionsResult>";
    let second = "<ListVersionsResult><IsTruncated>false</IsTruncated>\
        <Version><Key>customer-success/refund-request/2026-11-26.json</Key><VersionId>v1</VersionId></Version>\
        <Version><Key>customer-success/refund-request/2026-11-26.json.bak</Key><VersionId>v0</VersionId></Version></ListVersionsResult>";
    let object = "200 OK\r\nx-amz-object-lock-mode: COMPLIANCE\r\n\
        x-amz-object-lock-retain-until-date: 2033-11-26T04:00:00Z";
    let (archive, asked) = server([("200 OK", first), ("200 OK", second), (object, "{}")]);
    let found = archive.first("audit", KEY).await.unwrap().unwrap();
    assert_eq!(found.content, b"{}");
    let until = found.locked_until.unwrap().to_string();
    assert_eq!(until, "2033-11-26T04:00:00Z");
    let asked = asked.join().unwrap();
    assert!(asked[1].0.contains("version-id-marker=v2"), "{asked:?}");
    assert!(asked[2].0.contains("versionid=v1"), "{asked:?}");
}

#[tokio::test]
async fn a_key_that_nothing_was_written_under_has_no_copy() {
    let (archive, _) = server([("200 OK", "<ListVersionsResult></ListVersionsResult>")]);
    assert_eq!(archive.first("audit", KEY).await, Ok(None));
}
