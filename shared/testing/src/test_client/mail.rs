//! A mail in the outbox, and what its reader does with it.

use serde_json::{Value, json};

use super::TestClient;

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
    /// Reads a mail as the local stack's outbox shows it.
    pub fn read(json: &Value) -> Self {
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
    #[track_caller]
    pub fn link(&self, decision: &str) -> String {
        self.find(&format!("to {decision}"), |link| {
            link.ends_with(&format!("?decision={decision}"))
        })
    }

    /// The first link that contains this.
    #[track_caller]
    pub fn link_to(&self, path: &str) -> String {
        self.find(&format!("with {path}"), |link| link.contains(path))
    }

    #[track_caller]
    fn find(&self, what: &str, fits: impl Fn(&str) -> bool) -> String {
        let mut links = self.links().into_iter().filter(|link| fits(link));
        links
            .next()
            .unwrap_or_else(|| panic!("the mail to {} has no link {what}: {}", self.to, self.text))
    }

    /// The code that is printed in it.
    #[track_caller]
    pub fn code(&self) -> String {
        let mut lines = self.text.lines();
        let code = lines.find_map(|line| line.strip_prefix("Code: "));
        code.unwrap_or_else(|| panic!("the mail to {} has a code", self.to))
            .to_owned()
    }

    /// Decides as the recipient would: the link's address, the mail's code.
    #[track_caller]
    pub fn decide(&self, client: &TestClient, decision: &str, reason: &str) -> (u16, Value) {
        let body = json!({"decision": decision, "code": self.code(), "reason": reason});
        client.post_json(self.address(), &body)
    }

    /// Approves, and expects that it counts.
    #[track_caller]
    pub fn approve(&self, client: &TestClient) {
        self.decided(client, "approve", "");
    }

    /// Chooses as the customer, and expects that it counts.
    #[track_caller]
    pub fn choose(&self, client: &TestClient, option: &str) {
        let (status, body) = self.decide(client, option, "");
        assert_eq!(
            (status, &body["outcome"], &body["decidedBy"]),
            (200, &json!(option), &json!("customer")),
            "{body}"
        );
    }

    /// Rejects, and expects that it counts.
    #[track_caller]
    pub fn reject(&self, client: &TestClient, reason: &str) {
        self.decided(client, "reject", reason);
    }

    #[track_caller]
    fn decided(&self, client: &TestClient, decision: &str, reason: &str) {
        let (status, body) = self.decide(client, decision, reason);
        let expected = (200, &json!(self.to));
        assert_eq!((status, &body["decidedBy"]), expected, "{body}");
    }

    /// Where a decision is posted to: the link without its choice.
    #[track_caller]
    pub fn address(&self) -> String {
        let link = self.link_to("/approvals/");
        link.split('?').next().unwrap_or_default().to_owned()
    }
}
