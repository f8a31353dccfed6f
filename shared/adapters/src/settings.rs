//! What a deployment sets and may change: read at run time, so that what was deployed last holds for whatever runs,
//! whichever version of a function that is.

use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Deserialize;

use crate::stripe::Mode;
use domain::admission::AdmissionLimits;
use domain::brand::Brand;
use domain::form::is_email;
use domain::id::TeamId;
use domain::team::Teams;

/// The document `Settings` of the template. What it has in addition is for other versions of the code.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Who is on which team, until operators change it.
    pub teams: Teams,
    /// The address that all mails come from.
    pub mail_from: String,
    /// How pages and mails present whom they come from, unless the offering says otherwise.
    #[serde(default)]
    pub brand: Brand,
    /// How many requests are taken.
    #[serde(default)]
    pub request_limits: AdmissionLimits,
    /// How long personal data is kept.
    #[serde(default)]
    pub keep_answers_days: RetentionDays,
    /// How long the audit log and what was paid are kept.
    #[serde(default)]
    pub keep_audit_years: RetentionYears,
    /// The bucket that digests of the audit log are copied to. Empty: none.
    #[serde(default)]
    pub audit_bucket: String,
    /// Who is told what does not agree with Stripe.
    #[serde(default)]
    pub reports_team: ReportsTeam,
    /// Scheme and host of all links. Empty: the domain, or else what API Gateway sees.
    pub public_url: String,
    /// The domain of the deployment. May be empty.
    #[serde(default)]
    pub domain_name: String,
    /// What `CloudFront` proves by that it says who calls. Empty where it is not before the API.
    #[serde(default)]
    pub origin_key: String,
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
        if !is_email(&settings.mail_from) {
            return Err("mailFrom must be an email address".to_owned());
        }
        Ok(settings)
    }

    /// Scheme and host of all links, where they differ from what API Gateway sees.
    pub fn origin(&self) -> Option<String> {
        if !self.public_url.is_empty() {
            return Some(self.public_url.clone());
        }
        (!self.domain_name.is_empty()).then(|| format!("https://{}", self.domain_name))
    }
}

/// The team that reports about money go to.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReportsTeam(pub TeamId);

impl Default for ReportsTeam {
    fn default() -> Self {
        Self("finance-team".parse().expect("it is a team's id"))
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

/// How many years the audit log of a request is kept after its last record, from 1 to 100.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "u8")]
pub struct RetentionYears(u8);

impl Default for RetentionYears {
    fn default() -> Self {
        Self(7)
    }
}

impl TryFrom<u8> for RetentionYears {
    type Error = &'static str;

    fn try_from(years: u8) -> Result<Self, Self::Error> {
        if !(1..=100).contains(&years) {
            return Err("keepAuditYears must be from 1 to 100");
        }
        Ok(Self(years))
    }
}

impl RetentionYears {
    /// What is from then or before, at the given time, is kept no longer.
    pub fn before(self, now: Timestamp) -> Timestamp {
        let now = Offset::UTC.to_datetime(now);
        let before = now.saturating_sub(i32::from(self.0).years());
        Offset::UTC.to_timestamp(before).unwrap_or(Timestamp::MIN)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
    fn the_audit_log_is_kept_for_seven_years_where_nothing_is_said() {
        let read = |years: &str| serde_json::from_str::<RetentionYears>(years);
        read("0").unwrap_err();
        read("101").unwrap_err();
        let now = "2028-02-29T12:00:00Z".parse().unwrap();
        for (years, before) in [
            ("1", "2027-02-28"),
            ("4", "2024-02-29"),
            ("100", "1928-02-29"),
        ] {
            let before = format!("{before}T12:00:00Z");
            assert_eq!(read(years).unwrap().before(now).to_string(), before);
        }
        let seven = read("7").unwrap();
        assert_eq!(Settings::default().keep_audit_years, seven);
    }

    #[test]
    fn a_document_is_checked_and_may_hold_more_than_this_version_knows() {
        let document = |name: &str, value: &str| {
            let mut document = json!({
                "teams": {"csm-team": ["a@example.com"]}, "mailFrom": "refunds@example.com",
                "publicUrl": "", "stripeMode": "live",
                "stripeApiBase": "https://api.stripe.com", "stripeSecretName": "key",
                "stripeWebhookSecretName": "webhook",
            });
            document[name] = value.into();
            Settings::parse(&document.to_string())
        };
        let mut settings = document("newer", "x").unwrap();
        assert_eq!(settings.stripe_mode, Mode::Live);
        assert_eq!(settings.origin(), None);
        assert_eq!(settings.reports_team.0.as_str(), "finance-team");
        let team = document("reportsTeam", "audit").unwrap().reports_team;
        assert_eq!(team.0.as_str(), "audit");
        settings.domain_name = "refunds.example.com".to_owned();
        assert_eq!(settings.origin().unwrap(), "https://refunds.example.com");
        settings.public_url = "https://example.com".to_owned();
        assert_eq!(settings.origin().unwrap(), "https://example.com");
        for (name, value) in [
            ("brand", "Acme"),
            ("mailFrom", "nobody"),
            ("mailFrom", "Refunds <refunds@example.com>"),
            ("stripeMode", "Live"),
            ("requestLimits", "caller=4/minute"),
            ("reportsTeam", ""),
            ("teams", ""),
        ] {
            document(name, value).unwrap_err();
        }
    }
}
