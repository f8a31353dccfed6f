//! What a deployment is asked, and what it has to answer. Each question reaches a function and what it needs: the state
//! machines, the table, the secrets. None is taken in: a form without answers, an event without a signature, a link that
//! nobody was sent.

use std::fmt;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use reqwest::{Client, RequestBuilder, redirect};
use serde_json::Value;

/// How long an answer may take. Longer than API Gateway waits for a function.
const TIMEOUT: Duration = Duration::from_secs(35);
/// How many characters of a wrong answer are shown.
const SHOWN: usize = 300;
/// Where the start page leads to a form.
const FORM_LINK: &str = "href=\"/services/";

/// All checks, in their order.
pub(crate) const ALL: [Check; 7] = [
    Check::StartPage,
    Check::Form,
    Check::Schema,
    Check::InvalidForm,
    Check::UnsignedEvent,
    Check::UnknownLink,
    Check::UnknownAddress,
];

/// Something that a deployment is asked.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Check {
    StartPage,
    Form,
    Schema,
    InvalidForm,
    UnsignedEvent,
    UnknownLink,
    UnknownAddress,
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::StartPage => "the start page leads to a form",
            Self::Form => "the form is a page",
            Self::Schema => "the form is a JSON Schema",
            Self::InvalidForm => "a form without answers is refused with its errors",
            Self::UnsignedEvent => "an event that Stripe did not sign is refused",
            Self::UnknownLink => "an approval link that nobody was sent is not found",
            Self::UnknownAddress => "an address that there is not is answered with a page",
        })
    }
}

/// A deployment, seen from outside.
pub(crate) struct Deployment {
    client: Client,
    /// Without a slash at its end.
    base: String,
    /// The path of the first form that the start page leads to.
    form: Option<String>,
}

impl Deployment {
    pub(crate) fn at(url: &str) -> reqwest::Result<Self> {
        let client = Client::builder().timeout(TIMEOUT);
        Ok(Self {
            client: client.redirect(redirect::Policy::none()).build()?,
            base: url.trim_end_matches('/').to_owned(),
            form: None,
        })
    }

    /// Asks, and fails where the answer is not the right one.
    pub(crate) async fn check(&mut self, check: Check) -> anyhow::Result<()> {
        match check {
            Check::StartPage => {
                let page = answer(self.get("/", "text/html"), 200).await?;
                let link = page.split_once(FORM_LINK).map(|(_, rest)| rest);
                let path = link.and_then(|rest| rest.split('"').next());
                let path = path.context("it leads to none, so that nobody can ask for anything")?;
                self.form = Some(format!("/services/{path}"));
                Ok(())
            }
            Check::Form => {
                let page = answer(self.get(self.form()?, "text/html"), 200).await?;
                ensure!(page.contains("<form"), "it is no form: {}", start(&page));
                Ok(())
            }
            Check::Schema => {
                let schema = self.get(self.form()?, "application/schema+json");
                let schema = json(&answer(schema, 200).await?)?;
                let fields = schema["properties"].as_object();
                ensure!(fields.is_some_and(|it| !it.is_empty()), "it has no fields");
                Ok(())
            }
            Check::InvalidForm => {
                let form = self.post(&format!("{}/requests", self.form()?), "{}");
                let problem = json(&answer(form, 422).await?)?;
                let errors = problem["errors"].as_array();
                ensure!(errors.is_some_and(|it| !it.is_empty()), "it names no error");
                Ok(())
            }
            Check::UnsignedEvent => {
                let refusal = answer(self.post("/webhooks/stripe", "{}"), 400).await?;
                ours(&refusal, "The event was not taken in.")
            }
            Check::UnknownLink => {
                let page = self.get("/approvals/smoke-test", "text/html");
                ours(&answer(page, 404).await?, "There is nothing here.")
            }
            Check::UnknownAddress => {
                let page = self.get("/smoke-test", "text/html");
                ours(&answer(page, 404).await?, "There is nothing here.")
            }
        }
    }

    fn form(&self) -> anyhow::Result<&str> {
        self.form.as_deref().context("no form is known")
    }

    fn get(&self, path: &str, accept: &str) -> RequestBuilder {
        let request = self.client.get(format!("{}{path}", self.base));
        request.header("accept", accept)
    }

    fn post(&self, path: &str, body: &'static str) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.base));
        request
            .header("content-type", "application/json")
            .body(body)
    }
}

/// API Gateway, or another server at that address, has other words for it.
fn ours(body: &str, words: &str) -> anyhow::Result<()> {
    ensure!(body.contains(words), "no function says so: {}", start(body));
    Ok(())
}

/// The body of an answer that has this status.
async fn answer(request: RequestBuilder, status: u16) -> anyhow::Result<String> {
    let answer = request.send().await.context("no answer")?;
    let answered = answer.status().as_u16();
    let body = answer.text().await.context("half an answer")?;
    if answered != status {
        bail!("{answered} in place of {status}: {}", start(&body));
    }
    Ok(body)
}

fn json(body: &str) -> anyhow::Result<Value> {
    serde_json::from_str(body).with_context(|| format!("it is no JSON: {}", start(body)))
}

/// The first line of what was answered, or as much as fits one.
fn start(body: &str) -> String {
    body.chars()
        .take(SHOWN)
        .collect::<String>()
        .replace('\n', " ")
}
