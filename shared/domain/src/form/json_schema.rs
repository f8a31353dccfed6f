//! A form as JSON Schema, which takes what [`Form::check`] takes.

use serde_json::json;

use super::address::{self, ADDRESS_CHARS};
use super::text_format::secret_pattern;
use super::{Field, FieldKind, Form, LINE_CHARS, TEXT_CHARS};
use crate::characters::{control_class, invisible_class};

impl Form {
    /// The form as JSON Schema 2020-12, for clients that post JSON.
    pub fn json_schema(&self, id: &str, title: &str, description: &str) -> serde_json::Value {
        let fields = self.fields.iter();
        let properties = fields.map(|field| (field.name.to_string(), field.json_schema()));
        let properties: serde_json::Map<_, _> = properties.collect();
        let required = self.fields.iter().filter(|field| field.required);
        let required: Vec<_> = required.map(|field| field.name.as_str()).collect();
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": id,
            "title": title,
            "description": description,
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": false,
        })
    }
}

impl Field {
    /// What [`Field::check`] takes, but for white space around it. An optional field may be left empty.
    fn json_schema(&self) -> serde_json::Value {
        let mut schema = self.kind.json_schema();
        if self.required {
            if let FieldKind::Text { format: None } | FieldKind::Textarea = self.kind {
                schema["pattern"] = json!(format!("[^{}]", invisible_class()));
            }
        } else {
            let blank = json!({"type": ["string", "null"], "pattern": format!("^[{}]*$", invisible_class())});
            schema = json!({"anyOf": [schema, blank]});
        }
        schema["title"] = json!(self.label);
        if let Some(help) = &self.help {
            schema["description"] = json!(help);
        }
        schema
    }
}

impl FieldKind {
    fn json_schema(&self) -> serde_json::Value {
        let neither = |allowed: &[char]| json!({"pattern": format!("[{}]|{}", control_class(allowed), secret_pattern())});
        match self {
            FieldKind::Email => {
                json!({"type": "string", "format": "email", "maxLength": ADDRESS_CHARS, "pattern": address::pattern()})
            }
            FieldKind::Text { format: None } => {
                json!({"type": "string", "maxLength": LINE_CHARS, "not": neither(&[])})
            }
            FieldKind::Text {
                format: Some(format),
            } => {
                json!({
                    "type": "string", "maxLength": LINE_CHARS, "pattern": format.pattern(),
                    "not": {"pattern": secret_pattern()},
                })
            }
            FieldKind::Textarea => json!({
                "type": "string", "maxLength": TEXT_CHARS,
                "not": neither(&['\t', '\n', '\r', '\u{b}', '\u{c}', '\u{85}']),
            }),
            FieldKind::Usd => json!({"anyOf": [
                {"type": "string", "pattern": "^(?!0*(\\.0{1,2})?$)0*[0-9]{1,6}(\\.[0-9]{1,2})?$"},
                {"type": "number", "exclusiveMinimum": 0, "maximum": 999_999.99, "multipleOf": 0.01},
            ]}),
            FieldKind::Select { options } => json!({"type": "string", "enum": options}),
        }
    }
}
