//! A running client, as a customer and an approver use it: over HTTP and through their mail.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use ureq::Agent;

/// The offering that rigs play.
const OFFERING: &str = "/services/customer-success/refund-request";
/// How long one call may take. A function may have to be compiled first.
const CALL: Duration = Duration::from_mins(2);

/// A client at an address.
pub(crate) struct TestClient {
    base: String,
    /// Where its mails are read.
    outbox: String,
    patience: Duration,
    agent: Agent,
}

/// A request that was taken.
pub(crate) struct Submitted {
    pub(crate) id: String,
    pub(crate) status_url: String,
}

impl TestClient {
    /// The store at `base`, where anything that waits for no person happens within `patience`.
    pub(crate) fn at(base: &str, patience: Duration) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(CALL))
            .build();
        Self {
            base: base.to_owned(),
            outbox: "/_local/api/emails".to_owned(),
            patience,
            agent: agent.into(),
        }
    }

    /// Reads mails where an emulator of SES shows them.
    pub(crate) fn with_outbox(mut self, url: &str) -> Self {
        url.clone_into(&mut self.outbox);
        self
    }

    /// Sends in the form.
    pub(crate) fn submit(&self, form: &Value) -> anyhow::Result<Submitted> {
        self.submit_to(OFFERING, form)
    }

    /// Sends in the form of any offering.
    pub(crate) fn submit_to(&self, offering: &str, form: &Value) -> anyhow::Result<Submitted> {
        let (status, body) = self.post(&format!("{offering}/requests"), form)?;
        ensure!(status == 202, "the form was answered with {status}: {body}");
        let text = |field: &str| {
            let text = body[field].as_str().map(ToOwned::to_owned);
            text.with_context(|| format!("the answer has no {field}: {body}"))
        };
        Ok(Submitted {
            id: text("requestId")?,
            status_url: text("statusUrl")?,
        })
    }

    /// Waits for a mail to somebody whose subject contains the words.
    pub(crate) fn mail(&self, to: &str, words: &str) -> anyhow::Result<Mail> {
        self.mail_with(to, words, "")
    }

    /// Waits for a mail to somebody whose subject contains the words and whose text names the request.
    pub(crate) fn mail_with(&self, to: &str, words: &str, id: &str) -> anyhow::Result<Mail> {
        self.eventually(&format!("a mail to {to} about {words:?} of {id}"), || {
            let mails = self.inbox(to)?;
            let found = mails.iter().find(|mail| is_about(mail, words, id));
            Ok(found.map(Mail::read).ok_or(Value::Array(mails)))
        })
    }

    /// Whether somebody has such a mail by now.
    pub(crate) fn has_mail(&self, to: &str, words: &str, id: &str) -> anyhow::Result<bool> {
        let mails = self.inbox(to)?;
        Ok(mails.iter().any(|mail| is_about(mail, words, id)))
    }

    /// The mails to somebody: subject and text.
    fn inbox(&self, to: &str) -> anyhow::Result<Vec<Value>> {
        if self.outbox.starts_with('/') {
            let mails = self.get(&format!("{}?to={to}", self.outbox))?;
            return Ok(mails.as_array().cloned().unwrap_or_default());
        }
        // By account, as the emulator keeps them.
        let mails = self.get(&self.outbox)?;
        let accounts = mails["messages"].as_object().into_iter().flatten();
        let mails = accounts.flat_map(|(_, mails)| mails.as_array().into_iter().flatten());
        let mails = mails.filter(|mail| mail["To"] == json!([to]));
        let read = |mail: &Value| json!({"subject": mail["Subject"], "text": mail["BodyText"]});
        Ok(mails.map(read).collect())
    }

    /// Waits until the customer is told this status.
    pub(crate) fn wait_for_status(&self, request: &Submitted, status: &str) -> anyhow::Result<()> {
        self.eventually(&format!("the status {status}"), || {
            let now = self.get(&request.status_url)?;
            Ok(if now["status"] == status {
                Ok(())
            } else {
                Err(now)
            })
        })
    }

    /// Approves as the mail's reader would: by its link, with its code.
    pub(crate) fn approve(&self, mail: &Mail) -> anyhow::Result<()> {
        let (status, body) = self.decide(mail, "approve", "")?;
        ensure!(
            status == 200,
            "the decision was answered with {status}: {body}"
        );
        Ok(())
    }

    /// Decides as the mail's reader would, and gives whatever comes back.
    pub(crate) fn decide(
        &self,
        mail: &Mail,
        decision: &str,
        reason: &str,
    ) -> anyhow::Result<(u16, Value)> {
        let decision = json!({"decision": decision, "code": mail.code()?, "reason": reason});
        self.post(mail.decision_address()?, &decision)
    }

    /// What the customer is told.
    pub(crate) fn status(&self, request: &Submitted) -> anyhow::Result<Value> {
        self.get(&request.status_url)
    }

    /// The refunds that Stripe made of a charge.
    pub(crate) fn refunds(&self, charge: &str) -> anyhow::Result<Vec<Value>> {
        let refunds = self.get(&format!("/_local/stripe/v1/refunds?charge={charge}"))?;
        let refunds = refunds["data"].as_array().cloned();
        refunds.context("Stripe lists the charge's refunds")
    }

    /// Waits until the request's execution has succeeded.
    pub(crate) fn wait_for_success(&self, request: &Submitted) -> anyhow::Result<()> {
        let path = format!("/_local/api/executions/{}", request.id);
        self.eventually("success of the execution", || {
            let now = self.get(&path)?;
            Ok(if now["status"] == "SUCCEEDED" {
                Ok(())
            } else {
                Err(now)
            })
        })
    }

    /// Waits until the request's execution waits for a time to come.
    pub(crate) fn wait_for_timer(&self, request: &Submitted) -> anyhow::Result<()> {
        let path = format!("/_local/api/executions/{}", request.id);
        self.eventually("state that waits for a time", || {
            let now = self.get(&path)?;
            let last = now["history"].as_array().and_then(|history| history.last());
            Ok(match last {
                Some(event) if event["type"] == "WaitStateEntered" => Ok(()),
                Some(_) | None => Err(now),
            })
        })
    }

    pub(crate) fn get(&self, path: &str) -> anyhow::Result<Value> {
        let url = self.url(path);
        let request = self
            .agent
            .get(&url)
            .header("accept", "application/json")
            .header("authorization", "Bearer sk_test_rig");
        let mut answer = request.call().with_context(|| format!("GET {url}"))?;
        let (status, text) = (answer.status(), answer.body_mut().read_to_string()?);
        ensure!(
            status.is_success(),
            "GET {url} was answered with {status}: {text}"
        );
        serde_json::from_str(&text).with_context(|| format!("GET {url} answers JSON, not {text}"))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> anyhow::Result<(u16, Value)> {
        let url = self.url(path);
        let request = self
            .agent
            .post(&url)
            .header("content-type", "application/json");
        let mut answer = request
            .send(body.to_string())
            .with_context(|| format!("POST {url}"))?;
        let text = answer.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
        Ok((answer.status().as_u16(), body))
    }

    fn url(&self, path: &str) -> String {
        if path.starts_with("http") {
            return path.to_owned();
        }
        format!("{}{path}", self.base)
    }

    /// Asks until the answer is `Ok(Ok(..))`. An `Ok(Err(..))` is how things stand meanwhile.
    fn eventually<T>(
        &self,
        wanted: &str,
        mut ask: impl FnMut() -> anyhow::Result<Result<T, Value>>,
    ) -> anyhow::Result<T> {
        let started = Instant::now();
        loop {
            match ask()? {
                Ok(found) => return Ok(found),
                Err(now) if started.elapsed() > self.patience => {
                    bail!(
                        "there was no {wanted} within {:?}, but {now}",
                        self.patience
                    )
                }
                Err(_) => thread::sleep(Duration::from_millis(100)),
            }
        }
    }
}

