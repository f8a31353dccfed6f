//! Sends the mail of a phase: to the customer, or to a team.
//!
//! A mail that invites carries the link and the code of its invitation. It is not sent while the request
//! needs attention: nobody is asked how satisfied they are with a refund that came back. Nor is any other mail to the
//! customer then: they were told that it came back, and what the process would say is no longer true.
//!
//! The texts come with the payload as templates, the names in them from the request. A mail is
//! recorded after the service has taken it: at worst a crash in between sends it twice, and never
//! not at all.

use adapters::{Cached, Settings};
use domain::approval::LinkKeys;
use domain::failure::Failure;
use domain::id::OfferingPath;
use domain::invitation::{Invitation, InvitationToken};
use domain::mail::Mailer;
use domain::optimistic::{AttemptError, Attempts};
use domain::request::{Event, RefundProgress, Request, Status};
use domain::request_store::{Invocation, RequestStore};
use domain::suppression::send_all;
use domain::table::{Stored, Table};
use domain::task::{EmailConfig, Outcome, Recipient, Task, outcome};
use domain::text::{Filled, Invited, TextError, render, render_invitation};
use web::emails::from_text;

/// What the function works with.
#[derive(Debug)]
pub struct SendEmail<T, M> {
    /// The requests.
    pub store: RequestStore<T>,
    /// The mail service.
    pub mailer: M,
    /// Who is on which team.
    pub settings: Cached<Settings>,
    /// For the link to the customer's status page.
    pub link_keys: Cached<LinkKeys>,
}

impl<T: Table, M: Mailer> SendEmail<T, M> {
    /// Sends the mail and records it.
    pub async fn handle(&self, task: Task<EmailConfig>) -> Result<Outcome, Failure> {
        tokio::join!(self.settings.refresh(), self.link_keys.refresh());
        let request = match self.store.invocation(&task).await? {
            Invocation::Repeated(outcome) => return Ok(outcome),
            Invocation::First(request) => request,
        };
        let config = &task.config;
        if let Some(withheld) = withheld(config, &request.value) {
            return self.record(&task, request, &withheld).await;
        }
        let text = |template| {
            self.text(template, &request.value, config.invites.as_ref())
                .map_err(|error| Failure::PayloadInvalid(error.to_string()))
        };
        let subject = text(&config.subject)?.to_string();
        let body = text(&config.body)?;
        let addresses = self.addresses(&config.to, &request.value).await?;
        let brand = self.settings.current().brand.with(&request.value.brand);
        let mails = addresses.iter().map(|address| {
            from_text(&brand, address, &subject, &body, &request.value.origin)
                .related_to(task.request_id, &task.phase)
        });
        let mails: Vec<_> = mails.collect();
        // Where all addresses are refused, the audit log says so, and the process goes on.
        let keys = self.link_keys.current();
        let storage = (self.store.table(), &*keys);
        let accepted = send_all(&self.mailer, storage, &mails, task.entered_at).await? > 0;
        let to = match &config.to {
            Recipient::Field(field) => field.as_str(),
            Recipient::Team(team) => team.as_str(),
        };
        let mailed = Event::Mailed { to, accepted };
        self.record(&task, request, &mailed).await
    }

    /// Records what was done. Where the request was changed meanwhile, as by a bounce of this very mail, only that is tried
    /// again: nothing is sent twice for it.
    async fn record(
        &self,
        task: &Task<EmailConfig>,
        mut request: Box<Stored<Request>>,
        event: &Event<'_>,
    ) -> Result<Outcome, Failure> {
        let mut attempts = Attempts::default();
        loop {
            let record = request.value.apply(event, task.state_entry());
            let saved = self.store.save(&mut request, &record, Vec::new()).await;
            if let Some(result) = attempts.finish(saved.map_err(AttemptError::from)) {
                return result.map(|()| Outcome::new(outcome::DONE));
            }
            request = match self.store.invocation(task).await? {
                Invocation::Repeated(outcome) => return Ok(outcome),
                Invocation::First(request) => request,
            };
        }
    }

