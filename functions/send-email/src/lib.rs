//! Sends the mail of a phase: to the customer, or to a team.
//!
//! The texts come with the payload as templates, the names in them from the request. A mail is
//! recorded after the service has taken it: at worst a crash in between sends it twice, and never
//! not at all.

use shared::approval::LinkKey;
use shared::config::Teams;
use shared::desk::{Desk, Opened};
use shared::failure::Failure;
use shared::mail::{Mail, MailError, Mailer};
use shared::request::{Event, Request};
use shared::table::Table;
use shared::task::{EmailConfig, Outcome, Recipient, Task, outcome};
use shared::text::render;

/// What the function works with.
#[derive(Debug)]
pub struct SendEmail<T, M> {
    /// The requests.
    pub desk: Desk<T>,
    /// The mail service.
    pub mailer: M,
    /// Who is on which team.
    pub teams: Teams,
    /// For the link to the customer's status page.
    pub link_key: LinkKey,
}

impl<T: Table, M: Mailer> SendEmail<T, M> {
    /// Sends the mail and records it.
    pub async fn handle(&self, task: Task<EmailConfig>) -> Result<Outcome, Failure> {
        let mut request = match self.desk.open(&task).await? {
            Opened::Handled(outcome) => return Ok(outcome),
            Opened::Fresh(request) => request,
        };
        let config = &task.config;
        let text = |template| {
            render(
                template,
                &request.value,
                &request.value.status_url(&self.link_key),
            )
            .map_err(|error| Failure::PayloadInvalid(error.to_string()))
        };
        let (subject, body) = (text(&config.subject)?, text(&config.body)?);
        let mut accepted = false;
        for address in self.addresses(&config.to, &request.value)? {
            let mail = Mail::from_text(address, &subject, &body);
            let mail = mail.about(task.request_id, &task.phase);
            match self.mailer.send(&mail).await {
                Ok(()) => accepted = true,
                // The service will refuse this address every time; the trail says so, and the
                // process goes on.
                Err(MailError::Refused(_)) => {}
                Err(error @ MailError::Unavailable(_)) => {
                    return Err(Failure::MailUnavailable(error.to_string()));
                }
            }
        }
        let to = match &config.to {
            Recipient::Field(field) => field.as_str(),
            Recipient::Team(team) => team.as_str(),
        };
        let record = request
            .value
            .apply(&Event::Mailed { to, accepted }, task.passage());
        self.desk.save(&mut request, &record, Vec::new()).await?;
        Ok(Outcome::new(outcome::DONE))
    }

    fn addresses(&self, to: &Recipient, request: &Request) -> Result<Vec<String>, Failure> {
        match to {
            Recipient::Field(field) => match request.value(field) {
                Some(address) => Ok(vec![address.to_string()]),
                None => Err(Failure::PayloadInvalid(format!(
                    "the request has no {field}"
                ))),
            },
            Recipient::Team(team) => match self.teams.members(team) {
                Some(members) => Ok(members.to_vec()),
                None => Err(Failure::ConfigInvalid(format!("TEAMS has no {team}"))),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use shared::approval::fixture::link_key;
    use shared::id::RequestId;
    use shared::mail::MemoryMailer;
    use shared::request::fixture;
    use shared::table::memory::MemoryTable;

    use super::*;

    async fn function() -> (SendEmail<MemoryTable, MemoryMailer>, RequestId) {
        let desk = Desk::new(MemoryTable::default());
        let (request, record) = fixture::request();
        desk.create(&request, &record, Vec::new()).await.unwrap();
        let teams =
            Teams::parse(r#"{"csm-team":["csm-1@example.com","csm-2@example.com"]}"#).unwrap();
        let mailer = MemoryMailer::default();
        (
            SendEmail {
                desk,
                mailer,
                teams,
                link_key: link_key(),
            },
            request.request_id,
        )
    }

    fn task(request_id: RequestId, to: Recipient, body: &str) -> Task<EmailConfig> {
        Task {
            request_id,
            entered_at: Timestamp::UNIX_EPOCH,
            version: "v1".to_owned(),
            phase: "Send Confirmation Email".parse().unwrap(),
            state: "Send Confirmation Email".to_owned(),
            config: EmailConfig {
                to,
                subject: "Refund of {{ refundAmount }}".into(),
                body: body.into(),
                invites: None,
            },
        }
    }

    fn customer() -> Recipient {
        Recipient::Field("customerEmail".parse().unwrap())
    }

    fn team(name: &str) -> Recipient {
        Recipient::Team(name.parse().unwrap())
    }

    #[tokio::test]
    async fn writes_to_the_customer_once() {
        let (function, id) = function().await;
        for _ in 0..2 {
            let body = "{{ refundAmount }}, see {{ statusUrl }}";
            assert_eq!(
                function
                    .handle(task(id, customer(), body))
                    .await
                    .unwrap()
                    .outcome,
                "done"
            );
        }
        let sent = function.mailer.sent();
        assert_eq!(sent.len(), 1);
        assert_eq!(
            (sent[0].to.as_str(), sent[0].subject.as_str()),
            ("ada@example.com", "Refund of $50.00")
        );
        let page = format!("https://refunds.example.com/requests/{id}/");
        assert!(sent[0].text.starts_with(&format!("$50.00, see {page}")));
    }

    #[tokio::test]
    async fn writes_to_everyone_of_a_team_and_misses_an_unknown_one() {
        let (function, id) = function().await;
        function
            .handle(task(id, team("csm-team"), "Look."))
            .await
            .unwrap();
        assert_eq!(function.mailer.sent().len(), 2);
        let unknown = Task {
            state: "Other".to_owned(),
            ..task(id, team("nobody"), "Look.")
        };
        assert!(matches!(
            function.handle(unknown).await,
            Err(Failure::ConfigInvalid(_))
        ));
    }

    #[tokio::test]
    async fn an_outage_is_retried_and_a_refusal_is_recorded() {
        let (function, id) = function().await;
        function
            .mailer
            .fail_next(MailError::Unavailable("Throttling".into()));
        let outage = function.handle(task(id, customer(), "Hi")).await;
        assert!(matches!(outage, Err(Failure::MailUnavailable(_))));
        function
            .mailer
            .fail_next(MailError::Refused("MessageRejected".into()));
        function.handle(task(id, customer(), "Hi")).await.unwrap();
        let trail = function.desk.table().items();
        let last = trail.iter().rfind(|item| item.kind == "audit").unwrap();
        assert_eq!(
            (&last.body["action"], &last.body["detail"]),
            (&"mail refused".into(), &"customerEmail".into())
        );
    }

    #[tokio::test]
    async fn a_text_that_cannot_be_rendered_is_never_sent() {
        let (function, id) = function().await;
        let answer = function
            .handle(task(id, customer(), "{{ stripeRefundResult.id }}"))
            .await;
        assert!(matches!(answer, Err(Failure::PayloadInvalid(_))));
        assert!(function.mailer.sent().is_empty());
    }
}
