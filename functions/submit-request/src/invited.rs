//! Offerings by invitation: who may see such a form, and how an invitation is used once.
//!
//! The link opens the form, which has nothing personal on it; robots that read mails get that far. What is
//! sent counts only with the code from the same mail, and the first time.

use adapters::Cached;
use domain::approval::{LinkKeys, mailbox};
use domain::failure::Failure;
use domain::id::RequestId;
use domain::invitation::{Invitation, InvitationToken, Use};
use domain::mail::{Mailer, deliver};
use domain::one_time_code::CodeCheck;
use domain::optimistic::AttemptError;
use domain::request::{Event, Request};
use domain::table::{Stored, Table, Write, load_or};
use domain::task::{Offering, StateEntry};
use domain::workflow::Workflow;
use jiff::Timestamp;
use lambda_http::http::StatusCode;
use web::{Problem, emails};

use crate::SubmitRequest;

/// What an invited customer sends to use the invitation.
#[derive(Debug)]
pub(crate) struct InvitationCredentials {
    pub(crate) token: InvitationToken,
    /// The request whose mail invites.
    pub(crate) about: RequestId,
    /// The code, as it was entered.
    pub(crate) code: String,
}

impl InvitationCredentials {
    /// Parses the token. `None` for an offering that everybody can use; any other is not found without a valid
    /// token.
    pub(crate) async fn read(
        link_keys: &Cached<LinkKeys>,
        offering: &Offering,
        token: Option<&str>,
        code: Option<String>,
    ) -> Result<Option<Self>, Problem> {
        if !offering.by_invitation {
            return Ok(None);
        }
        let token = token
            .and_then(InvitationToken::parse)
            .ok_or_else(uninvited)?;
        let keys = link_keys.knowing(token.key_id()).await;
        let about = token.opens(&keys, &offering.path);
        let about = about.ok_or_else(uninvited)?;
        Ok(Some(Self {
            token,
            about,
            code: code.unwrap_or_default(),
        }))
    }
}

fn uninvited() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "This page opens from the link in our mail.",
    )
    .detail("Please open it from there once more; the address may have lost its end.")
}

/// Whether an invitation can be used.
pub(crate) enum Admission {
    /// The code is right. To be stored with the request that it is used for, and the mailbox that was invited.
    Admitted(Vec<Write>, Option<String>),
    /// It was used before.
    UsedBefore(Use),
    /// The code is not right.
    Refused(CodeCheck),
    /// The personal data of the request that invites is removed: nobody could be mailed a fresh code.
    Ended,
}

impl<T: Table, M: Mailer, W: Workflow> SubmitRequest<T, M, W> {
    /// The invitation of these credentials. One that nobody tried to use yet has no version.
    pub(crate) async fn invitation(
        &self,
        credentials: &InvitationCredentials,
        offering: &Offering,
    ) -> Result<Stored<Invitation>, Failure> {
        let new = Invitation::new(credentials.about, &offering.path);
        Ok(load_or(self.store.table(), new).await?)
    }

    /// Tries to use an invitation for a new request.
    pub(crate) async fn admit(
        &self,
        credentials: &InvitationCredentials,
        offering: &Offering,
        request: RequestId,
        at: Timestamp,
    ) -> Result<Admission, AttemptError> {
        let mut invitation = self.invitation(credentials, offering).await?;
        if let Some(used) = invitation.value.used() {
            return Ok(Admission::UsedBefore(used));
        }
        let inviting = self.store.request(credentials.about).await?;
        let mut inviting = inviting.ok_or(Failure::RequestNotFound)?;
        if inviting.value.forgotten_at.is_some() {
            return Ok(Admission::Ended);
        }
        let keys = self.link_keys.current();
        let key = keys.of(credentials.token.key_id());
        let check = invitation
            .value
            .use_for(request, key, &credentials.code, at);
        let write = Write::update(&invitation);
        match check {
            CodeCheck::Right => {
                // So that nothing is sent in for a person while it is erased.
                let writes = vec![write, Write::check(&inviting)];
                let invited = inviting.value.customer_email().map(mailbox);
                return Ok(Admission::Admitted(writes, invited));
            }
            CodeCheck::NoCode => {}
            CodeCheck::Wrong | CodeCheck::Locked => self.store.table().commit(vec![write]).await?,
            CodeCheck::Renewed => {
                self.renew(credentials, offering, &mut inviting, &invitation, at)
                    .await?;
            }
        }
        Ok(Admission::Refused(check))
    }

    /// Stores that a fresh code is in use, and mails it to the customer of the request that invites.
    async fn renew(
        &self,
        credentials: &InvitationCredentials,
        offering: &Offering,
        inviting: &mut Stored<Request>,
        invitation: &Stored<Invitation>,
        at: Timestamp,
    ) -> Result<(), AttemptError> {
        let phase = inviting.value.phase.clone();
        let event = Event::CodeRenewed(offering.path.as_str());
        let record = inviting.value.apply(&event, StateEntry::during(&phase, at));
        let writes = vec![Write::update(invitation)];
        self.store.save(inviting, &record, writes).await?;
        if let Some(to) = inviting.value.customer_email() {
            let keys = self.link_keys.current();
            let code = invitation.value.code(keys.of(credentials.token.key_id()));
            let url = credentials
                .token
                .url(&inviting.value.origin, &offering.path);
            let about = credentials.about;
            let brand = self.settings.current().brand.with(&offering.brand);
            let mail = emails::invitation_code(&brand, to, about, offering.title(), &url, &code);
            // If that fails, the next code that is locked brings another mail.
            deliver(&self.mailer, &mail).await;
        }
        Ok(())
    }
}
