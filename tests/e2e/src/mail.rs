//! A mail in the outbox, and what its reader does with it.

use serde_json::{Value, json};

use crate::test_client::TestClient;

/// A mail as its recipient sees it.
#[derive(Debug, Clone)]
pub struct Mail {
    /// To whom.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The plain part.
    pub text: String,
    /// The HTML part.
    pub html: String,
}

impl Mail {
    pub(crate) fn read(json: &Value) -> Self {
        let text = |field: &str| json[field].as_str().unwrap_or_default().to_owned();
        Self {
            to: text("to"),
            subject: text("subject"),
            text: text("text"),
            html: text("html"),
        }
    }

    /// All links of the mail.
    pub fn links(&self) -> Vec<String> {
        let words = self.text.split_whitespace();
        words
            .filter(|word| word.starts_with("http"))
            .map(ToOwned::to_owned)
            .collect()
    }

    /// The link to approve, to reject or to choose.
    pub fn link(&self, decision: &str) -> String {
        let end = format!("?decision={decision}");
        let mut links = self.links().into_iter().filter(|link| link.ends_with(&end));
        links
            .next()
            .unwrap_or_else(|| panic!("the mail to {} has a link to {decision}", self.to))
    }

    /// The code that is printed in it.
    pub fn code(&self) -> String {
        let mut codes = self
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("Code: "));
        codes
            .next()
            .unwrap_or_else(|| panic!("the mail to {} has a code", self.to))
            .to_owned()
    }

    /// Decides as the recipient would: the link's address, the mail's code.
    pub async fn decide(&self, client: &TestClient, decision: &str, reason: &str) -> (u16, Value) {
        let body = json!({"decision": decision, "code": self.code(), "reason": reason});
        client.post_json(self.address(), &body).await
    }

    /// Approves, and expects that it counts.
    pub async fn approve(&self, client: &TestClient) {
        let (status, body) = self.decide(client, "approve", "").await;
        assert_eq!(
            (status, &body["decidedBy"]),
            (200, &json!(self.to)),
            "{body}"
        );
    }

    /// Chooses as the customer, and expects that it counts.
    pub async fn choose(&self, client: &TestClient, option: &str) {
        let (status, body) = self.decide(client, option, "").await;
        assert_eq!(
            (status, &body["outcome"], &body["decidedBy"]),
            (200, &json!(option), &json!("customer")),
            "{body}"
        );
    }

    /// Rejects, and expects that it counts.
    pub async fn reject(&self, client: &TestClient, reason: &str) {
        let (status, body) = self.decide(client, "reject", reason).await;
        assert_eq!(
            (status, &body["decidedBy"]),
            (200, &json!(self.to)),
            "{body}"
        );
    }

    /// Where a decision is posted to: the link without its choice.
    pub fn address(&self) -> String {
        let links = self.links().into_iter();
        let mut own = links.filter(|link| link.contains("/approvals/"));
        let link = own
            .next()
            .unwrap_or_else(|| panic!("the mail to {} has a link to decide", self.to));
        link.split('?').next().unwrap_or_default().to_owned()
    }
}
