//! What an approver or a customer does, each in one transaction and on the condition that nothing changed since it
//! was looked at.
//!
//! The link takes part in every one of them, so that of codes that are tried at the same moment each
//! counts as if it had come alone: nobody gets more guesses by guessing faster.

use domain::approval::{Authorized, Refusal, authorize_decision, is_same_person};
use domain::mail::Mailer;
use domain::optimistic::AttemptError;
use domain::question::{QUESTION_CHARS, QUESTIONS, checked_text};
use domain::request::Event;
use domain::table::{Table, Write};
use domain::task::{Confirm, StateEntry};
use domain::workflow::Workflow;
use jiff::Timestamp;
use web::emails::NotificationReason;

use crate::{Case, Done, FormData, Intent, RecordApproval, Undone};

pub(crate) type Attempted = Result<Result<Done, Undone>, AttemptError>;

impl<T: Table, M: Mailer, W: Workflow> RecordApproval<T, M, W> {
    /// Does what was posted, if the authorization lets it.
    pub(crate) async fn attempt(
        &self,
        case: &mut Case,
        posted: &FormData,
        at: Timestamp,
    ) -> Attempted {
        let context = case.context(&self.link_key, at);
        if let Intent::Decide { decision, .. } = &posted.intent
            && let Err(refusal) = context.offered(decision)
        {
            return Ok(Err(Undone::Refused(refusal)));
        }
        let entered = match context.authenticate(&posted.code) {
            Err(Refusal::Decided(decision))
                if posted.intent.is_about_the_charge() && case.is_settled_by_a_word(&decision) =>
            {
                context.authenticate_again(&posted.code)
            }
            entered => entered,
        };
        match (entered, &posted.intent) {
            (Err(Refusal::WrongCode), _) => self.count_wrong_code(case, at).await,
            (Err(refusal), _) => Ok(Err(Undone::Refused(refusal))),
            (Ok(_), Intent::Look) => {
                self.note_right_code(case, at).await?;
                Ok(Ok(Done::Shown))
            }
            (Ok(_), Intent::Decide { decision, reason }) => {
                match authorize_decision(&context, decision, &posted.code, reason) {
                    Ok(authorized) => self.decide(case, authorized, at).await,
                    Err(refusal) => {
                        self.note_right_code(case, at).await?;
                        Ok(Err(Undone::Refused(refusal)))
                    }
                }
            }
            (
                Ok(_),
                Intent::HandOver { .. }
                | Intent::Identify { .. }
                | Intent::ConfirmOwnership { .. }
                | Intent::Ask { .. },
            ) if case.approval.value.is_choice() => {
                self.note_right_code(case, at).await?;
                let message = "here is nothing to do but to choose".to_owned();
                Ok(Err(Undone::Unfit("action", message)))
            }
            (Ok(_), Intent::HandOver { to }) => self.hand_over(case, to, at).await,
            (Ok(_), Intent::Identify { customer }) => self.identify(case, customer, at).await,
            (Ok(_), Intent::ConfirmOwnership { charge }) => {
                self.confirm_ownership(case, charge, at).await
            }
            (Ok(_), Intent::Ask { question }) => self.ask(case, question, at).await,
        }
    }

    /// Stores that a code was tried, so that a right answer cannot be had beside the count.
    pub(crate) async fn note_right_code(
        &self,
        case: &mut Case,
        at: Timestamp,
    ) -> Result<(), AttemptError> {
        if case.approval.value.confirm == Confirm::Click {
            return Ok(());
        }
        case.link.value.note_right_code(at);
        let write = Write::update(&case.link);
        Ok(self.store.table().commit(vec![write]).await?)
    }

    /// Counts a wrong code. The one too many locks the link and brings its holder a fresh one, so that
    /// nobody can keep them from deciding by guessing.
    async fn count_wrong_code(&self, case: &mut Case, at: Timestamp) -> Attempted {
        case.link.value.count_wrong_code();
        if !case.link.value.is_locked() {
            let write = Write::update(&case.link);
            self.store.table().commit(vec![write]).await?;
            return Ok(Err(Undone::Refused(Refusal::WrongCode)));
        }
        let approver = case.approver().to_owned();
        let may_be_mailed = case.approval.value.renew(&approver, at);
        let fresh = case.approval.value.link(&self.link_key, &approver);
        let whose = case.approval.value.asks(&approver);
        let event = Event::LinkLocked { whose };
        self.save(case, &event, at, vec![Write::create(&fresh)])
            .await?;
        if may_be_mailed {
            self.write_to(case, &approver, NotificationReason::LinkReplaced)
                .await;
        }
        Ok(Err(Undone::Refused(Refusal::Locked)))
    }

