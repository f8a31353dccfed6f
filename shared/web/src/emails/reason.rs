//! Why an approver, or the customer who can choose, gets a mail. The words are the same in every part of it.

use domain::approval::TeamAbility;

/// Why a mail with links is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotificationReason<'a> {
    /// They are asked for the first time.
    Asked,
    /// They were asked, and nobody decided.
    Reminded,
    /// Another team was asked, and it did not decide or cannot.
    Escalated {
        /// The other team.
        from: &'a str,
        /// What that team can do.
        ability: TeamAbility,
    },
    /// Their link was locked after too many wrong codes, and this mail has the one that replaces it.
    LinkReplaced,
    /// A colleague gave them the case.
    HandedOver {
        /// The colleague.
        by: &'a str,
    },
    /// The customer answered their question.
    Answered,
}

impl NotificationReason<'_> {
    /// What the subject begins with.
    pub(super) fn prefix(self) -> &'static str {
        match self {
            NotificationReason::Asked => "",
            NotificationReason::Reminded => "Reminder: ",
            NotificationReason::Escalated { .. } => "Escalated: ",
            NotificationReason::LinkReplaced => "New link: ",
            NotificationReason::HandedOver { .. } => "Handed to you: ",
            NotificationReason::Answered => "Answered: ",
        }
    }

    /// What stands above the case.
    pub(super) fn sentence(self) -> Option<String> {
        match self {
            NotificationReason::Asked => None,
            NotificationReason::Reminded => Some("It is not decided yet. Your links and your code are the same as before.".to_owned()),
            NotificationReason::Escalated { from, ability } => Some(escalated(from, ability)),
            NotificationReason::LinkReplaced => Some("Your earlier link was locked, as a wrong code was entered on it several times. These are your new links and your new code.".to_owned()),
            NotificationReason::HandedOver { by } => Some(format!("{by} handed this request to you.")),
            NotificationReason::Answered => Some("The customer answered your question.".to_owned()),
        }
    }
}

fn escalated(from: &str, ability: TeamAbility) -> String {
    match cannot_decide(from, ability) {
        None => format!("The {from} has not decided, so you are asked too."),
        Some(why) => format!("{why}, so you are asked."),
    }
}

/// Why a team cannot decide of itself, as a sentence without its full stop. None: it can.
pub(super) fn cannot_decide(team: &str, ability: TeamAbility) -> Option<String> {
    Some(match ability {
        TeamAbility::Decides => return None,
        TeamAbility::TooFew => format!("Too few people in the {team} can decide this one"),
        TeamAbility::Unreached => {
            format!("No mail reaches anybody in the {team} who may decide this one")
        }
        TeamAbility::Ineligible => format!("Nobody in the {team} may decide this one"),
    })
}
