//! One of each kind of mail: what has to happen for it to be sent, and its pictures.

use std::fs;

use anyhow::Context;
use serde_json::Value;
use testing::test_client::{Form, Submitted, form};

use super::{
    Stage,
    driver::Browser,
    gallery::{CSM, CUSTOMER},
};
use crate::Checks;

const MANAGER: &str = "csm-manager@example.com";

const DEADLOCK: &str = "Nobody may decide";
/// A name for the picture, and what the mail's subject begins with.
const KINDS: [(&str, &str); 21] = [
    ("mail-arrived", "We have your request"),
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
    ("mail-denied", "About your refund request"),
    ("mail-refund-failed", "A refund failed"),
    ("mail-not-refunded", "We could not make your refund"),
    ("mail-not-decided", "We did not decide"),
    ("mail-refund-came-back", "A refund came back"),
    (
        "mail-needs-attention",
        "$49.90 for ch_demo_unfunded has stopped",
    ),
];

impl Stage {
    /// Shows the newest mail of each kind. What the pages before did not bring about happens here first.
    pub(super) async fn show_mails(
        &self,
        browser: &Browser,
        checks: &mut Checks<'_>,
    ) -> anyhow::Result<()> {
        for (name, request) in self.bring_about_the_rest() {
            self.show(browser, checks, name, &request.status_url)
                .await?;
        }
        let mails = self.client.get_json("/_local/api/emails");
        for (name, subject) in KINDS {
            let mail = newest(&mails, subject);
            let mail = mail.with_context(|| format!("no mail begins {subject:?}"))?;
            self.show_mail(browser, checks, name, mail).await?;
        }
        let deadlock = self.bring_about_a_deadlock()?;
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
    fn bring_about_a_deadlock(&self) -> anyhow::Result<Value> {
        let (client, person) = (&self.one_person_stack, "mia@example.com");
        let request = client.submit(&other("ch_demo_2000", "1500"));
        let review = client.mail_about(&request, person, "CSM Review");
        review.approve(client);
        client.mail(person, DEADLOCK);
        let mails = client.get_json(&format!("/_local/api/emails?to={person}"));
        let found = newest(&mails, DEADLOCK).cloned();
        found.context("the outbox has the mail that nobody may decide")
    }

    /// The requests whose status pages show what no other page did, each with a name for the picture.
    fn bring_about_the_rest(&self) -> [(&'static str, Submitted); 3] {
        let client = &self.client;
        client.mail(CUSTOMER, "About your refund request");
        let not_paid = self.approved("ch_demo_refunded", "49.90");
        client.mail(CSM, "A refund failed");
        client.mail(CUSTOMER, "We could not make your refund");
        self.approved("ch_demo_unfunded", "49.90");
        client.mail(CSM, "needs your attention");
        self.approved("ch_demo_slow", "49.90");
        client.mail(CUSTOMER, "on its way");
        let returned = self.approved("ch_demo_fails_later", "49.90");
        client.wait_for_status(&returned, "refunded");
        client.advance("31m");
        client.mail(CSM, "A refund came back");
        self.approved("ch_demo_2000", "500");
        client.mail("finance-1@example.com", "Finance Approval");
        let waiting = self.submit("Nobody answers.");
        client.mail_about(&waiting, CSM, "CSM Review");
        client.advance("24h");
        client.mail_about(&waiting, CSM, "Reminder");
        client.advance("48h");
        client.mail_about(&waiting, MANAGER, "Escalated");
        client.advance("11d");
        client.mail_about(&waiting, CUSTOMER, "We did not decide");
        client.wait_for_status(&waiting, "denied");
        [
            ("status-not-paid", not_paid),
            ("status-came-back", returned),
            ("status-expired", waiting),
        ]
    }

    /// A request that its reviewer has approved.
    fn approved(&self, charge: &str, amount: &str) -> Submitted {
        let request = self.client.submit(&other(charge, amount));
        let mail = self.client.mail_about(&request, CSM, "CSM Review");
        mail.approve(&self.client);
        request
    }
}

/// The newest of some mails whose subject begins so.
fn newest<'a>(mails: &'a Value, subject: &str) -> Option<&'a Value> {
    let begins = |mail: &&Value| {
        let its = mail["subject"].as_str();
        its.is_some_and(|it| it.starts_with(subject))
    };
    mails.as_array()?.iter().rev().find(begins)
}

fn other(charge: &str, amount: &str) -> Form {
    let form = form().charge(charge).amount(amount);
    form.with("reason", "Other".into())
}