    fn text(
        &self,
        template: &str,
        request: &Request,
        invites: Option<&OfferingPath>,
    ) -> Result<Filled, TextError> {
        let keys = self.link_keys.current();
        let status_url = request.status_url(&keys);
        let Some(offering) = invites else {
            return render(template, request, &status_url);
        };
        let about = request.request_id;
        let token = InvitationToken::new(&keys, about, offering);
        let secrets = Invited {
            url: token.url(&request.origin, offering),
            code: Invitation::new(about, offering).code(keys.newest()),
        };
        render_invitation(template, request, &status_url, &secrets)
    }

    async fn addresses(&self, to: &Recipient, request: &Request) -> Result<Vec<String>, Failure> {
        match to {
            Recipient::Field(field) => match request.value(field) {
                Some(address) => Ok(vec![address.to_string()]),
                None => Err(Failure::PayloadInvalid(format!(
                    "the request has no {field}"
                ))),
            },
            Recipient::Team(team) => {
                self.settings
                    .current()
                    .teams
                    .mailed(self.store.table(), team)
                    .await
            }
        }
    }
}

/// Why a mail must not be sent, if so.
fn withheld<'a>(config: &'a EmailConfig, request: &Request) -> Option<Event<'a>> {
    let came_back = request.refund == Some(RefundProgress::Reversed);
    match (&config.invites, &config.to) {
        (Some(offering), _) if request.status == Status::NeedsAttention => {
            Some(Event::NotInvited(offering))
        }
        (_, Recipient::Field(field)) if came_back => Some(Event::MailWithheld(field.as_str())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use domain::id::RequestId;
    use domain::mail::MailError;
    use domain::reference::Reference;
    use domain::suppression::is_suppressed;
    use domain::task::StateEntry;
    use domain::team::Teams;
    use jiff::Timestamp;
    use testing::MemoryMailer;
    use testing::MemoryTable;
    use testing::fixtures;
    use testing::fixtures::approval::link_keys;

    use super::*;

    async fn function() -> (SendEmail<MemoryTable, MemoryMailer>, RequestId) {
        let store = RequestStore::new(MemoryTable::default());
        let (request, record) = fixtures::request::request();
        store.create(&request, &record, Vec::new()).await.unwrap();
        let teams =
            Teams::parse(r#"{"csm-team":["csm-1@example.com","csm-2@example.com"]}"#).unwrap();
        let mailer = MemoryMailer::default();
        (
            SendEmail {
                store,
                mailer,
                settings: Settings {
                    teams,
                    ..Settings::default()
                }
                .into(),
                link_keys: link_keys().into(),
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
        let subject = format!("Refund of $50.00 [{}]", Reference::of(id));
        assert_eq!(
            (sent[0].to.as_str(), sent[0].subject.as_str()),
            ("ada@example.com", subject.as_str())
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

    fn inviting(request_id: RequestId) -> Task<EmailConfig> {
        let mut task = task(
            request_id,
            customer(),
            "{{ invitationUrl }}\n\nCode: {{ invitationCode }}",
        );
        task.config.invites = Some("customer-satisfaction/csat-survey".parse().unwrap());
        task
    }

    #[tokio::test]
    async fn an_invitation_carries_its_link_and_its_code() {
        let (function, id) = function().await;
        function.handle(inviting(id)).await.unwrap();
        let offering = "customer-satisfaction/csat-survey".parse().unwrap();
        let token = InvitationToken::new(&link_keys(), id, &offering);
        let code = link_keys().newest().invitation_code(id, &offering, 0);
        let expected = format!(
            "https://refunds.example.com/services/{offering}?invitation={token}\n\nCode: {code}\n"
        );
        assert_eq!(function.mailer.sent()[0].text, expected);
        assert!(
            !format!("{:?}", function.store.table().items()).contains(&code),
            "nothing stored gives it away"
        );
    }

    #[tokio::test]
    async fn nobody_is_invited_by_a_request_that_needs_attention() {
        let (function, id) = function().await;
        let mut request = function.store.request(id).await.unwrap().unwrap();
        let (phase, message) = (request.value.phase.clone(), "The bank sent it back.");
        let now = StateEntry::during(&phase, Timestamp::UNIX_EPOCH);
        let movement = fixtures::refund::movement();
        let reversed = Event::RefundReversed { movement, message };
        let record = request.value.apply(&reversed, now);
        let store = &function.store;
        store.save(&mut request, &record, Vec::new()).await.unwrap();
        for _ in 0..2 {
            let outcome = function.handle(inviting(id)).await.unwrap();
            assert_eq!(outcome.outcome, "done");
        }
        assert!(function.mailer.sent().is_empty());
        let items = function.store.table().items();
        let skipped = items
            .iter()
            .filter(|item| item.body["action"] == "invitation_withheld");
        let details: Vec<_> = skipped.map(|item| item.body["detail"].clone()).collect();
        assert_eq!(details, ["customer-satisfaction/csat-survey"]);
        // The team's mails are sent, and no other of the customer's: they would say what is not so any more.
        for to in [team("csm-team"), customer()] {
            let other = Task {
                state: format!("{to:?}"),
                ..task(id, to, "We've refunded you.")
            };
            function.handle(other).await.unwrap();
        }
        let sent = function.mailer.sent();
        let to: Vec<&str> = sent.iter().map(|mail| mail.to.as_str()).collect();
        assert_eq!(to, ["csm-1@example.com", "csm-2@example.com"]);
        let items = function.store.table().items();
        let is_withheld = |item: &&domain::table::Item| item.body["action"] == "mail_withheld";
        assert_eq!(items.iter().filter(is_withheld).count(), 1);
    }

    #[tokio::test]
    async fn the_team_is_told_what_has_stopped_and_why() {
        for (error, cause) in [
            (
                domain::failure::STRIPE_GUEST_CHARGE,
                "confirms whose the charge is",
            ),
            ("Stripe.Misconfigured", "Stripe refuses our calls"),
            ("Store.Unavailable", "was away for too long"),
            ("States.Runtime", "does not work as it is deployed"),
        ] {
            let (function, id) = function().await;
            let mut request = function.store.request(id).await.unwrap().unwrap();
            let event = Event::Stopped { error, redrives: 0 };
            let attention = "Needs Attention".parse().unwrap();
            let state_entry = StateEntry::during(&attention, Timestamp::UNIX_EPOCH);
            let record = request.value.apply(&event, state_entry);
            let store = &function.store;
            store.save(&mut request, &record, Vec::new()).await.unwrap();
            let body = "{{ requestSummary }} has stopped: {{ stopCause }} ({{ stopError }})";
            function
                .handle(task(id, team("csm-team"), body))
                .await
                .unwrap();
            let text = &function.mailer.sent()[0].text;
            assert!(text.starts_with("$50.00 for ch_1 has stopped: "), "{text}");
            assert!(
                text.contains(cause) && text.trim_end().ends_with(&format!("({error})")),
                "{text}"
            );
        }
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
            .fail_next(MailError::RecipientRefused("MessageRejected".into()));
        function.handle(task(id, customer(), "Hi")).await.unwrap();
        let (table, at) = (function.store.table(), Timestamp::UNIX_EPOCH);
        let is_suppressed = is_suppressed(table, &link_keys(), "ada@example.com", at).await;
        assert!(is_suppressed.unwrap(), "like after a bounce");
        let audit_log = function.store.table().items();
        let last = audit_log.iter().rfind(|item| item.kind == "audit").unwrap();
        assert_eq!(
            (&last.body["action"], &last.body["detail"]),
            (&"mail_refused".into(), &"customerEmail".into())
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
