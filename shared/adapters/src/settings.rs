//! What a deployment sets and may change: read at run time, so that what was deployed last holds for whatever runs,
//! whichever version of a function that is.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use crate::ses::Sender;
use crate::stripe::Mode;
use domain::admission::AdmissionLimits;
use domain::approval::is_same_person;
use domain::form::is_email;
use domain::id::TeamId;

/// The document `Settings` of the template. What it has in addition is for other versions of the code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Who is on which team.
    pub teams: Teams,
    /// The address that all mails come from.
    pub mail_from: String,
    /// The name that people see beside it. May be empty.
    #[serde(default)]
    pub mail_from_name: String,
    /// Where answers to mails go, with or without a name. Empty: to the sender.
    #[serde(default)]
    pub mail_reply_to: String,
    /// How many requests are taken.
    #[serde(default)]
    pub request_limits: AdmissionLimits,
    /// How long personal data is kept.
    #[serde(default)]
    pub keep_answers_days: RetentionDays,
    /// Scheme and host of all links. Empty: what API Gateway sees.
    pub public_url: String,
    /// Whether Stripe's key may be a live one.
    pub stripe_mode: Mode,
    /// Scheme and host of Stripe, such as `https://api.stripe.com`.
    pub stripe_api_base: String,
    /// The name of the secret with Stripe's key.
    pub stripe_secret_name: String,
    /// The name of the secret with what Stripe signs events with.
    pub stripe_webhook_secret_name: String,
}

impl Settings {
    /// Reads the document. The error says what is wrong in it.
    pub fn parse(json: &str) -> Result<Self, String> {
        let settings: Self = serde_json::from_str(json).map_err(|error| error.to_string())?;
        if settings.sender().is_none() {
            return Err("mailFrom and mailReplyTo must be email addresses".to_owned());
        }
        Ok(settings)
    }

    /// Who sends the mails. `None` if it is nobody, as before a document was read.
    pub(crate) fn sender(&self) -> Option<Sender> {
        let from = format!("{} <{}>", self.mail_from_name, self.mail_from);
        Sender::new(&from, &self.mail_reply_to)
    }

    /// Scheme and host of all links, where they differ from what API Gateway sees.
    pub fn origin(&self) -> Option<&str> {
        let url = self.public_url.trim_end_matches('/');
        (!url.is_empty()).then_some(url)
    }
}

/// How many days the personal data of a request is kept after its end: at least 30, as a refund can come back for that
/// long and its customer is to hear of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u16")]
pub struct RetentionDays(u16);

impl Default for RetentionDays {
    fn default() -> Self {
        Self(180)
    }
}

impl TryFrom<u16> for RetentionDays {
    type Error = &'static str;

    fn try_from(days: u16) -> Result<Self, Self::Error> {
        if days < 30 {
            return Err("keepAnswersDays must be at least 30");
        }
        Ok(Self(days))
    }
}

impl RetentionDays {
    /// The number of days.
    pub fn days(self) -> u16 {
        self.0
    }

    /// What ended by then, at the given time, is kept no longer.
    pub fn before(self, now: Timestamp) -> Timestamp {
        let kept = SignedDuration::from_hours(24 * i64::from(self.0));
        now.saturating_sub(kept).unwrap_or(Timestamp::MIN)
    }
}

/// The members of each team.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "BTreeMap<TeamId, Vec<String>>")]
pub struct Teams(BTreeMap<TeamId, Vec<String>>);

impl TryFrom<BTreeMap<TeamId, Vec<String>>> for Teams {
    type Error = String;

    fn try_from(teams: BTreeMap<TeamId, Vec<String>>) -> Result<Self, String> {
        let is_fine =
            |members: &Vec<String>| !members.is_empty() && members.iter().all(|it| is_email(it));
        match teams.iter().find(|(_, members)| !is_fine(members)) {
            Some((team, _)) => Err(format!("{team} must have addresses, at least one")),
            None => Ok(Self(teams)),
        }
    }
}

impl Teams {
    /// The teams in a JSON object such as `{"csm-team":["ada@example.com"]}`; `None` if it is not one, or a team has
    /// no valid address.
    pub fn parse(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The addresses of a team.
    pub fn members(&self, team: &TeamId) -> Option<&[String]> {
        self.0.get(team).map(Vec::as_slice)
    }

    /// Whether somebody is on one of these teams.
    pub fn include(&self, teams: &[TeamId], address: &str) -> bool {
        let mut members = teams.iter().filter_map(|team| self.members(team)).flatten();
        members.any(|member| is_same_person(member, address))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn teams_are_checked() {
        let teams = Teams::parse(r#"{"csm-team":["a@example.com","b@example.com"]}"#).unwrap();
        assert_eq!(
            teams.members(&"csm-team".parse().unwrap()).unwrap().len(),
            2
        );
        assert_eq!(teams.members(&"other".parse().unwrap()), None);
        for bad in [
            "",
            "[]",
            r#"{"csm-team":[]}"#,
            r#"{"csm-team":["nobody"]}"#,
            r#"{"CSM":["a@b.c"]}"#,
        ] {
            assert_eq!(Teams::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn data_is_kept_for_30_days_at_least_and_180_where_nothing_is_said() {
        let read = |days: &str| serde_json::from_str::<RetentionDays>(days);
        read("29").unwrap_err();
        let end = read("30")
            .unwrap()
            .before("2026-03-02T12:00:00Z".parse().unwrap());
        assert_eq!(end.to_string(), "2026-01-31T12:00:00Z");
        assert_eq!(Settings::default().keep_answers_days.days(), 180);
    }

    #[test]
    fn a_document_is_checked_and_may_hold_more_than_this_version_knows() {
        let document = |name: &str, value: &str| {
            let mut document = json!({
                "teams": {"csm-team": ["a@example.com"]}, "mailFrom": "refunds@example.com",
                "publicUrl": "https://refunds.example.com/", "stripeMode": "live",
                "stripeApiBase": "https://api.stripe.com", "stripeSecretName": "key",
                "stripeWebhookSecretName": "webhook",
            });
            document[name] = value.into();
            Settings::parse(&document.to_string())
        };
        let settings = document("newer", "x").unwrap();
        assert_eq!(settings.origin(), Some("https://refunds.example.com"));
        assert_eq!(settings.stripe_mode, Mode::Live);
        assert_eq!(document("publicUrl", "").unwrap().origin(), None);
        for (name, value) in [
            ("mailFrom", "nobody"),
            ("mailFrom", "Refunds <refunds@example.com>"),
            ("mailReplyTo", "nobody"),
            ("stripeMode", "Live"),
            ("requestLimits", "caller=4/minute"),
            ("teams", ""),
        ] {
            document(name, value).unwrap_err();
        }
    }
}
