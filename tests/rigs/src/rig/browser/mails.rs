//! One of each kind of mail: what has to happen for it to be sent, and its pictures.

use std::fs;

use anyhow::{Context, ensure};
use serde_json::{Value, json};

use super::{
    Stage,
    driver::Browser,
    gallery::{CSM, CUSTOMER},
};
use crate::{Checks, test_client::Submitted};

const MANAGER: &str = "csm-manager@example.com";

/// A name for the picture, and what the mail's subject begins with.
const KINDS: [(&str, &str); 18] = [
    ("mail-asked", "CSM Review:"),
    ("mail-asked-finance", "Finance Approval:"),
    ("mail-reminded", "Reminder: CSM Review:"),
    ("mail-escalated", "Escalated: CSM Review:"),
    ("mail-new-link", "New link:"),
    ("mail-handed-over", "Handed to you:"),
    ("mail-question", "We have a question"),
    ("mail-answered", "Answered:"),
    ("mail-offer", "Your refund was approved"),
    ("mail-credited", "Your credit is ready"),
    ("mail-survey", "How did we do?"),
    ("mail-new-code", "Your new code:"),
    ("mail-refunded", "Your refund has been processed"),
    ("mail-on-its-way", "Your refund is on its way"),
    ("mail-denied", "RelatedRequest your refund request"),
    ("mail-refund-failed", "A refund failed"),
    ("mail-refund-came-back", "A refund came back"),
    ("mail-needs-attention", "A request needs your attention"),
];

impl Stage {
    /// Shows the newest mail of each kind. What the pages before did not bring about happens here first.
    pub(super) async fn show_mails(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        self.bring_about_the_rest()?;
        let mails = self.client.get("/_local/api/emails")?;
        for (name, subject) in KINDS {
            let begins = |mail: &&Value| {
                let its = mail["subject"].as_str();
                its.is_some_and(|it| it.starts_with(subject))
            };
            let found = mails
                .as_array()
                .and_then(|mails| mails.iter().rev().find(begins));
            let mail = found.with_context(|| format!("no mail begins {subject:?}"))?;
            self.show_mail(browser, checks, name, mail).await?;
        }
        let deadlock = self.bring_about_an_impasse()?;
        self.show_mail(browser, checks, "mail-nobody-may-decide", &deadlock)
            .await
    }

    async fn show_mail(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
        name: &str,
        mail: &Value,
    ) -> anyhow::Result<()> {
        let file = self.scratch.join(format!("{name}.html"));
        fs::write(&file, mail["html"].as_str().unwrap_or_default())?;
        let url = format!("file://{}", file.display());
        self.show(browser, checks, name, &url).await
    }

    /// The mail to the team when nobody may decide.
    fn bring_about_an_impasse(&self) -> anyhow::Result<Value> {
        let client = &self.small_desk;
        let request = client.submit(&form("ch_demo_2000", "1500"))?;
        let review = client.mail_with("mia@example.com", "CSM Review", &request.id)?;
        client.approve(&review)?;
        client.mail("mia@example.com", "Nobody may decide")?;
        let mails = client.get("/_local/api/emails?to=mia@example.com")?;
        let mut mails = mails.as_array().into_iter().flatten();
        let subject = |mail: &&Value| {
            let its = mail["subject"].as_str();
            its.is_some_and(|it| it.starts_with("Nobody may decide"))
        };
        let found = mails.find(subject).cloned();
        found.context("the outbox has the mail that nobody may decide")
    }

    fn bring_about_the_rest(&self) -> anyhow::Result<()> {
        self.client
            .mail(CUSTOMER, "RelatedRequest your refund request")?;
        self.approved("ch_demo_refunded", "49.90")?;
        self.client.mail(CSM, "A refund failed")?;
        self.approved("ch_demo_guest", "49.90")?;
        self.client.mail(CSM, "needs your attention")?;
        self.approved("ch_demo_slow", "49.90")?;
        self.client.mail(CUSTOMER, "on its way")?;
        let request = self.approved("ch_demo_fails_later", "49.90")?;
        self.client.wait_for_status(&request, "refunded")?;
        self.advance("31m")?;
        self.client.mail(CSM, "A refund came back")?;
        self.approved("ch_demo_2000", "500")?;
        self.client
            .mail("finance-1@example.com", "Finance Approval")?;
        let waiting = self.submit("Nobody answers.")?;
        self.mail_about(&waiting.id, CSM, "CSM Review")?;
        self.advance("24h")?;
        self.mail_about(&waiting.id, CSM, "Reminder")?;
        self.advance("48h")?;
        self.mail_about(&waiting.id, MANAGER, "Escalated")?;
        Ok(())
    }

    /// A request that its reviewer has approved.
    fn approved(&self, charge: &str, amount: &str) -> anyhow::Result<Submitted> {
        let request = self.client.submit(&form(charge, amount))?;
        let mail = self.mail_about(&request.id, CSM, "CSM Review")?;
        self.client.approve(&mail)?;
        Ok(request)
    }

    pub(super) fn advance(&self, by: &str) -> anyhow::Result<()> {
        let (status, body) = self
            .client
            .post("/_local/api/clock", &json!({ "advance": by }))?;
        ensure!(status == 200, "the clock answered {status}: {body}");
        Ok(())
    }
}

fn form(charge: &str, amount: &str) -> Value {
    json!({
        "customerEmail": CUSTOMER,
        "chargeIdToRefund": charge,
        "refundAmount": amount,
        "reason": "Other",
        "notes": "Please look at it.",
    })
}
