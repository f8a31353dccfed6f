//! Where a request leads its customer.

use super::{AnswerKind, Answered, Request};
use crate::approval::LinkKeys;
use crate::form::Value;

impl Request {
    /// The customer's status page, an absolute URL.
    pub fn status_url(&self, keys: &LinkKeys) -> String {
        let (origin, id) = (&self.origin, self.request_id);
        format!("{origin}/requests/{id}/{}", keys.status_key(id))
    }

    /// The form of the same offering, to send it again: an absolute URL that fills in what was asked for.
    ///
    /// Addresses are kept in logs and histories, so it carries the charge, the amount and what was selected from a list,
    /// which stand in the audit log too, and no address, no Stripe customer and nothing that was written in words.
    pub fn form_url(&self) -> String {
        let asked_for = [&self.designated.charge_field, &self.designated.amount_field];
        let asked_for: Vec<_> = asked_for.into_iter().flatten().collect();
        let fills = |answer: &&Answered| {
            asked_for.contains(&&answer.name) || answer.kind == AnswerKind::Selected
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        for answer in self.answers.iter().filter(fills) {
            let text = answer.value.as_ref().map(|value| match value {
                Value::Text(text) => text.clone(),
                Value::Cents(amount) => amount.to_decimal(),
            });
            query.extend_pairs(text.map(|text| (answer.name.as_str(), text)));
        }
        let form = format!("{}/services/{}", self.origin, self.offering);
        match query.finish() {
            query if query.is_empty() => form,
            query => format!("{form}?{query}"),
        }
    }
}