    /// Records the decision, its audit record and what it means for the request.
    async fn decide(&self, case: &mut Case, authorized: Authorized, at: Timestamp) -> Attempted {
        let recorded = case.approval.value.record(authorized);
        case.link.value.note_right_code(at);
        self.save(case, &Event::Decided(&recorded), at, Vec::new())
            .await?;
        Ok(Ok(Done::Decided(recorded)))
    }

    /// Gives the case to a colleague.
    async fn hand_over(&self, case: &mut Case, to: &str, at: Timestamp) -> Attempted {
        let Some(to) = self
            .colleagues(case)
            .into_iter()
            .find(|c| is_same_person(c, to))
        else {
            self.note_right_code(case, at).await?;
            let message = "please choose a colleague who may decide this".to_owned();
            return Ok(Err(Undone::Unfit("to", message)));
        };
        let from = case.approver().to_owned();
        let mut approval = case.approval.value.clone();
        let needs_link = approval.hand_over(&from, &to);
        if !approval.is_decidable(&case.request.value, &case.earlier) {
            self.note_right_code(case, at).await?;
            let message = "then too few people would be left to approve this".to_owned();
            return Ok(Err(Undone::Unfit("to", message)));
        }
        case.approval.value = approval;
        case.link.value.note_right_code(at);
        let link = case.approval.value.link(&self.link_key, &to);
        let writes = needs_link.then(|| Write::create(&link));
        let event = Event::HandedOver { by: &from, to: &to };
        self.save(case, &event, at, writes.into_iter().collect())
            .await?;
        self.write_to(case, &to, NotificationReason::HandedOver { by: &from })
            .await;
        Ok(Ok(Done::HandedOver { to }))
    }

    /// To whom the case can be handed: who is on one of its teams, may decide it and has not yet.
    pub(crate) fn colleagues(&self, case: &Case) -> Vec<String> {
        let approval = &case.approval.value;
        let teams = approval.teams.iter();
        let members = teams.filter_map(|team| self.teams.members(team)).flatten();
        let mut colleagues: Vec<String> = Vec::new();
        for member in members {
            let is_known = colleagues.iter().any(|known| is_same_person(known, member));
            let fits = !is_same_person(member, case.approver())
                && approval.given_by(member).is_none()
                && approval
                    .ineligible(member, &case.request.value, &case.earlier)
                    .is_none();
            if fits && !is_known {
                colleagues.push(member.clone());
            }
        }
        colleagues
    }

    /// Asks the customer. The clock goes on.
    async fn ask(&self, case: &mut Case, question: &str, at: Timestamp) -> Attempted {
        let asked = &case.request.value.questions;
        let text = match checked_text(question, QUESTION_CHARS) {
            Ok(text) => text,
            Err(refusal) => {
                self.note_right_code(case, at).await?;
                return Ok(Err(Undone::Unfit("question", refusal.to_string())));
            }
        };
        // The same form sent twice is one question.
        let again = asked.iter().find(|q| q.reply.is_none() && q.text == text);
        if let Some(again) = again {
            let number = again.number;
            self.note_right_code(case, at).await?;
            return Ok(Ok(Done::Asked {
                number,
                mailed: true,
            }));
        }
        if asked.len() >= QUESTIONS {
            self.note_right_code(case, at).await?;
            let message = format!("the customer was asked {QUESTIONS} questions already");
            return Ok(Err(Undone::Unfit("question", message)));
        }
        let by = case.approver().to_owned();
        case.link.value.note_right_code(at);
        self.save(case, &Event::Questioned { by: &by, text }, at, Vec::new())
            .await?;
        let number = u32::try_from(case.request.value.questions.len()).unwrap_or(u32::MAX);
        let mailed = self.mail_question(case).await;
        Ok(Ok(Done::Asked { number, mailed }))
    }

    /// Stores the case as it is now, with the record of what happened.
    pub(crate) async fn save(
        &self,
        case: &mut Case,
        event: &Event<'_>,
        at: Timestamp,
        more: Vec<Write>,
    ) -> Result<(), AttemptError> {
        let phase = case.link.value.phase.clone();
        let record = case
            .request
            .value
            .apply(event, StateEntry::during(&phase, at));
        let mut writes = vec![Write::update(&case.link), Write::update(&case.approval)];
        writes.extend(more);
        self.store.save(&mut case.request, &record, writes).await?;
        case.link.version += 1;
        case.approval.version += 1;
        Ok(())
    }
}
