//! The OpenAPI document of all offerings: what the API has anyway (`openapi/document.yaml`), and for each offering its form and
//! where it is sent to (`openapi/offering.yaml`), with the form's own JSON Schema.

use domain::task::Offering;
use serde_json::{Map, Value};

/// What is documented once, and the responses that every operation has.
const DOCUMENT: &str = include_str!("openapi/document.yaml");
/// The section of [`DOCUMENT`] that is merged into every operation, and left out.
const EVERY_OPERATION: &str = "every operation";
/// What is documented for each offering.
const OFFERING: &str = include_str!("openapi/offering.yaml");

/// The document of these offerings.
pub(crate) fn document<'a>(offerings: impl Iterator<Item = &'a Offering>) -> Value {
    let (mut document, template) = (parsed(DOCUMENT), parsed(OFFERING));
    for offering in offerings {
        let paths = &mut document["paths"];
        let path = format!("/services/{}", offering.path);
        paths[&path] = path_item(&template, "form", offering);
        paths[format!("{path}/requests")] = path_item(&template, "requests", offering);
        document["components"]["schemas"][name(offering)] = schema(offering);
    }
    let members = document.as_object_mut().expect("it is a map");
    let everywhere = members.shift_remove(EVERY_OPERATION).unwrap_or_default();
    let path_items = document["paths"].as_object_mut().into_iter();
    for path_item in path_items.flat_map(Map::values_mut) {
        for method in ["get", "post"] {
            if let Some(operation) = path_item.get_mut(method) {
                merge(operation, &everywhere);
            }
        }
    }
    document
}

fn parsed(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).expect("it is part of this program")
}

/// One of an offering's paths, with what its kind of offering adds.
fn path_item(template: &Value, section: &str, offering: &Offering) -> Value {
    let mut item = template[section].clone();
    if offering.by_invitation {
        merge(&mut item, &template[format!("invited {section}")]);
    }
    if offering.retired {
        merge(&mut item, &template[format!("retired {section}")]);
    }
    fill_in(&mut item, offering);
    item
}

/// Writes the offering's names into every text.
fn fill_in(value: &mut Value, offering: &Offering) {
    match value {
        Value::String(text) => {
            *text = text
                .replace("<name>", &name(offering))
                .replace("<title>", &offering.offering.name)
                .replace("<description>", &offering.offering.description);
        }
        Value::Array(items) => items.iter_mut().for_each(|it| fill_in(it, offering)),
        Value::Object(members) => members.values_mut().for_each(|it| fill_in(it, offering)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The offering's name in the document, such as `customer-success.refund-request`.
fn name(offering: &Offering) -> String {
    offering.path.to_string().replace('/', ".")
}

/// The form's schema, which is no document of its own here.
fn schema(offering: &Offering) -> Value {
    let mut schema = offering.json_schema();
    for own in ["$schema", "$id"] {
        schema.as_object_mut().map(|it| it.shift_remove(own));
    }
    schema
}

/// Adds the members that are not there, at every depth.
fn merge(into: &mut Value, more: &Value) {
    let (Value::Object(into), Value::Object(more)) = (into, more) else {
        return;
    };
    for (name, value) in more {
        match into.get_mut(name) {
            Some(own) => merge(own, value),
            None => drop(into.insert(name.clone(), value.clone())),
        }
    }
}
