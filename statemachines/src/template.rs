//! The parts of the SAM template that follow from the definitions.
//!
//! `infra/template.yaml` is written by hand, but for what there is once for each offering: the state
//! machine with its role, log group and alarms, and the places that have to name every machine. Such a
//! part stands between two marks and is kept up to date like every generated file:
//!
//! ```yaml
//!     # generated: machine-arns
//!     - !Sub 'arn:...'
//!     # end generated
//! ```
//!
//! Marks and not an include, a macro or a nested stack: SAM, CloudFormation, linters, emulators and
//! `cargo run` all read one plain file, and a person sees in it what will be deployed.

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
    /// Whether a state of it waits for an answer with its task token.
    pub waits: bool,
    /// The digest of its definition: [`domain::task::Offering::version`].
    pub version: String,
}

/// What the task of a state that waits for its token is called.
const WAITING: &str = ".waitForTaskToken\"";

const PARTS: [&str; 5] = [
    "machines",
    "machine-arns",
    "machine-versions",
    "state-machines",
    "waiting-machine-arns",
];

impl Machine {
    /// The machine of an offering, from its definition in Amazon States Language and the digest of that.
    pub fn new(path: OfferingPath, asl: &str, version: &str) -> Self {
        let names = asl.split("\"${").skip(1);
        let names = names.filter_map(|rest| rest.split_once("}\"").map(|(name, _)| name));
        let functions = names.map(ToOwned::to_owned).collect();
        Self {
            path,
            functions,
            waits: asl.contains(WAITING),
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

    /// What follows the stack's name in its own.
    fn name(&self) -> String {
        self.path.to_string().replace('/', "-")
    }

    fn arn(&self) -> String {
        let name = self.name();
        format!(
            "arn:${{AWS::Partition}}:states:${{AWS::Region}}:${{AWS::AccountId}}:stateMachine:${{AWS::StackName}}-{name}"
        )
    }

    fn resources(&self) -> String {
        let mut substitutions = String::new();
        let mut aliases = String::new();
        for function in &self.functions {
            let _ = write!(substitutions, "\n      {function}: !Ref {function}.Alias");
            let _ = write!(aliases, "\n                - !Ref {function}.Alias");
        }
        include_str!("template/machine.yaml")
            .replace("<Id>", &self.id())
            .replace("<path>", &self.path.to_string())
            .replace("<name>", &self.name())
            .replace("<digest>", &self.version)
            .replace("<version>", self.version.get(..8).unwrap_or_default())
            .replace("\n      <substitutions>", &substitutions)
            .replace("\n                <aliases>", &aliases)
    }
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

fn arn_line(machine: &Machine) -> String {
    format!("- !Sub '{}'\n", machine.arn())
}

/// What stands in a part.
fn part(name: &str, machines: &[Machine]) -> Option<String> {
    Some(match name {
        "machines" => {
            let resources: Vec<_> = machines.iter().map(Machine::resources).collect();
            resources.join("\n")
        }
        "machine-arns" => machines.iter().map(arn_line).collect(),
        // Nobody else has to be answered, so nobody may.
        "waiting-machine-arns" => {
            let waiting = machines.iter().filter(|machine| machine.waits);
            waiting.map(arn_line).collect()
        }
        // The machines, their aliases and all their versions.
        "machine-versions" => {
            let each = |machine: &Machine| {
                let arn = machine.arn();
                format!("- !Sub '{arn}'\n- !Sub '{arn}:*'\n")
            };
            machines.iter().map(each).collect()
        }
        "state-machines" => {
            let each = |m: &Machine| format!("\"{}\":\"${{{}Aliaslive}}\"", m.path, m.id());
            let all: Vec<_> = machines.iter().map(each).collect();
            format!("STATE_MACHINES: !Sub '{{{}}}'", all.join(","))
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
        let resources = machine.resources();
        assert!(!resources.contains('<'), "{resources}");
        assert!(
            resources.contains(
                "      Decide: !Ref Decide.Alias\n      SendEmail: !Ref SendEmail.Alias\n"
            )
        );
    }

    #[test]
    fn a_new_version_of_a_process_is_guarded_by_an_alarm_of_its_own() {
        let path = "shop/refund".parse().unwrap();
        let resources = Machine::new(path, "{}", "0123456789ab").resources();
        for part in [
            "\nShopRefundBroken01234567:\n",
            "[!Ref ShopRefundBroken01234567]",
            "Value: '0123456789ab' }",
        ] {
            assert!(resources.contains(part), "{part} in {resources}");
        }
    }

    #[test]
    fn parts_are_written_at_their_own_indentation_and_the_rest_stays() {
        let template = "a: 1\n  # generated: machine-arns\n  old\n  # end generated\nb: 2\n";
        let filled = fill_in(template, &[machine("shop/refund"), machine("shop/swap")]).unwrap();
        let lines: Vec<_> = filled.lines().collect();
        assert_eq!(lines[..2], ["a: 1", "  # generated: machine-arns"]);
        assert!(lines[2].starts_with("  - !Sub 'arn:"), "{filled}");
        assert!(lines[3].ends_with(":stateMachine:${AWS::StackName}-shop-swap'"));
        assert_eq!(lines[4..], ["  # end generated", "b: 2"]);
        assert_eq!(
            fill_in(&filled, &[machine("shop/refund"), machine("shop/swap")]).unwrap(),
            filled
        );
    }

    #[test]
    fn only_machines_that_wait_for_an_answer_may_get_one() {
        let asl = r#"{"Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken"}"#;
        let waiting = Machine::new("shop/refund".parse().unwrap(), asl, "");
        let template = "# generated: waiting-machine-arns\n# end generated\n";
        let filled = fill_in(template, &[waiting, machine("shop/survey")]).unwrap();
        assert_eq!(filled.lines().count(), 3, "{filled}");
        assert!(filled.contains("-shop-refund'"), "{filled}");
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
