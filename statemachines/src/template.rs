//! The parts of the SAM template that follow from the definitions.
//!
//! `infra/template.yaml` is written by hand, but for what there is once for each offering: the state
//! machine, what its alarms watch, and the place that has to name every machine. Such a
//! part stands between two marks and is kept up to date like every generated file:
//!
//! ```yaml
//!     # generated: state-machines
//!     SecretString: ...
//!     # end generated
//! ```
//!
//! A stack has room for 500 resources, of which an offering takes three: its state machine, the version and the alias
//! that SAM adds. The role and the log are shared, and so are alarms: [`OWN_GUARDS`], [`IN_ONE_ALARM`].

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use domain::id::OfferingPath;

const BEGIN: &str = "# generated: ";
const END: &str = "# end generated";

/// A template that cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A part that nothing here writes.
    #[error("line {line}: no part is called `{name}`; there are {}", PARTS.join(", "))]
    UnknownPart {
        /// Where it begins.
        line: usize,
        /// Its name.
        name: String,
    },
    /// A part without its second mark.
    #[error("line {line}: this part does not end: `{END}` is missing below it")]
    Open {
        /// Where it begins.
        line: usize,
    },
    /// Two offerings that would get the same name.
    #[error("the state machines of {first} and {second} would both be called {id}: rename one")]
    SameName {
        /// The one.
        first: OfferingPath,
        /// The other.
        second: OfferingPath,
        /// The name.
        id: String,
    },
}

/// What a template has to know of a generated state machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    /// Its offering.
    pub path: OfferingPath,
    /// The functions that it invokes, by their logical ids.
    pub functions: BTreeSet<String>,
    /// The digest of its definition: [`domain::task::Offering::version`].
    pub version: String,
}

/// With how many offerings each has a guard of its deployment to itself. Of more, several share one: then a stop of the
/// one takes back a deployment of the other.
const OWN_GUARDS: usize = 10;

/// `CloudWatch` sums no more metrics in an alarm.
const IN_ONE_ALARM: usize = 10;

const PARTS: [&str; 2] = ["machines", "state-machines"];

impl Machine {
    /// The machine of an offering, from its definition in Amazon States Language and the digest of that.
    pub fn new(path: OfferingPath, asl: &str, version: &str) -> Self {
        let names = asl.split("\"${").skip(1);
        let names = names.filter_map(|rest| rest.split_once("}\"").map(|(name, _)| name));
        let functions = names.map(ToOwned::to_owned).collect();
        Self {
            path,
            functions,
            version: version.to_owned(),
        }
    }

    /// Its logical id: `customer-success/refund-request` is `CustomerSuccessRefundRequest`.
    fn id(&self) -> String {
        let path = self.path.to_string();
        let words = path.split(['-', '/']);
        let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
        words.filter(|word| !word.is_empty()).map(capital).collect()
    }

    /// What follows the stack's name and `_` in its own. No stack's name has a `_`, so what begins so belongs to this
    /// stack and to no other.
    fn name(&self) -> String {
        self.path.to_string().replace('/', "_")
    }

    fn resource(&self, guard: &str) -> String {
        let mut substitutions = String::new();
        for function in &self.functions {
            let _ = write!(substitutions, "\n      {function}: !Ref {function}.Alias");
        }
        include_str!("template/machine.yaml")
            .replace("<Id>", &self.id())
            .replace("<path>", &self.path.to_string())
            .replace("<name>", &self.name())
            .replace("<guard>", guard)
            .replace("\n      <substitutions>", &substitutions)
    }
}

/// The state machines, each group with the guard of its deployments, and the alarms that watch for the rest.
fn resources(machines: &[Machine]) -> String {
    let share = machines.len().div_ceil(OWN_GUARDS).max(1);
    let mut parts = Vec::new();
    for group in machines.chunks(share) {
        let short = |machine: &Machine| machine.version.chars().take(8).collect::<String>();
        let guard = format!(
            "ProcessesBroken{}",
            group.iter().map(short).collect::<String>()
        );
        parts.extend(group.iter().map(|machine| machine.resource(&guard)));
        parts.push(alarm(include_str!("template/guard.yaml"), &guard, group, 60, |machine| {
            let version = &machine.version;
            format!(
                "Namespace: !Ref AWS::StackName, MetricName: RequestsStopped, \
                 Dimensions: [{{ Name: Outcome, Value: broken }}, {{ Name: Version, Value: '{version}' }}]"
            )
        }));
    }
    for (number, group) in machines.chunks(IN_ONE_ALARM).enumerate() {
        let id = format!("ProcessesTimedOut{number}");
        parts.push(alarm(
            include_str!("template/timed_out.yaml"),
            &id,
            group,
            300,
            |machine| {
                format!(
                    "Namespace: AWS/States, MetricName: ExecutionsTimedOut, \
                 Dimensions: [{{ Name: StateMachineArn, Value: !Ref {} }}]",
                    machine.id()
                )
            },
        ));
    }
    parts.join("\n")
}

/// An alarm on the sum of a metric of each machine, in periods of so many seconds.
fn alarm(
    yaml: &str,
    id: &str,
    machines: &[Machine],
    period: u32,
    metric: impl Fn(&Machine) -> String,
) -> String {
    let mut metrics = String::new();
    for (number, machine) in machines.iter().enumerate() {
        let (path, metric) = (&machine.path, metric(machine));
        let _ = write!(
            metrics,
            "\n      - {{ Id: m{number}, Label: {path}, ReturnData: false, MetricStat: {{ Stat: Sum, Period: {period}, Metric: {{ {metric} }} }} }}"
        );
    }
    yaml.replace("<Id>", id)
        .replace("\n      <metrics>", &metrics)
}

