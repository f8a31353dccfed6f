//! Mails through Amazon SES.

use aws_sdk_ses::Client;
use aws_sdk_ses::error::ProvideErrorMetadata;
use aws_sdk_ses::types::{Body, Content, Destination, Message, MessageTag};

use crate::cached::Cached;
use crate::settings::Settings;
use domain::mail::{Mail, MailError, Mailer, RelatedRequest, masked};

/// SES, sending from the address that the settings say.
#[derive(Debug, Clone)]
pub struct SesMailer {
    client: Client,
    settings: Cached<Settings>,
}

impl SesMailer {
    /// A mailer whose mails come from `mail_from`, which SES must have verified.
    pub fn new(config: &aws_config::SdkConfig, settings: Cached<Settings>) -> Self {
        Self {
            client: Client::new(config),
            settings,
        }
    }
}

impl Mailer for SesMailer {
    async fn send(&self, mail: &Mail) -> Result<(), MailError> {
        let content = |text: &str| Content::builder().charset("UTF-8").data(text).build();
        let built = |error: aws_sdk_ses::error::BuildError| MailError::Refused(error.to_string());
        let body = Body::builder()
            .text(content(&mail.text).map_err(built)?)
            .html(content(&mail.html).map_err(built)?)
            .build();
        let message = Message::builder()
            .subject(content(&mail.subject).map_err(built)?)
            .body(body)
            .build();
        let tags = mail.related_request.iter().flat_map(RelatedRequest::tags);
        let tags = tags.map(|(name, value)| MessageTag::builder().name(name).value(value).build());
        let tags = tags.collect::<Result<Vec<_>, _>>().map_err(built)?;
        let sent = self
            .client
            .send_email()
            .source(&self.settings.current().mail_from)
            .destination(Destination::builder().to_addresses(&mail.to).build())
            .message(message)
            .set_tags((!tags.is_empty()).then_some(tags))
            .send()
            .await;
        let Err(error) = sent else {
            tracing::info!(to = masked(&mail.to), "mail handed to SES");
            return Ok(());
        };
        let code = error.code().unwrap_or("no answer").to_owned();
        Err(match code.as_str() {
            // What SES says of a single mail. Everything else is about the service or the account.
            "MessageRejected" | "InvalidParameterValue" => MailError::Refused(code),
            _ => MailError::Unavailable(code),
        })
    }
}
