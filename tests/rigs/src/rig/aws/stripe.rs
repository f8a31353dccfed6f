//! Stripe, as somebody who has a key sees it.

use anyhow::{Context, ensure};
use serde_json::Value;
use testing::{TestClient, test_client::Submitted};

/// Stripe's API in test mode, or what stands in for it.
#[derive(Debug)]
pub(in crate::rig) struct Stripe {
    client: TestClient,
    authorization: String,
}

impl Stripe {
    /// The API where a client calls, such as `https://api.stripe.com`.
    pub(in crate::rig) fn at(client: TestClient, key: &str) -> Self {
        Self {
            client,
            authorization: format!("Bearer {key}"),
        }
    }

    /// A list, by what follows `/v1/`.
    pub(in crate::rig) fn list(&self, path: &str) -> anyhow::Result<Vec<Value>> {
        let answer = self.call("GET", path, "")?;
        let list = answer["data"].as_array().context("it is a list")?;
        Ok(list.clone())
    }

    /// Makes something of these fields.
    pub(in crate::rig) fn create(
        &self,
        path: &str,
        fields: &[(&str, &str)],
    ) -> anyhow::Result<Value> {
        let mut body = form_urlencoded::Serializer::new(String::new());
        self.call("POST", path, &body.extend_pairs(fields).finish())
    }

    /// The refunds of a charge that a request made.
    pub(in crate::rig) fn refunds(
        &self,
        charge: &str,
        request: &Submitted,
    ) -> anyhow::Result<Vec<Value>> {
        let mut refunds = self.list(&format!("refunds?limit=100&charge={charge}"))?;
        refunds.retain(|refund| refund["metadata"]["request_id"] == request.id.as_str());
        Ok(refunds)
    }

    fn call(&self, method: &str, path: &str, body: &str) -> anyhow::Result<Value> {
        let headers = [
            ("authorization", self.authorization.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        let answer = self
            .client
            .call(method, &format!("/v1/{path}"), &headers, body);
        ensure!(answer.status == 200, "Stripe's {path}: {}", answer.text);
        Ok(answer.json())
    }
}
