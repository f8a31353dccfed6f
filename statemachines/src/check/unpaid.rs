//! What follows where a phase that pays did not pay: the customer is told, or something else is tried. Where too
//! little is left of the charge nothing else is: whatever else pays would give the charge back twice.

use domain::task::outcome;

use super::context::Scope;
use crate::definition::{Exits, Facts};
use crate::diagnostic::Report;
use crate::graph::Edge;

/// The ways out by which such a phase is left without having paid.
const UNPAID_OUTCOMES: [&str; 2] = [outcome::ERROR, outcome::EXHAUSTED];

impl Scope<'_> {
    /// Checks the ways on from a phase that pays. `mails_customer` is whether it mails the customer where nothing else
    /// is tried.
    pub(crate) fn check_unpaid(&self, report: &mut Report<'_>, mails_customer: bool) {
        let graph = &self.context.graph;
        let is_connected = graph.edge(self.index, outcome::EXHAUSTED).is_some();
        for edge in UNPAID_OUTCOMES
            .iter()
            .filter_map(|name| graph.edge(self.index, name))
        {
            let payment = self.path_to_payment(edge);
            match &payment {
                Some(path) if edge.outcome == outcome::EXHAUSTED => {
                    refuse_payment(report, edge, path);
                    continue;
                }
                Some(path) if !is_connected => refuse_unconnected(report, edge, path),
                Some(_) | None => {}
            }
            let is_mailed = mails_customer && payment.is_none();
            if let (false, Some(path)) = (is_mailed, self.path_unnotified(edge)) {
                refuse_unnotified(report, edge, &path, mails_customer);
            }
        }
    }

    /// Whether another phase that pays can follow that outcome.
    pub(crate) fn may_pay_after(&self, outcome: &str) -> bool {
        let edge = self.context.graph.edge(self.index, outcome);
        edge.is_some_and(|edge| self.path_to_payment(edge).is_some())
    }

    /// A path to another phase that pays, in words.
    fn path_to_payment(&self, edge: &Edge) -> Option<String> {
        self.path_to(edge, |facts| facts.pays, |_| false)
    }

    /// A path to an end on which nothing else is tried, and no email goes to the customer.
    fn path_unnotified(&self, edge: &Edge) -> Option<String> {
        let ends = |facts: &Facts| matches!(facts.exits, Exits::End);
        self.path_to(edge, ends, |facts| facts.pays || facts.mails_customer)
    }

    /// A path that begins with a way out and leads to a phase of some kind, past none of those to avoid. One that could
    /// not be read is avoided.
    fn path_to(
        &self,
        edge: &Edge,
        is_target: impl Fn(&Facts) -> bool,
        avoid: impl Fn(&Facts) -> bool,
    ) -> Option<String> {
        let graph = &self.context.graph;
        let facts = |phase: usize| self.context.definition.phases[phase].facts.as_ref();
        let phases = 0..self.context.definition.phases.len();
        let mut targets = phases.filter(|phase| facts(*phase).is_some_and(&is_target));
        let path = targets.find_map(|target| {
            graph.path_from(edge.to, target, |edge| facts(edge.from).is_none_or(&avoid))
        })?;
        let path: Vec<&Edge> = [edge].into_iter().chain(path).collect();
        Some(graph.describe(self.index, &path))
    }
}

fn refuse_payment(report: &mut Report<'_>, edge: &Edge, path: &str) {
    report.refuse(
        edge.at,
        format!("too little is left of the charge, and the path {path} pays all the same"),
        "Lead `exhausted` to an end, or to an email to the customer.",
    );
}

fn refuse_unconnected(report: &mut Report<'_>, edge: &Edge, path: &str) {
    report.refuse(
        edge.at,
        format!("the path {path} pays after all, and it is not said what follows where too little is left of the charge"),
        "Add a line `exhausted: ` with the phase that follows then, such as an end with `status: denied`.",
    );
}

fn refuse_unnotified(report: &mut Report<'_>, edge: &Edge, path: &str, mails_customer: bool) {
    report.refuse(
        edge.at,
        format!("nothing is paid on the path {path}, and the customer is not told"),
        if mails_customer {
            "The mail `customer:` is not sent, as another path from here pays. Lead this one through an email to the customer."
        } else {
            "Add a mail `customer:` with `to`, `subject` and `body` under `on error:`, or lead the path through an email to the customer."
        },
    );
}
