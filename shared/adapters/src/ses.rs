//! Mails through Amazon SES, version 1, as `SendRawEmail`.
//!
//! The message is ours, because `SendEmail` of this version takes no header such as `Auto-Submitted`. That of version 2
//! does, and would be another SDK, another protocol for the stand-ins, and other error codes for that one header.

use aws_sdk_ses::Client;
use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::primitives::Blob;
use aws_sdk_ses::types::{MessageTag, RawMessage};
use lettre::Address;

use crate::cached::Cached;
use crate::config::mail_configuration_set;
use crate::settings::Settings;
use domain::mail::{Mail, MailError, Mailer, RelatedRequest, masked};

mod message;
mod refusal;

use refusal::Answer;

/// SES, sending as the settings say.
#[derive(Debug, Clone)]
pub struct SesMailer {
    client: Client,
    settings: Cached<Settings>,
    configuration_set: Option<String>,
}

impl SesMailer {
    /// A mailer that sends through the configuration set that the environment names.
    pub fn new(config: &aws_config::SdkConfig, settings: Cached<Settings>) -> Self {
        Self {
            client: Client::new(config),
            settings,
            configuration_set: mail_configuration_set(),
        }
    }
}

impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let settings = self.settings.current();
        let from = settings.mail_from.as_str();
        let address = from.parse::<Address>();
        let address = address.map_err(|error| MailError::SenderRefused(error.to_string()))?;
        let message = message::message(address, mail)
            .map_err(|error| MailError::RecipientRefused(error.to_string()))?;
        let message = RawMessage::builder().data(Blob::new(message)).build();
        let tags = mail.related_request.iter().flat_map(RelatedRequest::tags);
        let tags = tags.map(|(name, value)| {
            let tag = MessageTag::builder().name(name).value(value).build();
            tag.expect("it has a name and a value")
        });
        let sent = self
            .client
            .send_raw_email()
            .source(from)
            .destinations(&mail.to)
            .raw_message(message.expect("it has data"))
            .set_configuration_set_name(self.configuration_set.clone())
            .set_tags(Some(tags.collect()))
            .send()
            .await;
        let Err(error) = sent else {
            tracing::info!(to = masked(&mail.to), "mail handed to SES");
            return Ok(());
        };
        let answer = Answer {
            status: error.raw_response().map(|it| it.status().as_u16()),
            code: error.code().unwrap_or("no answer"),
            text: error.message().unwrap_or_default(),
        };
        tracing::warn!(
            code = answer.code,
            text = answer.masked_text(),
            "SES did not take a mail"
        );
        Err(answer.error(from, &mail.to))
    }
}

#[cfg(test)]
mod tests;
