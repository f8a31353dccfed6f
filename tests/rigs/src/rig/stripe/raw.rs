//! Stripe's interface without our client: to set a scene, and to look at it.

use anyhow::Context;
use serde_json::Value;
use ureq::Agent;

use super::canary::KEY;

/// An interface at an address.
pub(super) struct Raw {
    base: String,
    agent: Agent,
}

impl Raw {
    pub(super) fn at(base: &str) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None);
        Self {
            base: base.to_owned(),
            agent: agent.build().into(),
        }
    }

    pub(super) fn get(&self, path: &str) -> anyhow::Result<Value> {
        let request = self.agent.get(format!("{}/v1/{path}", self.base));
        let request = request.header("authorization", format!("Bearer {KEY}"));
        let text = request.call()?.body_mut().read_to_string()?;
        serde_json::from_str(&text).with_context(|| format!("{path} is answered with {text}"))
    }

    /// Posts a form; the status and the document.
    pub(super) fn post(
        &self,
        path: &str,
        key: Option<&str>,
        form: &[(&str, &str)],
    ) -> anyhow::Result<(u16, Value)> {
        let url = format!("{}/v1/{path}", self.base);
        let mut request = self
            .agent
            .post(&url)
            .header("authorization", format!("Bearer {KEY}"));
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let mut answer = request.send_form(form.iter().copied())?;
        let status = answer.status().as_u16();
        let text = answer.body_mut().read_to_string()?;
        let body = serde_json::from_str(&text);
        Ok((
            status,
            body.with_context(|| format!("{path} is answered with {text}"))?,
        ))
    }

    /// Makes something, and gives its id.
    pub(super) fn make(&self, path: &str, form: &[(&str, &str)]) -> anyhow::Result<String> {
        let (status, body) = self.post(path, None, form)?;
        let id = body["id"].as_str();
        id.map(ToOwned::to_owned)
            .with_context(|| format!("{path} is answered with {status}: {body}"))
    }

    pub(super) fn refunds(&self, charge: &str) -> anyhow::Result<Vec<Value>> {
        let refunds = self.get(&format!("refunds?limit=100&charge={charge}"))?;
        refunds["data"]
            .as_array()
            .cloned()
            .context("refunds are a list")
    }
}
