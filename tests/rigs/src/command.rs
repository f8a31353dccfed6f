//! Programs that run to their end.

use std::{
    ffi::OsStr,
    path::Path,
    process::{Command, Output, Stdio},
};

use anyhow::{Context, bail};

/// What a program printed, on both streams, and whether it was content.
pub(crate) struct Printed {
    pub(crate) content: bool,
    pub(crate) text: String,
}

impl Printed {
    /// Fails with what was printed, unless the program was content.
    pub(crate) fn expect_content(self) -> anyhow::Result<()> {
        if self.content {
            return Ok(());
        }
        bail!("{}", self.text.trim_end())
    }

    /// Fails unless the program refused, for a reason that contains these words.
    pub(crate) fn expect_refusal(self, words: &str) -> anyhow::Result<()> {
        if self.content {
            bail!("it was accepted");
        }
        if !self.text.contains(words) {
            bail!(
                "it was refused for another reason:\n{}",
                self.text.trim_end()
            );
        }
        Ok(())
    }
}

/// Runs a program to its end, whatever it thinks of its input.
pub(crate) fn judge(command: &mut Command) -> anyhow::Result<Printed> {
    let Output {
        status,
        stdout,
        stderr,
    } = output(command)?;
    let text = String::from_utf8_lossy(&stdout).into_owned() + &String::from_utf8_lossy(&stderr);
    Ok(Printed {
        content: status.success(),
        text,
    })
}

/// Runs a program that has to succeed, for what it prints.
pub(crate) fn stdout(command: &mut Command) -> anyhow::Result<String> {
    let name = command.get_program().to_owned();
    let output = output(command)?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed:\n{text}{}", name.display(), said.trim_end());
    }
    Ok(text)
}

fn output(command: &mut Command) -> anyhow::Result<Output> {
    let name = command.get_program().to_owned();
    command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot run {}: is it installed?", name.display()))
}

/// A command that knows nothing of the `cargo run` that this process is in. Cargo tells the program it
/// runs about its package, and to build scripts that watch those variables each would be a change.
pub(crate) fn command(program: impl AsRef<OsStr>, folder: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder);
    #[expect(
        clippy::disallowed_methods,
        reason = "only the names are looked at, to forget some of them"
    )]
    let names = std::env::vars_os().map(|(name, _)| name);
    for name in names.filter(|name| is_cargos_own(&name.to_string_lossy())) {
        command.env_remove(name);
    }
    // Rigs use the toolchain that is there: nothing may fetch another one.
    command.env("RUSTUP_DIST_SERVER", "http://127.0.0.1:9");
    command
}

fn is_cargos_own(name: &str) -> bool {
    let prefixes = ["CARGO_PKG_", "CARGO_BIN_", "CARGO_MANIFEST_", "DEP_"];
    let names = [
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
        "CARGO_TARGET_TMPDIR",
        "OUT_DIR",
    ];
    prefixes.iter().any(|prefix| name.starts_with(prefix)) || names.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut shell = command("sh", Path::new("/"));
        shell.args(["-c", script]);
        shell
    }

    #[test]
    fn content_and_refusal_are_told_apart() {
        let say = |script| judge(&mut shell(script)).unwrap();
        say("true").expect_content().unwrap();
        let error = say("echo 'line 3' >&2; false")
            .expect_content()
            .unwrap_err();
        assert_eq!(error.to_string(), "line 3");
        say("echo 'line 3'; false")
            .expect_refusal("line 3")
            .unwrap();
        say("echo 'line 3'; false")
            .expect_refusal("line 4")
            .unwrap_err();
        say("echo 'line 3'").expect_refusal("line 3").unwrap_err();
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let error = judge(&mut command("no-such-program", Path::new("/"))).err();
        assert!(error.unwrap().to_string().contains("no-such-program"));
    }

    #[test]
    fn programs_do_not_see_the_cargo_that_runs_this() {
        let seen = stdout(&mut shell("env")).unwrap();
        assert!(
            !seen.contains("CARGO_PKG_") && !seen.contains("CARGO_MANIFEST_DIR"),
            "{seen}"
        );
    }
}
