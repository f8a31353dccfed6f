//! The brand's colour as it can be read: on light and on dark grounds, each with the contrast that WCAG asks of text (AA).

use domain::brand::Color;

/// The least contrast of text with what is behind it: success criterion 1.4.3.
const LEAST: f64 = 4.5;
/// The darkest of the light grounds, which is a page's own. White on the colour is then read too.
const LIGHT: Color = Color([0xf3, 0xf5, 0xf8]);
/// The lightest of the dark grounds, which is that of cards. The dark text of buttons on the colour is then read too.
const DARK: Color = Color([0x1d, 0x21, 0x27]);
const BLACK: Color = Color([0; 3]);
const WHITE: Color = Color([255; 3]);

/// The brand's colour on light and on dark grounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Palette {
    pub(crate) on_light: Color,
    pub(crate) on_dark: Color,
}

impl Palette {
    /// The colour itself where it can be read, and otherwise the nearest that can: darker or lighter.
    pub(crate) fn of(color: Color) -> Self {
        Self {
            on_light: readable(color, LIGHT, BLACK),
            on_dark: readable(color, DARK, WHITE),
        }
    }
}

/// The first of the colours on the way to `end` that can be read on `ground`; `end` itself can.
fn readable(color: Color, ground: Color, end: Color) -> Color {
    let steps = (0..=u8::MAX).map(|share| mixed(color, end, share));
    let mut steps = steps.skip_while(|it| contrast(*it, ground) < LEAST);
    steps.next().unwrap_or(end)
}

/// `share` of 255 parts of `end`, and the rest of `color`.
fn mixed(Color(color): Color, Color(end): Color, share: u8) -> Color {
    let share = u16::from(share);
    let part = |from: u8, to: u8| {
        let sum = u16::from(from) * (255 - share) + u16::from(to) * share;
        u8::try_from(sum / 255).unwrap_or(u8::MAX)
    };
    Color(std::array::from_fn(|i| part(color[i], end[i])))
}

/// The contrast of two colours as WCAG 2 defines it, from 1 to 21.
fn contrast(a: Color, b: Color) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

fn luminance(Color(channels): Color) -> f64 {
    let [red, green, blue] = channels.map(|channel| {
        let part = f64::from(channel) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn contrast_is_that_of_the_standard() {
        let round =
            |a: &str, b: &str| (contrast(a.parse().unwrap(), b.parse().unwrap()) * 100.0).round();
        assert!((round("#000000", "#ffffff") - 2100.0).abs() < 0.5);
        assert!((round("#777777", "#ffffff") - 448.0).abs() < 0.5);
        assert!((round("#ff0000", "#ffffff") - 400.0).abs() < 0.5);
    }

    #[test]
    fn a_color_that_can_be_read_stays_as_it_is() {
        for (color, on_light, on_dark) in [
            ("#2453c9", Some("#2453c9"), None),
            ("#8fb0ff", None, Some("#8fb0ff")),
            ("#000000", Some("#000000"), None),
            ("#ffff00", None, Some("#ffff00")),
        ] {
            let color: Color = color.parse().unwrap();
            let palette = Palette::of(color);
            let read = |text: Option<&str>| text.map(|it| it.parse::<Color>().unwrap());
            assert_eq!(read(on_light).is_some(), palette.on_light == color);
            assert_eq!(read(on_dark).is_some(), palette.on_dark == color);
        }
    }

    proptest! {
        #[test]
        fn any_color_can_be_read_with_what_is_around_it(channels: [u8; 3]) {
            let Palette { on_light, on_dark } = Palette::of(Color(channels));
            for (color, others) in [(on_light, ["#ffffff", "#f6f7f9", "#f3f5f8"]), (on_dark, ["#10141c", "#14171b", "#1d2127"])] {
                for other in others {
                    prop_assert!(contrast(color, other.parse().unwrap()) >= LEAST, "{color} and {other}");
                }
            }
        }
    }
}