/// Whether the subject contains the words and the text the id.
fn is_about(mail: &Value, words: &str, id: &str) -> bool {
    let contains = |field: &str, words: &str| {
        let text = mail[field].as_str();
        text.is_some_and(|text| text.contains(words))
    };
    contains("subject", words) && contains("text", id)
}

/// A mail as its reader sees it.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) text: String,
}

impl Mail {
    fn read(mail: &Value) -> Self {
        Self {
            text: mail["text"].as_str().unwrap_or_default().to_owned(),
        }
    }

    /// The code that is printed in it.
    pub(crate) fn code(&self) -> anyhow::Result<&str> {
        let code = self
            .text
            .lines()
            .find_map(|line| line.strip_prefix("Code: "));
        code.with_context(|| format!("the mail has no code:\n{}", self.text))
    }

    /// The first link of its text with these words in it.
    pub(crate) fn link(&self, words: &str) -> anyhow::Result<&str> {
        let mut links = self.text.split_whitespace();
        let link = links.find(|word| word.starts_with("http") && word.contains(words));
        link.with_context(|| format!("the mail has no link with {words:?}:\n{}", self.text))
    }

    /// Where its reader's decision goes: the link without the choice that it carries.
    pub(crate) fn decision_address(&self) -> anyhow::Result<&str> {
        let link = self
            .text
            .split_whitespace()
            .find_map(|word| word.strip_suffix("?decision=approve"));
        link.with_context(|| format!("the mail has no link to approve:\n{}", self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_is_read_as_its_recipient_reads_it() {
        let mail = Mail::read(&json!({
            "text": "Please decide.\nApprove: http://127.0.0.1:3000/approvals/x?decision=approve\n\
                     Reject: http://127.0.0.1:3000/approvals/x?decision=reject\nCode: 123456\n",
        }));
        assert_eq!(mail.code().unwrap(), "123456");
        assert_eq!(
            mail.decision_address().unwrap(),
            "http://127.0.0.1:3000/approvals/x"
        );
        assert_eq!(
            mail.link("=reject").unwrap(),
            "http://127.0.0.1:3000/approvals/x?decision=reject"
        );
        assert!(mail.link("=credit").is_err());
        let other = Mail::read(&json!({"text": "Nothing to decide."}));
        assert!(other.code().is_err() && other.decision_address().is_err());
    }
}
