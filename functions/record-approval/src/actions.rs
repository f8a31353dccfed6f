//! The actions of an approver or a customer, each stored in one transaction and on the condition that nothing changed
//! since it was read.
//!
//! The link takes part in every transaction, so that of codes that are tried at the same moment each counts as if it
//! had come alone: nobody gets more guesses by guessing faster.

use domain::approval::{Asked, Refusal, authorize_decision, is_same_person};
use domain::inquiry::{INQUIRIES, INQUIRY_CHARS};
use domain::mail::Mailer;
use domain::optimistic::AttemptError;
use domain::prose::prose;
use domain::stripe::Stripe;
use domain::table::{Table, Write};
use domain::task::{Confirm, StateEntry};
use domain::workflow::Workflow;
use jiff::Timestamp;
use web::emails::NotificationReason;

use crate::action_outcome::{ActionOutcome, Change};
use crate::charge::identify;
use crate::form_data::{FormData, Intent};
use crate::ownership::confirm_ownership;
use crate::{OpenedLink, RecordApproval};

impl<T: Table, S: Stripe, M: Mailer, W: Workflow> RecordApproval<T, S, M, W> {
    /// Carries out what was posted, if the authorization allows it, and stores it.
    pub(crate) async fn attempt(
        &self,
        opened: &mut OpenedLink,
        form: &FormData,
        at: Timestamp,
    ) -> Result<ActionOutcome, AttemptError> {
        let keys = self.link_keys.current();
        let context = opened.context(&keys, at);
        if let Intent::Decide(decision) = &form.intent
            && let Err(refusal) = context.offered(decision)
        {
            return Ok(ActionOutcome::Refused(refusal));
        }
        let authenticated = match context.authenticate(&form.inputs.code) {
            Err(Refusal::Decided(decision))
                if form.intent.is_about_the_charge() && opened.can_confirm_after(&decision) =>
            {
                context.authenticate_again(&form.inputs.code)
            }
            authenticated => authenticated,
        };
        let change = match authenticated {
            Ok(_) => self.perform(opened, form, at),
            Err(Refusal::WrongCode) => count_wrong_code(opened, at),
            Err(refusal) => return Ok(ActionOutcome::Refused(refusal)),
        };
        self.store(opened, change, at).await
    }

    /// Carries out what somebody wants who knows the code.
    fn perform(&self, opened: &mut OpenedLink, form: &FormData, at: Timestamp) -> Change {
        let inputs = &form.inputs;
        match (&opened.approval.value.asked, &form.intent) {
            (_, Intent::Look) => ActionOutcome::Shown.into(),
            (_, Intent::Decide(decision)) => {
                let keys = self.link_keys.current();
                let context = opened.context(&keys, at);
                match authorize_decision(&context, &inputs.submitted(decision)) {
                    Ok(authorized) => {
                        ActionOutcome::Decided(opened.approval.value.record(authorized)).into()
                    }
                    Err(refusal) => ActionOutcome::Refused(refusal).into(),
                }
            }
            (
                Asked::Customer(_),
                Intent::HandOver | Intent::Identify | Intent::ConfirmOwnership | Intent::Ask,
            ) => ActionOutcome::invalid("action", "here is nothing to do but to choose").into(),
            (Asked::Team(_), Intent::HandOver) => hand_over(opened, &inputs.to),
            (Asked::Team(_), Intent::Identify) => identify(opened, &inputs.customer),
            (Asked::Team(_), Intent::ConfirmOwnership) => confirm_ownership(opened, &inputs.charge),
            (Asked::Team(_), Intent::Ask) => inquire(opened, &inputs.question),
        }
    }

