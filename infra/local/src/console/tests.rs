//! The console and its API over a real executor, with functions that answer as a table says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use domain::table::Entity;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{Console, router};
use crate::aws::dynamodb::DynamoDb;
use crate::clock::Clock;
use crate::outbox::{NewMail, Outbox};
use crate::states::{Answer, Executor, Options, TaskRunner};
use crate::template::Table;

mod api;
mod pages;

const MACHINE: &str = "arn:aws:states:us-east-1:000000000000:stateMachine:refund-request";
const DEFINITION: &str = include_str!("diagram/fixture.asl.json");

/// Keeps task tokens; every function without one answers `done`.
#[derive(Default)]
struct Functions {
    tokens: Mutex<BTreeMap<String, String>>,
}

impl TaskRunner for Functions {
    fn invoke(&self, function: String, payload: Value) -> Answer {
        if let (Some(request), Some(token)) =
            (payload["requestId"].as_str(), payload["taskToken"].as_str())
        {
            let mut tokens = self.tokens.lock().unwrap();
            tokens.insert(request.to_owned(), token.to_owned());
        }
        let outcome = if function == "Decide" {
            "otherwise"
        } else {
            "done"
        };
        Box::pin(async move { Ok(json!({"outcome": outcome})) })
    }
}

struct TestConsole {
    app: Router,
    executor: Arc<Executor>,
    outbox: Arc<Outbox>,
    functions: Arc<Functions>,
    dynamodb: DynamoDb,
}

fn table() -> Table {
    Table {
        name: "refunds".to_owned(),
        schema: json!({
            "AttributeDefinitions": [
                { "AttributeName": "pk", "AttributeType": "S" },
                { "AttributeName": "sk", "AttributeType": "S" },
            ],
            "KeySchema": [
                { "AttributeName": "pk", "KeyType": "HASH" },
                { "AttributeName": "sk", "KeyType": "RANGE" },
            ],
        }),
        ttl_attribute: None,
    }
}

struct Page {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Page {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }
}

impl TestConsole {
    fn open() -> Self {
        let clock = Clock::fixed("2026-11-24T09:00:00Z".parse().unwrap());
        let functions = Arc::new(Functions::default());
        let executor =
            Executor::open(None, clock.clone(), functions.clone(), Options::default()).unwrap();
        executor.define(MACHINE, DEFINITION).unwrap();
        let outbox = Arc::new(Outbox::open(None, clock.clone()).unwrap());
        let dynamodb = DynamoDb::open(None, &[table()]).unwrap();
        let app = router(Console {
            executor: executor.clone(),
            outbox: outbox.clone(),
            clock,
            dynamodb: dynamodb.clone(),
            forms: vec![("Refund Request".into(), "/services/x/y".into())],
        });
        Self {
            app,
            executor,
            outbox,
            functions,
            dynamodb,
        }
    }

    fn keep<T: Entity>(&self, entity: &T) {
        let mut item = serde_json::to_value(entity).unwrap();
        item["pk"] = entity.key().pk.into();
        item["sk"] = entity.key().sk.into();
        item["kind"] = T::KIND.into();
        self.dynamodb.put(&item);
    }

    async fn start(&self, id: &str) {
        self.executor
            .start(MACHINE, id, json!({"requestId": id}))
            .unwrap();
        self.executor.idle().await;
    }

    async fn decide(&self, id: &str, outcome: &str) {
        let token = self.functions.tokens.lock().unwrap()[id].clone();
        self.executor
            .send_task_success(&token, json!({"outcome": outcome}))
            .unwrap();
        self.executor.idle().await;
    }

    fn mail(&self, subject: &str, text: &str, html: &str) -> String {
        let mail = NewMail {
            to: vec!["csm-1@example.com".into()],
            from: "refunds@example.com".into(),
            subject: subject.into(),
            text: text.into(),
            html: html.into(),
        };
        self.outbox.send(mail).unwrap()
    }

    async fn send(&self, request: Request<Body>) -> Page {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        Page {
            status: parts.status.as_u16(),
            headers: parts.headers,
            text: String::from_utf8(bytes.to_vec()).unwrap(),
        }
    }

    async fn get(&self, uri: &str) -> Page {
        self.send(Request::get(uri).body(Body::empty()).unwrap())
            .await
    }

    async fn fragment(&self, uri: &str, tag: &str) -> Page {
        let request = Request::get(uri).header("x-fragment", "1");
        let request = request.header("if-none-match", tag);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn advance(&self, body: &str) -> Page {
        let request = Request::post("/_local/api/clock");
        self.send(request.body(Body::from(body.to_owned())).unwrap())
            .await
    }
}
