//! The fields of a form: each with its label, its help and what is wrong with what was entered, and above the form all
//! that is to be corrected.

use domain::one_time_code::CODE_INPUT_CHARS;
use maud::{Markup, html};

/// A field of a form.
#[derive(Debug, Clone, Copy)]
pub struct Field<'a> {
    /// The id of its input, by which a list of problems leads to it.
    pub id: &'a str,
    /// What it is called.
    pub label: &'a str,
    /// What to enter, as whole sentences; may be empty.
    pub help: &'a str,
    /// What is wrong with what was entered.
    pub problem: Option<&'a str>,
}

impl Field<'_> {
    /// The ids of what describes the input, for its `aria-describedby`.
    pub fn described_by(&self) -> Option<String> {
        let help = (!self.help.is_empty()).then(|| format!("{}-help", self.id));
        let error = self.problem.map(|_| format!("{}-error", self.id));
        let ids: Vec<_> = help.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    /// For the input's `aria-invalid`.
    pub fn invalid(&self) -> Option<&'static str> {
        self.problem.map(|_| "true")
    }

    /// The field around its input.
    pub fn around(&self, input: &Markup) -> Markup {
        html! {
            div.field {
                label for=(self.id) { (self.label) }
                @if !self.help.is_empty() { small id={ (self.id) "-help" } { (self.help) } }
                (input)
                (self.error())
            }
        }
    }

    /// What is wrong, beside the input.
    pub fn error(&self) -> Markup {
        html! {
            @if let Some(problem) = self.problem { p.error id={ (self.id) "-error" } { (self.label) ": " (problem) } }
        }
    }

    /// The field around an input for the code of a mail.
    pub fn around_code(&self, given: &str) -> Markup {
        self.around(&html! {
            input.code id=(self.id) name="code" value=(given) required inputmode="numeric" autocomplete="one-time-code" maxlength=(CODE_INPUT_CHARS)
                aria-describedby=[self.described_by()] aria-invalid=[self.invalid()];
        })
    }
}

/// What is to be corrected in one input.
#[derive(Debug, Clone)]
pub struct FieldProblem<'a> {
    /// The input's id. None: the page has no input for it.
    pub id: Option<&'a str>,
    /// What the field is called.
    pub label: &'a str,
    /// What follows the label in the sentence, with its space or colon.
    pub message: String,
}

/// What is to be corrected, above the form, after a sentence that says what was not done. The page opens with the focus
/// on it, and each problem leads to its input.
pub fn to_correct<'a>(
    not_done: &str,
    problems: impl IntoIterator<Item = FieldProblem<'a>>,
) -> Markup {
    html! {
        div.note.bad role="alert" tabindex="-1" autofocus {
            p { strong { (not_done) } " Please correct:" }
            ul {
                @for FieldProblem { id, label, message } in problems {
                    li {
                        @match id {
                            Some(id) => a href={ "#" (id) } { (label) },
                            None => (label),
                        }
                        (message)
                    }
                }
            }
        }
    }
}
