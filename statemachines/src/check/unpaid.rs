//! What follows where a phase that pays did not pay: the customer is told, or something else is tried. Where too
//! little is left of the charge nothing else is: whatever else pays would give the charge back twice.

use domain::task::outcome;

use super::context::Scope;
use crate::definition::{Exits, Facts};
use crate::diagnostic::Report;
use crate::graph::Edge;

/// The ways out by which such a phase is left without having paid.
const UNPAID: [&str; 2] = [outcome::ERROR, outcome::EXHAUSTED];

impl Scope<'_> {
    /// Checks the ways on from a phase that pays. `mails_customer` is whether it mails the customer where nothing else
    /// is tried.
    pub(crate) fn check_unpaid(&self, report: &mut Report<'_>, mails_customer: bool) {
        let graph = &self.context.graph;
        let is_said = graph.way(self.index, outcome::EXHAUSTED).is_some();
        for way in UNPAID.iter().filter_map(|name| graph.way(self.index, name)) {
            let payment = self.path_to_payment(way);
            match &payment {
                Some(path) if way.outcome == outcome::EXHAUSTED => {
                    refuse_payment(report, way, path);
                    continue;
                }
                Some(path) if !is_said => ask_for_exhausted(report, way, path),
                Some(_) | None => {}
            }
            let is_mailed = mails_customer && payment.is_none();
            if let (false, Some(path)) = (is_mailed, self.path_untold(way)) {
                refuse_silence(report, way, &path, mails_customer);
            }
        }
    }

    /// Whether something else that pays may be tried after a way out.
    pub(crate) fn tries_payment(&self, outcome: &str) -> bool {
        let way = self.context.graph.way(self.index, outcome);
        way.is_some_and(|way| self.path_to_payment(way).is_some())
    }

    /// A path to another phase that pays, in words.
    fn path_to_payment(&self, way: &Edge) -> Option<String> {
        self.path_to(way, |facts| facts.pays, |_| false)
    }

    /// A path to an end on which nothing else is tried, and no email goes to the customer.
    fn path_untold(&self, way: &Edge) -> Option<String> {
        let ends = |facts: &Facts| matches!(facts.exits, Exits::End);
        self.path_to(way, ends, |facts| facts.pays || facts.mails_customer)
    }

    /// A path that begins with a way out and leads to a phase of some kind, past none of those to avoid. One that could
    /// not be read is avoided.
    fn path_to(
        &self,
        way: &Edge,
        is_target: impl Fn(&Facts) -> bool,
        avoid: impl Fn(&Facts) -> bool,
    ) -> Option<String> {
        let graph = &self.context.graph;
        let facts = |phase: usize| self.context.definition.phases[phase].facts.as_ref();
        let phases = 0..self.context.definition.phases.len();
        let mut targets = phases.filter(|phase| facts(*phase).is_some_and(&is_target));
        let path = targets.find_map(|target| {
            graph.path_from(way.to, target, |edge| facts(edge.from).is_none_or(&avoid))
        })?;
        let path: Vec<&Edge> = [way].into_iter().chain(path).collect();
        Some(graph.describe(self.index, &path))
    }
}

fn refuse_payment(report: &mut Report<'_>, way: &Edge, path: &str) {
    report.refuse(
        way.at,
        format!("too little is left of the charge, and the path {path} pays all the same"),
        "Lead `exhausted` to an end, or to an email to the customer.",
    );
}

fn ask_for_exhausted(report: &mut Report<'_>, way: &Edge, path: &str) {
    report.refuse(
        way.at,
        format!("the path {path} pays after all, and it is not said what follows where too little is left of the charge"),
        "Add a line `exhausted: ` with the phase that follows then, such as an end with `status: denied`.",
    );
}

fn refuse_silence(report: &mut Report<'_>, way: &Edge, path: &str, mails_customer: bool) {
    report.refuse(
        way.at,
        format!("nothing is paid on the path {path}, and the customer is not told"),
        if mails_customer {
            "The mail `customer:` is not sent, as another path from here pays. Lead this one through an email to the customer."
        } else {
            "Add a mail `customer:` with `to`, `subject` and `body` under `on error:`, or lead the path through an email to the customer."
        },
    );
}