    /// Stores the link, and what follows from the outcome for the approval and the request. Then mails go out.
    async fn store(
        &self,
        opened: &mut OpenedLink,
        change: Change,
        at: Timestamp,
    ) -> Result<ActionOutcome, AttemptError> {
        let mut outcome = change.outcome;
        let by = opened.approver().to_owned();
        let whose = opened.approval.value.asked.decider(&by);
        let event = outcome.event(&by, whose);
        let Some(event) = event.filter(|_| !change.is_repeat) else {
            // Where no code is asked for there are no guesses to count.
            if opened.approval.value.confirm == Confirm::Code {
                let write = Write::update(&opened.link);
                self.store.table().commit(vec![write]).await?;
            }
            return Ok(outcome);
        };
        let phase = opened.link.value.phase.clone();
        let request = &mut opened.request;
        let now = StateEntry::during(&phase, at);
        let mut writes = vec![Write::update(&opened.link), Write::update(&opened.approval)];
        writes.extend(outcome.confirmation(&by).map(|confirmed| {
            let record = request.value.apply(&confirmed, now);
            Write::create(&record)
        }));
        let record = request.value.apply(&event, now);
        writes.extend(change.new_link_of.map(|email| {
            let link = opened
                .approval
                .value
                .link(&self.link_keys.current(), &email);
            Write::create(&link)
        }));
        self.store.save(request, &record, writes).await?;
        opened.link.version += 1;
        opened.approval.version += 1;
        if let Some(to) = change.mail_to {
            let is_handed_over = matches!(outcome, ActionOutcome::HandedOver { .. });
            let reason = if is_handed_over {
                NotificationReason::HandedOver { by: &by }
            } else {
                NotificationReason::LinkReplaced
            };
            self.write_to(opened, &to, reason).await;
        }
        if let ActionOutcome::Inquired { mailed, .. } = &mut outcome {
            *mailed = self.mail_inquiry(opened).await;
        }
        Ok(outcome)
    }
}

impl OpenedLink {
    /// To whom the decision can be handed over: who is on one of its teams, may decide and has not yet.
    pub(crate) fn colleagues(&self) -> Vec<String> {
        let approval = &self.approval.value;
        let teams = approval.asked.teams().iter();
        let members = teams.filter_map(|team| self.teams.members(team));
        let mut colleagues: Vec<String> = Vec::new();
        for member in members.flatten() {
            let is_known = colleagues.iter().any(|known| is_same_person(known, member));
            let fits = !is_same_person(member, self.approver())
                && approval.approval_by(member).is_none()
                && approval
                    .ineligible(member, &self.request.value, &self.earlier)
                    .is_none();
            if fits && !is_known {
                colleagues.push(member.clone());
            }
        }
        colleagues
    }
}

/// Hands the decision over to a colleague.
fn hand_over(opened: &mut OpenedLink, to: &str) -> Change {
    let mut colleagues = opened.colleagues().into_iter();
    let Some(to) = colleagues.find(|colleague| is_same_person(colleague, to)) else {
        let message = "please choose a colleague who may decide this";
        return ActionOutcome::invalid("to", message).into();
    };
    let mut approval = opened.approval.value.clone();
    let needs_link = approval.hand_over(opened.approver(), &to);
    if !approval.is_decidable(&opened.request.value, &opened.earlier, &opened.teams) {
        let message = "then too few people would be left to approve this";
        return ActionOutcome::invalid("to", message).into();
    }
    opened.approval.value = approval;
    Change {
        new_link_of: needs_link.then(|| to.clone()),
        mail_to: Some(to.clone()),
        ..ActionOutcome::HandedOver { to }.into()
    }
}

/// Counts a wrong code. The one too many locks the link and brings its holder a fresh one, so that nobody can keep
/// them from deciding by guessing.
fn count_wrong_code(opened: &mut OpenedLink, at: Timestamp) -> Change {
    opened.link.value.count_wrong_code();
    if !opened.link.value.is_locked() {
        return ActionOutcome::Refused(Refusal::WrongCode).into();
    }
    let approver = opened.approver().to_owned();
    let may_be_mailed = opened.approval.value.renew(&approver, at);
    Change {
        mail_to: may_be_mailed.then(|| approver.clone()),
        new_link_of: Some(approver),
        ..ActionOutcome::Refused(Refusal::Locked).into()
    }
}

/// Asks the customer something. The time to decide goes on.
fn inquire(opened: &OpenedLink, question: &str) -> Change {
    let inquiries = &opened.request.value.inquiries;
    let text = match prose(question, INQUIRY_CHARS) {
        Ok(text) => text,
        Err(refusal) => return ActionOutcome::invalid("question", refusal.to_string()).into(),
    };
    // The same form sent twice is one inquiry.
    let mut open = inquiries.iter().filter(|it| it.reply.is_none());
    if let Some(same) = open.find(|it| it.text == text) {
        return Change::repeat(ActionOutcome::Inquired {
            number: same.number,
            key_id: same.key_id.clone(),
            text,
            mailed: true,
        });
    }
    if inquiries.len() >= INQUIRIES {
        let message = format!("the customer was asked {INQUIRIES} questions already");
        return ActionOutcome::invalid("question", message).into();
    }
    let number = u32::try_from(inquiries.len() + 1).unwrap_or(u32::MAX);
    ActionOutcome::Inquired {
        number,
        key_id: opened.approval.value.key_id().to_owned(),
        text,
        mailed: false,
    }
    .into()
}
