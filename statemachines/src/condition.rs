//! Conditions: CEL, checked against the form and lowered to a [`Rule`].
//!
//! CEL is parsed by the `cel` crate. Of its syntax tree only comparisons of a field with a value are
//! taken, joined by `&&`, `||` and `!`. Amounts are taken from the text of the condition, not from
//! the tree, where a number with a point is a float.

mod cases;

use cases::Cases;
pub(crate) use cases::reached;
use cel::IdedExpr;
use cel::common::ast::{Expr, ListExpr, LiteralValue, SourceInfo, operators};
use domain::closed_set::named;
use domain::form::{Field, FieldKind};
use domain::id::FieldName;
use domain::money::Usd;
use domain::rule::{Comparison, Equality, Rule};

use crate::definition::{Fields, Found};
use crate::diagnostic::{Report, suggestion};
use crate::names::{CHARGE_TOTAL, STRIPE_CUSTOMER_KNOWN};
use crate::roles::{AMOUNT, Designated};
use crate::source::{At, Span, place_within};

const HELP: &str = "Compare a field with a value, such as `refundAmount >= 500` or `reason == 'Goodwill'`, \
                    and join comparisons with `&&`, `||`, `!` and parentheses.";

/// What a condition can be about.
pub(crate) struct Known<'d> {
    /// The form.
    pub(crate) fields: &'d Fields,
    /// A path to the condition on which nothing is looked up, if there is one.
    pub(crate) not_looked_up: Option<String>,
}

/// The rule that a condition stands for. What cannot be decided exactly is reported.
pub(crate) fn lower(report: &mut Report<'_>, known: &Known<'_>, text: &At<String>) -> Option<Rule> {
    let program = match cel::Program::compile(&text.value) {
        Ok(program) => program,
        Err(errors) => {
            let column = errors.errors.first().map_or(1, |error| error.pos.1);
            let start = usize::try_from(column - 1)
                .unwrap_or(0)
                .min(text.value.len());
            let at = place_within(report.source, text.span, &text.value, start..start + 1);
            report.refuse(at, "this condition cannot be read here", HELP);
            return None;
        }
    };
    Lowering {
        report,
        known,
        text,
        places: program.source_info(),
    }
    .rule(program.expression())
}

struct Lowering<'a, 's> {
    report: &'a mut Report<'s>,
    known: &'a Known<'a>,
    text: &'a At<String>,
    places: &'a SourceInfo,
}

