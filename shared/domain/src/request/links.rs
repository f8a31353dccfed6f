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
        let fills = |answer: &&Answered| {
            let field = Some(&answer.name);
            let designated = &self.designated;
            let is_asked_for = field == designated.charge_field.as_ref()
                || field == designated.amount_field.as_ref();
            is_asked_for || answer.kind == AnswerKind::Selected
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        for answer in self.answers.iter().filter(fills) {
            match &answer.value {
                Some(Value::Text(text)) => query.append_pair(answer.name.as_str(), text),
                Some(Value::Cents(amount)) => {
                    query.append_pair(answer.name.as_str(), &amount.to_decimal())
                }
                None => &mut query,
            };
        }
        let form = format!("{}/services/{}", self.origin, self.offering);
        match query.finish() {
            query if query.is_empty() => form,
            query => format!("{form}?{query}"),
        }
    }
}
