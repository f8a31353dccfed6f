use axum::{
    body::Body,
    http::{HeaderMap, Request},
};
use http_body_util::BodyExt;
use serde_json::{Value, json};
use tower::ServiceExt;

use super::*;

async fn call(
    host: &Host,
    method: &str,
    path: &str,
    body: impl Into<Body>,
) -> (StatusCode, HeaderMap, Bytes) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .body(body.into())
        .unwrap();
    let response = host.router().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    (
        parts.status,
        parts.headers,
        body.collect().await.unwrap().to_bytes(),
    )
}

fn runtime(id: Uuid) -> String {
    format!("/Decide/{id}/2018-06-01/runtime")
}

type Reply = oneshot::Receiver<Result<Bytes, FunctionError>>;

/// Gives a process an invocation and lets it fetch it.
async fn invoke(host: &Host, connection: &mut Connection) -> (Uuid, HeaderMap, Bytes, Reply) {
    let request_id = Uuid::new_v4();
    let (reply, answer) = oneshot::channel();
    let invocation = Invocation {
        request_id,
        function_arn: "arn:aws:lambda:us-east-1:000000000000:function:Decide".to_owned(),
        timeout: Duration::from_secs(3),
        payload: Bytes::from_static(b"{\"a\":1}"),
        reply,
    };
    let next = format!("{}/invocation/next", runtime(connection.id));
    let give = async {
        let poll = connection.polls.recv().await.unwrap();
        assert!(poll.send(invocation).is_ok());
    };
    let ((), (status, headers, body)) = tokio::join!(give, call(host, "GET", &next, ""));
    assert_eq!(status, 200);
    (request_id, headers, body, answer)
}

#[tokio::test]
async fn an_invocation_arrives_with_its_headers() {
    let host = Host::default();
    let mut connection = host.connect();
    let (request_id, headers, body, _answer) = invoke(&host, &mut connection).await;
    assert_eq!(body, "{\"a\":1}");
    assert_eq!(
        headers["lambda-runtime-aws-request-id"],
        request_id.to_string().as_str()
    );
    assert_eq!(
        headers["lambda-runtime-invoked-function-arn"],
        "arn:aws:lambda:us-east-1:000000000000:function:Decide"
    );
    let deadline: u128 = headers["lambda-runtime-deadline-ms"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "the deadline is by the machine's real clock"
    )]
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_millis();
    assert!(
        (now + 1000..=now + 3000).contains(&deadline),
        "{deadline} is not 3 s after {now}"
    );
}

#[tokio::test]
async fn an_answer_counts_once_and_only_for_its_request() {
    let host = Host::default();
    let mut connection = host.connect();
    let (request_id, _, _, answer) = invoke(&host, &mut connection).await;
    let response = |id: Uuid| format!("{}/invocation/{id}/response", runtime(connection.id));
    let (status, _, body) = call(&host, "POST", &response(Uuid::new_v4()), "{}").await;
    assert_eq!(status, 400);
    assert!(
        body.starts_with(b"{\"errorType\":\"InvalidRequestID\""),
        "{body:?}"
    );
    assert_eq!(
        call(&host, "POST", &response(request_id), "\"yes\"")
            .await
            .0,
        202
    );
    assert_eq!(answer.await.unwrap(), Ok(Bytes::from_static(b"\"yes\"")));
    assert_eq!(
        call(&host, "POST", &response(request_id), "\"again\"")
            .await
            .0,
        400
    );
}

#[tokio::test]
async fn errors_are_passed_on() {
    let host = Host::default();
    let mut connection = host.connect();
    let (request_id, _, _, answer) = invoke(&host, &mut connection).await;
    let report = json!({ "errorType": "Request.NotFound", "errorMessage": "gone" });
    let error = format!("{}/invocation/{request_id}/error", runtime(connection.id));
    assert_eq!(call(&host, "POST", &error, report.to_string()).await.0, 202);
    let failed = answer.await.unwrap().unwrap_err();
    assert_eq!(
        (failed.error_type.as_str(), &failed.report),
        ("Request.NotFound", &report)
    );
}

#[tokio::test]
async fn an_answer_that_is_too_large_is_an_error() {
    let host = Host::default();
    let mut connection = host.connect();
    let (request_id, _, _, answer) = invoke(&host, &mut connection).await;
    let response = format!(
        "{}/invocation/{request_id}/response",
        runtime(connection.id)
    );
    let (status, _, _) = call(&host, "POST", &response, vec![b' '; LARGEST_ANSWER + 1]).await;
    assert_eq!(status, 413);
    let error = answer.await.unwrap().unwrap_err();
    assert_eq!(error.error_type, "Function.ResponseSizeTooLarge");
}

#[tokio::test]
async fn strangers_get_no_work() {
    let host = Host::default();
    let connection = host.connect();
    let next = format!("{}/invocation/next", runtime(connection.id));
    drop(connection);
    let (status, _, body) = call(&host, "GET", &next, "").await;
    assert_eq!(status, 410);
    let refusal: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(refusal["errorType"], "Instance.Unknown");
    assert_eq!(
        call(&host, "GET", &next.replace('-', ""), "").await.0,
        404,
        "no such address"
    );
}
