//! Topics: what is published to them, and who is told.

use super::{MailEvents, Subscription, TemplateError, node::Node, resolve::Scope};

/// A function's event of type SNS.
pub(super) fn subscription(
    scope: &Scope<'_>,
    function: &str,
    event: &Node,
) -> Result<Subscription, TemplateError> {
    let properties = event.require("Properties")?;
    properties.only("an SNS event", &["Topic"])?;
    Ok(Subscription {
        topic: scope.text(properties.require("Topic")?)?,
        function: function.to_owned(),
    })
}

/// The event destinations of SES that are switched on.
pub(super) fn mail_events(scope: &Scope<'_>) -> Result<Vec<MailEvents>, TemplateError> {
    let mut found = Vec::new();
    for (_, node) in scope.of_kind("AWS::SES::ConfigurationSetEventDestination") {
        let properties = node.require("Properties")?;
        let destination = properties.require("EventDestination")?;
        destination.only(
            "an event destination",
            &["Enabled", "MatchingEventTypes", "Name", "SnsDestination"],
        )?;
        if scope.text(destination.require("Enabled")?)? != "true" {
            continue;
        }
        let types = destination.require("MatchingEventTypes")?.items()?;
        let topic = destination.require("SnsDestination")?.require("TopicARN")?;
        found.push(MailEvents {
            types: types
                .iter()
                .map(|node| scope.text(node))
                .collect::<Result<_, _>>()?,
            topic: scope.text(topic)?,
        });
    }
    Ok(found)
}
