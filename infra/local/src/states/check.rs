//! What types alone cannot say about a definition: that every way leads to a state, that expressions
//! can be read, and the rules of Retry, Wait and Choice.

use serde_json::Value;

use super::{
    asl::{Assign, Catcher, Choice, Machine, Retrier, State, Task, Wait},
    jsonata,
};

/// Every problem of a machine, one sentence each.
pub(crate) fn problems_of(machine: &Machine) -> Vec<String> {
    let mut problems = Vec::new();
    if !machine.states.contains_key(&machine.start_at) {
        problems.push(format!(
            "StartAt names \"{}\", which is no state",
            machine.start_at
        ));
    }
    for (name, state) in &machine.states {
        let mut findings = Findings {
            machine,
            state: name,
            problems: &mut problems,
        };
        findings.check(state);
    }
    problems
}

/// Gathers what is wrong with one state.
struct Findings<'a> {
    machine: &'a Machine,
    state: &'a str,
    problems: &'a mut Vec<String>,
}

impl Findings<'_> {
    fn add(&mut self, problem: impl std::fmt::Display) {
        self.problems
            .push(format!("state \"{}\": {problem}", self.state));
    }

    fn check(&mut self, state: &State) {
        match state {
            State::Pass(pass) => {
                self.way_on(pass.next.as_ref(), pass.end);
                self.result("", pass.output.as_ref(), &pass.assign);
            }
            State::Task(task) => self.task(task),
            State::Choice(choice) => self.choice(choice),
            State::Wait(wait) => self.wait(wait),
            State::Succeed(succeed) => self.result("", succeed.output.as_ref(), &Assign::new()),
            State::Fail(fail) => {
                for (field, text) in [("Error", &fail.error), ("Cause", &fail.cause)] {
                    self.text(field, text.as_ref());
                }
            }
        }
    }

    fn task(&mut self, task: &Task) {
        self.way_on(task.next.as_ref(), task.end);
        let function = &task.arguments.function_name;
        if function.contains("${") {
            self.add(format!(
                "FunctionName is {function}: fill in the DefinitionSubstitutions first"
            ));
        }
        self.text("Arguments/FunctionName", Some(function));
        self.template("Arguments/Payload", &task.arguments.payload);
        self.result("", task.output.as_ref(), &task.assign);
        for (index, retrier) in task.retry.iter().enumerate() {
            self.retrier(index, retrier, index + 1 == task.retry.len());
        }
        for (index, catcher) in task.catch.iter().enumerate() {
            self.catcher(index, catcher, index + 1 == task.catch.len());
        }
    }

    fn retrier(&mut self, index: usize, retrier: &Retrier, last: bool) {
        let place = format!("Retry/{index}");
        self.errors(&place, &retrier.error_equals, last);
        if retrier.interval_seconds == 0 {
            self.add(format!("{place}: IntervalSeconds must be 1 or more"));
        }
        if !retrier.backoff_rate.is_finite() || retrier.backoff_rate < 1.0 {
            self.add(format!("{place}: BackoffRate must be 1.0 or more"));
        }
        if retrier
            .max_delay_seconds
            .is_some_and(|most| most <= retrier.interval_seconds)
        {
            self.add(format!(
                "{place}: MaxDelaySeconds must be above IntervalSeconds"
            ));
        }
    }

    fn catcher(&mut self, index: usize, catcher: &Catcher, last: bool) {
        let place = format!("Catch/{index}");
        self.errors(&place, &catcher.error_equals, last);
        self.target(&catcher.next);
        self.result(
            &format!("{place}/"),
            catcher.output.as_ref(),
            &catcher.assign,
        );
    }

    fn errors(&mut self, place: &str, names: &[String], last: bool) {
        if names.is_empty() {
            self.add(format!("{place}: ErrorEquals is empty"));
        }
        if names.iter().any(|name| name == "States.ALL") && (names.len() > 1 || !last) {
            self.add(format!(
                "{place}: States.ALL must stand alone and come last"
            ));
        }
    }

    fn choice(&mut self, choice: &Choice) {
        if choice.choices.is_empty() {
            self.add("Choices is empty");
        }
        for (index, rule) in choice.choices.iter().enumerate() {
            let place = format!("Choices/{index}");
            if !jsonata::is_expression(&rule.condition) {
                self.add(format!(
                    "{place}: Condition must be JSONata between {{% and %}}"
                ));
            }
            self.text(&format!("{place}/Condition"), Some(&rule.condition));
            self.target(&rule.next);
            self.result(&format!("{place}/"), rule.output.as_ref(), &rule.assign);
        }
        match &choice.default {
            Some(default) => self.target(default),
            None => {
                self.add("it has no Default: a value no rule foresees would end the execution");
            }
        }
        self.result("", choice.output.as_ref(), &choice.assign);
    }

    fn wait(&mut self, wait: &Wait) {
        self.way_on(wait.next.as_ref(), wait.end);
        match (&wait.seconds, &wait.timestamp) {
            (Some(seconds), None) => {
                let expression = seconds.as_str().is_some_and(jsonata::is_expression);
                if !expression && seconds.as_u64().is_none() {
                    self.add(format!(
                        "Seconds is {seconds}, and must be a whole number or JSONata"
                    ));
                }
                self.template("Seconds", seconds);
            }
            (None, Some(timestamp)) => {
                if !jsonata::is_expression(timestamp)
                    && timestamp.parse::<jiff::Timestamp>().is_err()
                {
                    self.add(format!("Timestamp \"{timestamp}\" is no RFC 3339 time"));
                }
                self.text("Timestamp", Some(timestamp));
            }
            _ => self.add("it needs either Seconds or Timestamp"),
        }
        self.result("", wait.output.as_ref(), &wait.assign);
    }

    fn way_on(&mut self, next: Option<&String>, end: bool) {
        match (next, end) {
            (Some(next), false) => self.target(next),
            (None, true) => {}
            _ => self.add("it needs either Next or \"End\": true"),
        }
    }

    fn target(&mut self, name: &str) {
        if !self.machine.states.contains_key(name) {
            self.add(format!("it leads to \"{name}\", which is no state"));
        }
    }

    fn result(&mut self, place: &str, output: Option<&Value>, assign: &Assign) {
        if let Some(output) = output {
            self.template(&format!("{place}Output"), output);
        }
        for (name, template) in assign {
            if !is_variable_name(name) {
                self.add(format!(
                    "{place}Assign: \"{name}\" cannot be a variable's name"
                ));
            }
            self.template(&format!("{place}Assign/{name}"), template);
        }
    }

    fn text(&mut self, place: &str, text: Option<&String>) {
        if let Some(problem) = text.and_then(|text| jsonata::problem_in(text)) {
            self.add(format!("{place}: {problem}"));
        }
    }

    fn template(&mut self, place: &str, template: &Value) {
        match template {
            Value::String(text) => self.text(place, Some(text)),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.template(&format!("{place}/{index}"), item);
                }
            }
            Value::Object(fields) => {
                for (name, field) in fields {
                    self.template(&format!("{place}/{name}"), field);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

fn is_variable_name(name: &str) -> bool {
    let mut characters = name.chars();
    let starts_well = characters.next().is_some_and(char::is_alphabetic);
    starts_well
        && characters.all(|c| c == '_' || c.is_alphanumeric())
        && name != "states"
        && name.chars().count() <= 80
}
