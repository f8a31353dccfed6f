//! A deployed stack, and what people do with it.

use anyhow::Context;
use domain::approval::{Approval, LinkKeys};
use serde_json::{Value, json};
use testing::{
    TestClient,
    test_client::{Form, Mail, Submitted, form},
};

use super::{deployment::Deployment, stripe::Stripe};

/// The team that reviews, by its phase in the shipped process.
pub(in crate::rig) const REVIEW: &str = "CSM Review";
pub(in crate::rig) const FINANCE: &str = "Finance Approval";

/// Who takes part, by their addresses.
#[derive(Debug, Clone)]
pub(in crate::rig) struct People {
    pub(in crate::rig) customer: String,
    /// The first approves. The second is taken off the team while a request waits.
    pub(in crate::rig) reviewers: Vec<String>,
    pub(in crate::rig) manager: String,
    pub(in crate::rig) finance: Vec<String>,
}

impl People {
    /// The parameter `Teams`, with these reviewers.
    pub(in crate::rig) fn teams(&self, reviewers: &[String]) -> String {
        json!({
            "csm-team": reviewers,
            "csm-manager": [self.manager],
            "finance-team": self.finance,
        })
        .to_string()
    }
}

/// A stack that is deployed, with its people and its Stripe.
#[derive(Debug)]
pub(in crate::rig) struct Stack {
    pub(in crate::rig) deployment: Deployment,
    /// The deployed API.
    pub(in crate::rig) client: TestClient,
    pub(in crate::rig) people: People,
    pub(in crate::rig) stripe: Stripe,
    /// What is given back, of the customer's.
    pub(in crate::rig) charge: String,
}

impl Stack {
    /// Calls AWS as whoever deploys, by boto3's names.
    pub(in crate::rig) fn aws(
        &self,
        service: &str,
        operation: &str,
        arguments: &Value,
    ) -> anyhow::Result<Value> {
        self.deployment.aws(service, operation, arguments)
    }

    /// Asks for so many dollars of the charge.
    pub(in crate::rig) fn submit(&self, dollars: &str) -> Submitted {
        self.client.submit(&self.form(dollars))
    }

    pub(in crate::rig) fn form(&self, dollars: &str) -> Form {
        let form = form().amount(dollars).charge(&self.charge);
        let form = form.with("customerEmail", json!(self.people.customer));
        form.with("reason", json!("Service issue"))
    }

    /// Everything in the table.
    pub(in crate::rig) fn items(&self) -> anyhow::Result<Vec<Value>> {
        let table = self.deployment.resource("Table")?;
        let scan = json!({"TableName": table, "ConsistentRead": true});
        let mut found = self.aws("dynamodb", "scan", &scan)?;
        let items = found["Items"].as_array_mut().context("a scan has items")?;
        Ok(std::mem::take(items))
    }

    /// Who is asked in a phase of a request, as it is stored.
    pub(in crate::rig) fn approval(
        &self,
        request: &Submitted,
        phase: &str,
    ) -> anyhow::Result<Approval> {
        let key = Approval::key_of(request.id.parse()?, &phase.parse()?);
        let key = json!({"pk": {"S": key.pk}, "sk": {"S": key.sk}});
        let table = self.deployment.resource("Table")?;
        let get = json!({"TableName": table, "Key": key, "ConsistentRead": true});
        let found = self.aws("dynamodb", "get_item", &get)?;
        let item = found.get("Item").context("nobody is asked yet")?;
        Ok(serde_json::from_value(plain(&json!({"M": item})))?)
    }

    /// Waits until somebody is asked, and gives the part of their mail that decides. It is not read but made again:
    /// a link and its code are derived from what is stored and from the link key, which who deploys may read. So it
    /// is known on a real account too, where nobody reads an approver's mail.
    #[track_caller]
    pub(in crate::rig) fn asked(
        &self,
        request: &Submitted,
        approver: &str,
        phase: &str,
    ) -> anyhow::Result<Mail> {
        let which = json!({"SecretId": self.deployment.resource("LinkKey")?});
        let keys = self.aws("secretsmanager", "get_secret_value", &which)?;
        let keys = keys["SecretString"].as_str().and_then(LinkKeys::parse);
        let keys = keys.context("the link key is a list of keys")?;
        let wanted = format!("{approver} to be asked in {phase}");
        let approval = self.client.eventually(&wanted, || {
            let approval = self.approval(request, phase);
            let approval = approval.map_err(|error| format!("{error:#}"))?;
            match approval.approver(approver) {
                Some(_) => Ok(approval),
                None => Err(format!("{:?}", approval.approvers)),
            }
        });
        let (link, code) = approval.secrets(&keys, approver);
        let link = format!("{}/approvals/{link}?decision=", self.client.base());
        let text = format!("{link}approve\n{link}reject\nCode: {code}\n");
        Ok(Mail::read(&json!({"to": approver, "text": text})))
    }

    /// The first reviewer approves a request.
    pub(in crate::rig) fn approve_review(&self, request: &Submitted) -> anyhow::Result<()> {
        let reviewer = &self.people.reviewers[0];
        self.asked(request, reviewer, REVIEW)?.approve(&self.client);
        Ok(())
    }
}

/// A value as JSON, of how DynamoDB writes it.
fn plain(value: &Value) -> Value {
    let typed = value.as_object().and_then(|typed| typed.iter().next());
    match typed.map(|(kind, value)| (kind.as_str(), value)) {
        Some(("M", Value::Object(fields))) => {
            let fields = fields.iter();
            fields
                .map(|(name, value)| (name.clone(), plain(value)))
                .collect()
        }
        Some(("L", Value::Array(items))) => items.iter().map(plain).collect(),
        Some(("N", Value::String(number))) => serde_json::from_str(number).unwrap_or_default(),
        Some(("S" | "BOOL", value)) => value.clone(),
        _ => Value::Null,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_item_is_read_as_json() {
        let item = json!({"M": {
            "name": {"S": "N"}, "count": {"N": "2"}, "is": {"BOOL": true}, "none": {"NULL": true},
            "list": {"L": [{"M": {"M": {"S": "L"}}}]},
        }});
        let read = json!({"name": "N", "count": 2, "is": true, "none": null, "list": [{"M": "L"}]});
        assert_eq!(plain(&item), read);
    }
}
