//! The styles that several mails share. They stand in the elements, because many mail programs drop style sheets;
//! `frame.css` adds the dark mode and a phone's width for those that do not.

use domain::brand::{Brand, Color, Contact};
use serde::Serialize;

use crate::palette::Palette;

/// Declarations, each ending in a semicolon where a template may add its own.
#[derive(Debug, Serialize)]
pub(super) struct Style {
    pub(super) button: &'static str,
    code: &'static str,
    pub(super) heading: &'static str,
    note: &'static str,
    soft: &'static str,
}

pub(super) const STYLE: Style = Style {
    button: "display:inline-block;padding:13px 28px;margin:0 12px 12px 0;border-radius:8px;color:#ffffff;font-weight:600;text-decoration:none;",
    code: "display:inline-block;padding:8px 14px;border:1px solid #c6cdd6;border-radius:8px;background:#f3f5f8;font:600 24px/1.2 ui-monospace,Consolas,monospace;letter-spacing:4px;",
    heading: "font-size:22px;line-height:1.3;margin:0 0 16px",
    note: "padding:10px 14px;border-radius:8px;background:#fff3d6;color:#6b4700;margin:0 0 16px;",
    soft: "color:#5b6470;",
};

/// What a brand shows in each of its mails.
#[derive(Debug, Serialize)]
pub(super) struct Theme<'a> {
    name: &'a str,
    logo: &'a str,
    /// The colour on light and on dark grounds.
    on_light: Color,
    on_dark: Color,
    contacts: Vec<Link>,
    footer: &'a str,
}

#[derive(Debug, Serialize)]
struct Link {
    text: String,
    href: String,
}

impl<'a> Theme<'a> {
    pub(super) fn of(brand: &'a Brand) -> Self {
        let Palette { on_light, on_dark } = Palette::of(brand.color);
        let link = |contact: &Contact| Link {
            text: contact.to_string(),
            href: contact.href(),
        };
        Self {
            name: &brand.name,
            logo: &brand.logo,
            on_light,
            on_dark,
            contacts: brand.contacts.iter().map(link).collect(),
            footer: &brand.footer,
        }
    }
}
