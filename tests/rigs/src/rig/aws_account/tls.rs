//! Calls by TLS. The test client's own HTTP client is built without, which saves everybody else a second build of the
//! AWS SDK.

use std::{error::Error, time::Duration};

use reqwest::{Client, Method, redirect::Policy};
use testing::test_client::Answer;

/// How long one call may take: the first one starts a function.
const CALL: Duration = Duration::from_secs(30);

/// A call as the test client makes it.
pub(super) fn call(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Result<Answer, String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let answer = runtime.block_on(answer(method, url, headers, body));
    // A connection that fails says why in its sources.
    answer.map_err(|error| format!("{error}: {:?}", error.source()))
}

async fn answer(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> reqwest::Result<Answer> {
    let client = Client::builder().timeout(CALL).redirect(Policy::none());
    let method = Method::from_bytes(method.as_bytes()).expect("a test names a method");
    let mut request = client.build()?.request(method, url).body(body.to_owned());
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = request.send().await?;
    Ok(Answer {
        status: answer.status().as_u16(),
        headers: answer.headers().clone(),
        text: answer.text().await?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_read_and_a_failure_says_why() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let server = std::thread::spawn(move || {
            use std::io::{Read, Write};
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 1024];
            let length = stream.read(&mut asked).unwrap();
            let answer =
                "HTTP/1.1 303 See Other\r\nlocation: /there\r\ncontent-length: 2\r\n\r\nok";
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&asked[..length]).into_owned()
        });
        let answer = call("POST", &url, &[("accept", "text/html")], "body").unwrap();
        assert_eq!((answer.status, answer.text.as_str()), (303, "ok"));
        assert_eq!(answer.header("location"), "/there");
        let asked = server.join().unwrap();
        assert!(
            asked.starts_with("POST / ") && asked.ends_with("body"),
            "{asked}"
        );
        assert!(asked.contains("accept: text/html"), "{asked}");
        let error = call("GET", "https://127.0.0.1:1/", &[], "").unwrap_err();
        assert!(error.contains("Connect"), "{error}");
    }
}
