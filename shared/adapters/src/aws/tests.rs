use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use aws_config::Region;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

/// A table that answers every call with "there is none", or takes it and never answers. Counts its connections.
async fn table(answers: bool) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            counted.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(serve(stream, answers));
        }
    });
    (address, connections)
}

async fn serve(mut stream: TcpStream, answers: bool) {
    let mut seen = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        seen.extend_from_slice(&buffer[..read]);
        // The request's body is one JSON object.
        if answers && seen.ends_with(b"}") {
            seen.clear();
            let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-amz-json-1.0\r\n";
            let answer = format!("{head}content-length: 2\r\n\r\n{{}}");
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    }
}

async fn client(endpoint: &str, idle: Duration) -> Client {
    let config = within_limits(idle)
        .endpoint_url(endpoint)
        .region(Region::from_static("us-east-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .load();
    Client::new(&Box::pin(config).await)
}

async fn get(client: &Client) -> bool {
    let call = client.get_item().table_name("table");
    let key = AttributeValue::S("REQUEST#1".to_owned());
    call.key("pk", key).send().await.is_ok()
}

#[tokio::test]
async fn a_call_that_hangs_ends_while_the_function_can_still_say_so() {
    let (endpoint, connections) = table(false).await;
    let begun = Instant::now();
    assert!(!get(&client(&endpoint, IDLE).await).await);
    let took = begun.elapsed();
    assert!(took < CALL + Duration::from_secs(1), "{took:?}");
    // The second attempt did not wait on the connection that hung.
    assert!(connections.load(Ordering::SeqCst) >= 2);
}

#[tokio::test]
async fn a_connection_that_was_idle_for_too_long_is_not_used_again() {
    let (endpoint, connections) = table(true).await;
    let client = client(&endpoint, Duration::from_millis(300)).await;
    assert!(get(&client).await && get(&client).await);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert!(get(&client).await);
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}