impl<'a> Lowering<'a, '_> {
    /// The rule of a part of the condition. One that comes to the same for every request is a mistake.
    fn rule(&mut self, expr: &IdedExpr) -> Option<Rule> {
        let rule = self.lowered(expr)?;
        let always = match Cases::of(self.known.fields, [&rule]).constant(&rule) {
            None => return Some(rule),
            Some(true) => "true",
            Some(false) => "false",
        };
        let problem = format!("this is {always} for every request");
        self.refuse(
            expr,
            problem,
            "Compare with a value that some requests have and others do not.",
        )
    }

    fn lowered(&mut self, expr: &IdedExpr) -> Option<Rule> {
        if let Expr::Ident(name) = &expr.expr
            && name == STRIPE_CUSTOMER_KNOWN
        {
            self.looked_up(expr)?;
            return Some(Rule::StripeCustomerKnown);
        }
        let Expr::Call(call) = &expr.expr else {
            return self.unsupported(expr);
        };
        let args = match (&call.target, &call.args[..]) {
            (None, [only]) if call.func_name == operators::LOGICAL_NOT => {
                return Some(Rule::Not(Box::new(self.rule(only)?)));
            }
            (None, [left, right]) => (left, right),
            _ => return self.unsupported(expr),
        };
        match call.func_name.as_str() {
            operators::LOGICAL_AND => self.join(expr, Rule::All, operators::LOGICAL_AND),
            operators::LOGICAL_OR => self.join(expr, Rule::Any, operators::LOGICAL_OR),
            operators::IN => self.one_of(expr, args.0, args.1),
            // CEL calls them `_<_`, `_==_` and so on.
            operator => match named(operator.trim_matches('_')) {
                Some(is) => self.compare(expr, args, is),
                None => self.unsupported(expr),
            },
        }
    }

    /// What a lookup finds out can be asked only where something was looked up.
    fn looked_up(&mut self, at: &IdedExpr) -> Option<()> {
        match &self.known.not_looked_up {
            None => Some(()),
            Some(path) => {
                let problem = format!("nothing is looked up on the path {path}");
                let help = "Ask for it only where every path has passed an approval with a `look up:`. That is when Stripe is asked.";
                self.refuse(at, problem, help)
            }
        }
    }

    /// The sum for a charge can be asked only where there is a charge, and an amount to be added to what it gave.
    fn charge_total(&mut self, at: &IdedExpr) -> Option<()> {
        self.looked_up(at)?;
        let known = self.known;
        match known.fields.designated(&AMOUNT) {
            Designated::Field(name) => self.field(at, name.value.as_str()).map(drop),
            Designated::Refused => None,
            Designated::Nothing => {
                let problem = format!("the form has no field that is {}", AMOUNT.what);
                let help = format!("Without an amount there is no `{CHARGE_TOTAL}`.");
                self.refuse(at, problem, help)
            }
        }
    }

    /// `a && b && c` as one list, whichever way the parser nests it.
    fn join(
        &mut self,
        expr: &IdedExpr,
        rule: fn(Vec<Rule>) -> Rule,
        operator: &str,
    ) -> Option<Rule> {
        let rules: Vec<Option<Rule>> = operands(expr, operator)
            .into_iter()
            .map(|operand| self.rule(operand))
            .collect();
        Some(rule(rules.into_iter().collect::<Option<_>>()?))
    }

    fn compare(
        &mut self,
        expr: &IdedExpr,
        (left, right): (&IdedExpr, &IdedExpr),
        is: Comparison,
    ) -> Option<Rule> {
        let (field, value, is) = match (&left.expr, &right.expr) {
            (Expr::Ident(name), Expr::Literal(value)) => ((left, name), (right, value), is),
            (Expr::Literal(value), Expr::Ident(name)) => ((right, name), (left, value), flip(is)),
            _ => return self.unsupported(expr),
        };
        if field.1 == CHARGE_TOTAL {
            self.charge_total(field.0)?;
            let cents = self.cents(CHARGE_TOTAL, value.0, value.1)?;
            return Some(Rule::ChargeTotal { is, cents });
        }
        let field = self.field(field.0, field.1)?;
        if field.kind == FieldKind::Usd {
            let cents = self.cents(field.name.as_str(), value.0, value.1)?;
            return Some(Rule::Amount {
                field: field.name.clone(),
                is,
                cents,
            });
        }
        let is = match is {
            Comparison::Equal => Equality::Equal,
            Comparison::NotEqual => Equality::NotEqual,
            Comparison::Less | Comparison::AtMost | Comparison::AtLeast | Comparison::More => {
                return self.refuse(
                    expr,
                    format!("`{}` is a text, and texts have no order", field.name),
                    "Compare it with `==` or `!=`. Only amounts can be larger or smaller.",
                );
            }
        };
        let value = self.option(field, value.0, value.1)?;
        Some(text_rule(&field.name, is, value))
    }

    /// `reason in ['Goodwill', 'Other']`
    fn one_of(&mut self, expr: &IdedExpr, left: &IdedExpr, right: &IdedExpr) -> Option<Rule> {
        let (Expr::Ident(name), Expr::List(ListExpr { elements, .. })) = (&left.expr, &right.expr)
        else {
            return self.unsupported(expr);
        };
        let field = match name.as_str() {
            CHARGE_TOTAL => None,
            name => Some(self.field(left, name)?),
        };
        let is_text = |field: &&Field| field.kind != FieldKind::Usd && !elements.is_empty();
        let Some(field) = field.filter(is_text) else {
            return self.refuse(
                expr,
                "`in` takes a text and a list of texts",
                "Write it like `reason in ['Goodwill', 'Other']`.",
            );
        };
        let mut rules = Vec::new();
        for element in elements {
            let Expr::Literal(value) = &element.expr else {
                return self.unsupported(element);
            };
            let value = self.option(field, element, value)?;
            let rule = text_rule(&field.name, Equality::Equal, value);
            if rules.contains(&rule) {
                return self.refuse(element, "this is listed twice", "Remove one of them.");
            }
            rules.push(rule);
        }
        Some(Rule::Any(rules))
    }

    /// The field of that name, which must always have a value when it is an amount.
    fn field(&mut self, at: &IdedExpr, name: &str) -> Option<&'a Field> {
        if name == STRIPE_CUSTOMER_KNOWN {
            return self.refuse(
                at,
                format!("`{name}` is true or false, and is compared with nothing"),
                format!("Write `{name}`, or `!{name}` for the contrary."),
            );
        }
        let fields = self.known.fields;
        let field = match fields.find(name) {
            Found::Field(field) => field,
            Found::Invalid => return None,
            Found::Unknown => {
                let help = suggestion(name, fields.names().chain([CHARGE_TOTAL]));
                return self.refuse(at, format!("the form has no field `{name}`"), help);
            }
        };
        if field.kind == FieldKind::Usd && !field.required {
            return self.refuse(
                at,
                format!("`{name}` can be left empty, and then there is nothing to compare"),
                "Make the field `required: true`.",
            );
        }
        Some(field)
    }

    /// The cents of a number, from the digits that the condition is written with.
    fn cents(&mut self, what: &str, at: &IdedExpr, value: &LiteralValue) -> Option<u64> {
        let (LiteralValue::Int(_) | LiteralValue::UInt(_) | LiteralValue::Double(_)) = value else {
            return self.refuse(
                at,
                format!("`{what}` is an amount, and is compared with a number of dollars"),
                "Write a number without quotes, such as 500 or 499.99.",
            );
        };
        let (start, stop) = self.places.offset_for(at.id)?;
        let (start, stop) = (start as usize, stop as usize);
        let written = self.text.value.get(start..=stop)?;
        // A sign is not part of the number's place.
        let negative = self.text.value[..start].trim_end().ends_with('-');
        let cents = (!negative).then(|| cents(written)).flatten();
        cents.or_else(|| {
            let problem =
                format!("`{written}` is not an amount of dollars that can be compared exactly");
            let help = format!(
                "Write digits with at most two after a point, such as 500 or 499.99, up to {}.",
                Usd::MAX.to_decimal()
            );
            self.refuse(at, problem, help)
        })
    }

    /// A text to compare a field with; for a select, one of its options.
    fn option(&mut self, field: &Field, at: &IdedExpr, value: &LiteralValue) -> Option<String> {
        let LiteralValue::String(text) = value else {
            return self.refuse(
                at,
                format!("`{}` is a text, and is compared with a text", field.name),
                "Put the text in single quotes, such as 'Goodwill'.",
            );
        };
        let text = text.inner();
        if let FieldKind::Select { options } = &field.kind
            && !options.iter().any(|option| option == text)
        {
            let help = suggestion(text, options.iter().map(String::as_str));
            return self.refuse(
                at,
                format!("`{text}` is not an option of `{}`", field.name),
                help,
            );
        }
        Some(text.to_owned())
    }

    fn unsupported<T>(&mut self, at: &IdedExpr) -> Option<T> {
        self.refuse(at, "a condition cannot do this", HELP)
    }

    fn refuse<T>(
        &mut self,
        at: &IdedExpr,
        problem: impl Into<String>,
        help: impl Into<String>,
    ) -> Option<T> {
        let span = self.place(at);
        self.report.refuse(span, problem, help);
        None
    }

    fn place(&self, expr: &IdedExpr) -> Span {
        let Some((start, stop)) = self.places.offset_for(expr.id) else {
            return self.text.span;
        };
        let part = start as usize..stop as usize + 1;
        place_within(self.report.source, self.text.span, &self.text.value, part)
    }
}

/// What an operator joins, in order.
fn operands<'e>(expr: &'e IdedExpr, operator: &str) -> Vec<&'e IdedExpr> {
    if let Expr::Call(call) = &expr.expr
        && call.func_name == operator
    {
        let args = call.args.iter();
        return args.flat_map(|arg| operands(arg, operator)).collect();
    }
    vec![expr]
}

/// The same comparison with its sides exchanged: `500 <= amount` is `amount >= 500`.
fn flip(is: Comparison) -> Comparison {
    match is {
        Comparison::Less => Comparison::More,
        Comparison::AtMost => Comparison::AtLeast,
        Comparison::AtLeast => Comparison::AtMost,
        Comparison::More => Comparison::Less,
        same @ (Comparison::Equal | Comparison::NotEqual) => same,
    }
}

fn text_rule(field: &FieldName, is: Equality, value: String) -> Rule {
    Rule::Text {
        field: field.clone(),
        is,
        value,
    }
}

/// `500`, `499.9`, `499.99`. Unlike an amount that is paid it may be zero.
fn cents(text: &str) -> Option<u64> {
    let cents = domain::money::cents(text).ok();
    cents.filter(|cents| *cents <= Usd::MAX.cents())
}

#[cfg(test)]
mod tests;
