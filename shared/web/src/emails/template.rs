//! Mails from template files: a folder for each kind of mail, with its subject, its plain part and its HTML part.
//!
//! The engine keeps every value in its place, whatever it says: in the HTML part it is escaped, in the plain part
//! its second line and those after it are indented, so that no value can begin a line that looks like one of ours.

use std::fmt::Write;

use domain::brand::Brand;
use domain::mail::{Mail, one_line, sanitize_text};
use minijinja::value::{Serde, Value};
use minijinja::{AutoEscape, Environment, context, default_auto_escape_callback};
use serde::Serialize;

use super::style::{STYLE, Theme};

/// The template files of one kind of mail.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) folder: &'static str,
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    pub(super) html: &'static str,
    /// What mail programs show beside the subject.
    pub(super) preheader: &'static str,
}

/// Embeds the template files of a folder beside the caller's file.
macro_rules! files {
    ($folder:literal) => {
        $crate::emails::template::Files {
            folder: $folder,
            subject: include_str!(concat!($folder, "/subject.txt")),
            text: include_str!(concat!($folder, "/body.txt")),
            html: include_str!(concat!($folder, "/body.html")),
            preheader: include_str!(concat!($folder, "/preheader.txt")),
        }
    };
}
pub(super) use files;

/// What one kind of mail is filled with: each field is a name in its templates.
pub(super) trait Template: Serialize + Sized {
    const FILES: Files;

    fn mail(&self, to: &str, brand: &Brand) -> Mail {
        let values = Value::from(Serde(self));
        let engine = environment(brand);
        let Files { folder, .. } = Self::FILES;
        let render = |file, source| render(&engine, &format!("{folder}/{file}"), source, &values);
        let subject = render("subject.txt", Self::FILES.subject);
        let text = render("body.txt", Self::FILES.text);
        let html = render("body.html", Self::FILES.html);
        let around = Around {
            to,
            subject: &subject,
            preheader: &render("preheader.txt", Self::FILES.preheader),
            brand,
        };
        framed(&around, &text, html)
    }
}

/// What a mail has besides its text.
#[derive(Debug)]
pub(super) struct Around<'a> {
    pub(super) to: &'a str,
    pub(super) subject: &'a str,
    /// What mail programs show beside the subject, in place of the mail's beginning.
    pub(super) preheader: &'a str,
    pub(super) brand: &'a Brand,
}

/// A mail with what every mail has around its text and its body, which is HTML already.
pub(super) fn framed(around: &Around<'_>, text: &str, body: String) -> Mail {
    let Around {
        to,
        subject,
        preheader,
        brand,
    } = *around;
    let engine = environment(brand);
    let css = render(
        &engine,
        "frame.css",
        include_str!("frame.css"),
        &context! {},
    );
    let html = [("css", css), ("body", body)];
    let html = html.map(|(name, html)| (name, Value::from_safe_string(html)));
    let preheader = ("preheader", Value::from(one_line(preheader)));
    let html = Value::from_pairs(html.into_iter().chain([preheader]));
    let text = Value::from_pairs([("body", Value::from_safe_string(text.trim().to_owned()))]);
    Mail {
        sender: brand.sender.clone(),
        to: to.to_owned(),
        subject: one_line(subject),
        text: render(&engine, "frame.txt", include_str!("frame.txt"), &text),
        html: render(&engine, "frame.html", include_str!("frame.html"), &html),
        related_request: None,
    }
}

/// Fills a template. Those that this crate embeds name nothing but what they are given, which its tests check.
fn render(engine: &Environment<'_>, name: &str, source: &str, values: &Value) -> String {
    let rendered = engine.render_named_str(name, source, values);
    rendered.expect("an embedded template can be rendered")
}

/// The engine, with block tags on lines of their own leaving no trace, and names that end in `.html` escaped.
pub(super) fn environment(brand: &Brand) -> Environment<'static> {
    let mut environment = domain::text::environment();
    let mut syntax = environment.syntax().to_builder();
    syntax.lstrip_blocks(true).trim_blocks(true);
    let syntax = syntax.keep_trailing_newline(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
    environment.add_global("style", Value::from(Serde(STYLE)));
    environment.add_global("theme", Value::from(Serde(Theme::of(brand))));
    environment.set_auto_escape_callback(default_auto_escape_callback);
    environment.set_formatter(|out, state, value| {
        let text = value.to_string();
        let written = if value.is_safe() {
            text
        } else if matches!(state.auto_escape(), AutoEscape::Html) {
            escaped(&sanitize_text(&text))
        } else {
            indented(&sanitize_text(&text))
        };
        Ok(out.write_str(&written)?)
    });
    environment
}

fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    let _ = maud::Escaper::new(&mut html).write_str(text);
    // Lines stay where styles are dropped too.
    html.replace('\n', "<br>")
}

fn indented(text: &str) -> String {
    text.lines().collect::<Vec<_>>().join("\n    ")
}
