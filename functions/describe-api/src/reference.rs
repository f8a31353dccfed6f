//! The document as a page: each operation with what it takes and answers, and the schemas.

use maud::{Markup, html};
use serde_json::Value;

/// The title of an OpenAPI document.
pub(crate) fn title(document: &Value) -> &str {
    text(&document["info"], "title")
}

/// The main part of the page of an OpenAPI document.
pub(crate) fn main(document: &Value) -> Markup {
    let info = &document["info"];
    html! {
        h1 { (text(info, "title")) " for programs" }
        @for paragraph in text(info, "description").split("\n\n") { p { (prose(paragraph)) } }
        p { "The same as an OpenAPI document: " a href="/openapi.json" { "openapi.json" } }
        @for tag in items(&document["tags"]) {
            h2 { (text(tag, "name")) }
            p { (text(tag, "description")) "." }
            @for (path, item) in members(&document["paths"]) {
                @for (method, operation) in members(item) {
                    @if items(&operation["tags"]).any(|it| *it == tag["name"]) {
                        (operation_card(document, (method, path, item), operation))
                    }
                }
            }
        }
        h2 { "Schemas" }
        @for (name, schema) in members(&document["components"]["schemas"]) {
            details.card id=(name) { summary { (name) } pre { (format!("{schema:#}")) } }
        }
    }
}

fn operation_card(
    document: &Value,
    (method, path, item): (&str, &str, &Value),
    operation: &Value,
) -> Markup {
    let parameters = items(&item["parameters"]).chain(items(&operation["parameters"]));
    let parameters: Vec<_> = parameters.map(|it| resolved(document, it)).collect();
    html! {
        section.card {
            h3 { (text(operation, "summary")) }
            pre { (method.to_uppercase()) " " (path) }
            @if operation["deprecated"] == true { p { "It takes nothing new any more." } }
            p { (prose(text(operation, "description"))) }
            @if items(&operation["security"]).next().is_some() { p { (prose(text(&document["components"]["securitySchemes"]["iam"], "description"))) } }
            @if !parameters.is_empty() {
                h4 { "Parameters" }
                dl {
                    @for parameter in parameters {
                        dt { (text(parameter, "name")) }
                        dd { (text(parameter, "in")) @if parameter["required"] != true { ", optional" } br; (prose(text(parameter, "description"))) }
                    }
                }
            }
            @if operation["requestBody"].is_object() {
                h4 { "Body" }
                p { (content(&operation["requestBody"])) }
            }
            h4 { "Answers" }
            dl {
                @for (status, response) in members(&operation["responses"]) {
                    @let response = resolved(document, response);
                    dt { (status) }
                    dd {
                        (prose(text(response, "description")))
                        @if response["content"].is_object() { br; (content(response)) }
                    }
                }
            }
        }
    }
}

/// The media types of a body, each with the name of its schema.
fn content(body: &Value) -> Markup {
    html! {
        @for (at, (media, kind)) in members(&body["content"]).enumerate() {
            @if at > 0 { ", " }
            code { (media) }
            @if let Some(name) = schema_name(&kind["schema"]) { ": " a href={ "#" (name) } { (name) } }
        }
    }
}

/// A text with its code between backticks.
fn prose(text: &str) -> Markup {
    html! {
        @for (at, part) in text.split('`').enumerate() {
            @if at % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// What a schema, or the one that it adds to, is called.
fn schema_name(schema: &Value) -> Option<&str> {
    let reference = schema.get("$ref").or(schema.pointer("/allOf/0/$ref"))?;
    reference.as_str()?.rsplit('/').next()
}

/// What stands at a reference, or the value itself.
fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let pointer = value["$ref"].as_str().and_then(|it| it.strip_prefix('#'));
    pointer.map_or(value, |it| document.pointer(it).unwrap_or(value))
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let members = value.as_object().into_iter().flatten();
    members.map(|(name, value)| (name.as_str(), value))
}