/// The template with all its generated parts written anew.
pub fn fill_in(template: &str, machines: &[Machine]) -> Result<String, TemplateError> {
    let mut ids = BTreeMap::new();
    for machine in machines {
        if let Some(first) = ids.insert(machine.id(), machine) {
            return Err(TemplateError::SameName {
                first: first.path.clone(),
                second: machine.path.clone(),
                id: machine.id(),
            });
        }
    }
    let mut filled = String::with_capacity(template.len());
    let mut lines = template.lines().enumerate();
    while let Some((number, line)) = lines.next() {
        filled.push_str(line);
        filled.push('\n');
        let Some((indent, name)) = line.split_once(BEGIN) else {
            continue;
        };
        let line = number + 1;
        let part = part(name, machines).ok_or_else(|| TemplateError::UnknownPart {
            line,
            name: name.to_owned(),
        })?;
        for written in part.lines() {
            let indent = if written.is_empty() { "" } else { indent };
            let _ = writeln!(filled, "{indent}{written}");
        }
        let (_, end) = lines
            .find(|(_, line)| line.trim() == END)
            .ok_or(TemplateError::Open { line })?;
        filled.push_str(end);
        filled.push('\n');
    }
    Ok(filled)
}

/// What stands in a part.
fn part(name: &str, machines: &[Machine]) -> Option<String> {
    Some(match name {
        "machines" => resources(machines),
        "state-machines" => {
            let each = |m: &Machine| format!("\"{}\":\"${{{}Aliaslive}}\"", m.path, m.id());
            let all: Vec<_> = machines.iter().map(each).collect();
            format!("SecretString: !Sub '{{{}}}'", all.join(","))
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(path: &str) -> Machine {
        let asl = r#"{"FunctionName": "${Decide}", "a": "${SendEmail}", "b": "${Decide}"}"#;
        Machine::new(path.parse().unwrap(), asl, "")
    }

    #[test]
    fn a_machine_invokes_what_its_definition_names() {
        let machine = machine("shop/refund");
        assert_eq!(
            machine.functions.iter().collect::<Vec<_>>(),
            ["Decide", "SendEmail"]
        );
        let resource = machine.resource("Broken");
        assert!(!resource.contains('<'), "{resource}");
        assert!(
            resource.contains(
                "      Decide: !Ref Decide.Alias\n      SendEmail: !Ref SendEmail.Alias\n"
            )
        );
    }

    #[test]
    fn a_new_version_of_a_process_is_guarded_by_an_alarm_of_its_own() {
        let machine = |path: &str, version| Machine::new(path.parse().unwrap(), "{}", version);
        let refund = machine("shop/refund", "0123456789ab");
        let parts = part("machines", &[refund, machine("shop/swap", "ba9876543210")]).unwrap();
        for text in [
            "\nProcessesBroken01234567:\n",
            "[!Ref ProcessesBroken01234567]",
            "Value: '0123456789ab' }",
            "[!Ref ProcessesBrokenba987654]",
            "Value: 'ba9876543210' }",
            "\nProcessesTimedOut0:\n",
            "Value: !Ref ShopSwap }",
        ] {
            assert!(parts.contains(text), "{text} in {parts}");
        }
        assert!(!parts.contains('<'), "{parts}");
    }

    #[test]
    fn a_hundred_offerings_share_alarms_so_that_they_fit_a_stack() {
        let machines: Vec<_> = (0..100)
            .map(|n| machine(&format!("shop/refund-{n}")))
            .collect();
        let parts = part("machines", &machines).unwrap();
        assert_eq!(
            parts.matches("Type: AWS::Serverless::StateMachine").count(),
            100
        );
        assert_eq!(parts.matches("MetricName: RequestsStopped").count(), 100);
        assert_eq!(parts.matches("MetricName: ExecutionsTimedOut").count(), 100);
        assert_eq!(parts.matches("SUM(METRICS())").count(), 10 + 10);
        assert_eq!(parts.matches("Id: m9,").count(), 10 + 10);
        assert_eq!(parts.matches("Id: m10,").count(), 0);
    }

    #[test]
    fn parts_are_written_at_their_own_indentation_and_the_rest_stays() {
        let template = "a: 1\n  # generated: state-machines\n  old\n  # end generated\nb: 2\n";
        let filled = fill_in(template, &[machine("shop/refund"), machine("shop/swap")]).unwrap();
        let lines: Vec<_> = filled.lines().collect();
        assert_eq!(lines[..2], ["a: 1", "  # generated: state-machines"]);
        assert!(
            lines[2].starts_with("  SecretString: !Sub '{\"shop/refund\":"),
            "{filled}"
        );
        assert_eq!(lines[3..], ["  # end generated", "b: 2"]);
        assert_eq!(
            fill_in(&filled, &[machine("shop/refund"), machine("shop/swap")]).unwrap(),
            filled
        );
    }

    #[test]
    fn what_cannot_be_filled_in_is_said() {
        let refuse = |template: &str| fill_in(template, &[]).unwrap_err().to_string();
        let unknown = refuse("a\n# generated: machine\n# end generated\n");
        assert!(
            unknown.starts_with("line 2: no part is called `machine`"),
            "{unknown}"
        );
        let open = refuse("# generated: machines\n");
        assert!(open.starts_with("line 1: this part does not end"), "{open}");
        let same = fill_in("", &[machine("a-b/c"), machine("a/b-c")]).unwrap_err();
        assert!(same.to_string().contains("a-b/c and a/b-c"), "{same}");
    }
}
