//! The how-to-add guides of `statemachines/README.md`, executed: each has a patch in `tests/guides` that does
//! what it says. On a copy of the checkout the patch applies, touches no more files than the guide says,
//! builds, and its tests and the generator's pass.
//!
//! A guide is a section `How to add a field type`, whose patch is `add-a-field-type.patch`, with the number of
//! files in a line of its own: `<!-- files: 7 -->`. A section without that line is not executed.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail, ensure};

use super::Rig;
use crate::{
    Checkout, Checks,
    checkout::empty,
    command::{command, judge, stdout},
};

const NAME: &str = "guides";
const README: &str = "statemachines/README.md";
const PATCHES: &str = "tests/guides";

pub(super) struct Guides;

impl Rig for Guides {
    fn name(&self) -> &'static str {
        NAME
    }

    fn shows(&self) -> &'static str {
        "each how-to-add guide has a patch that applies, builds, passes, and touches as few files as it says"
    }

    fn install(&self, _checkout: &Checkout) -> anyhow::Result<()> {
        Ok(())
    }

    fn run(&self, checkout: &Checkout, checks: &mut Checks<'_>) -> anyhow::Result<()> {
        let readme = fs::read_to_string(checkout.root().join(README))
            .with_context(|| format!("cannot read {README}"))?;
        let guides = guides(&readme)?;
        checks.check(
            "each patch has its guide",
            no_patch_is_left_over(checkout.root(), &guides),
        );
        for guide in guides {
            let copy = Copy::of(checkout, &guide.patch)?;
            let applied = copy.apply(checkout, &guide);
            let is_applied = applied.is_ok();
            let what = format!("{}: applies, at most {} files", guide.patch, guide.files);
            checks.check(&what, applied);
            if is_applied {
                let what = format!("{}: builds, and all tests of it pass", guide.patch);
                checks.check(&what, copy.test());
            }
        }
        Ok(())
    }
}

/// A guide as its marked line says.
#[derive(Debug, PartialEq, Eq)]
struct Guide {
    patch: String,
    /// How many files it touches at most.
    files: usize,
}

fn guides(readme: &str) -> anyhow::Result<Vec<Guide>> {
    let (mut guides, mut section) = (Vec::new(), "");
    for line in readme.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            section = heading;
        }
        let marked = line.strip_prefix("<!-- files: ");
        let Some(files) = marked.and_then(|rest| rest.strip_suffix(" -->")) else {
            continue;
        };
        let what = section
            .strip_prefix("How to ")
            .with_context(|| format!("`{line}` is not in a section `How to ...`"))?;
        guides.push(Guide {
            patch: what.replace(' ', "-"),
            files: files.parse().with_context(|| format!("in `{line}`"))?,
        });
    }
    ensure!(!guides.is_empty(), "{README} marks no guide");
    Ok(guides)
}

/// A patch without a guide would be one that nobody reads.
fn no_patch_is_left_over(root: &Path, guides: &[Guide]) -> anyhow::Result<()> {
    let with_guide: BTreeSet<String> = guides
        .iter()
        .map(|it| format!("{}.patch", it.patch))
        .collect();
    for entry in fs::read_dir(root.join(PATCHES)).with_context(|| format!("no {PATCHES}"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        ensure!(
            with_guide.contains(&name),
            "{README} has no guide for {name}"
        );
    }
    Ok(())
}

/// A copy of what git tracks, as it is in the checkout now.
struct Copy {
    folder: PathBuf,
    /// Shared by all copies, so that dependencies are built once.
    target: PathBuf,
}

impl Copy {
    fn of(checkout: &Checkout, name: &str) -> anyhow::Result<Self> {
        let folder = checkout.installed(NAME).join(name);
        empty(&folder)?;
        let mut list = command("git", checkout.root());
        let listed = stdout(list.args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
        for file in listed.lines() {
            let (from, to) = (checkout.root().join(file), folder.join(file));
            // What is deleted but not committed is still listed.
            if from.is_file() {
                fs::create_dir_all(to.parent().context("a file is in a folder")?)?;
                fs::copy(&from, &to).with_context(|| format!("cannot copy {file}"))?;
            }
        }
        // So that `git apply` and `git status` are about the copy.
        for arguments in [&["init", "--quiet"][..], &["add", "--all"]] {
            stdout(command("git", &folder).args(arguments))?;
        }
        Ok(Self {
            folder,
            target: checkout.installed(NAME).join("target"),
        })
    }

    /// Applies the guide's patch. What is generated from its files is not counted: nobody writes that.
    fn apply(&self, checkout: &Checkout, guide: &Guide) -> anyhow::Result<()> {
        let patch = checkout
            .root()
            .join(PATCHES)
            .join(format!("{}.patch", guide.patch));
        ensure!(
            patch.is_file(),
            "{README} has a guide without {}",
            patch.display()
        );
        stdout(command("git", &self.folder).arg("apply").arg(&patch))?;
        let listed = stdout(command("git", &self.folder).args([
            "ls-files",
            "--modified",
            "--others",
            "--deleted",
            "--exclude-standard",
        ]))?;
        let touched: BTreeSet<&str> = listed
            .lines()
            .filter(|file| !file.starts_with("statemachines/generated/"))
            .collect();
        ensure!(!touched.is_empty(), "the patch changes nothing");
        if touched.len() > guide.files {
            let files: Vec<_> = touched.into_iter().collect();
            bail!("it touches {} files: {}", files.len(), files.join(", "));
        }
        Ok(())
    }

    /// The tests of the generator and of every package that the patch touches.
    fn test(&self) -> anyhow::Result<()> {
        let listed =
            stdout(command("git", &self.folder).args(["ls-files", "--modified", "--others"]))?;
        let mut packages = BTreeSet::from(["statemachines".to_owned()]);
        packages.extend(
            listed
                .lines()
                .filter_map(|file| package(&self.folder, file)),
        );
        let mut test = command("cargo", &self.folder);
        test.args(["test", "--quiet"])
            .env("CARGO_TARGET_DIR", &self.target);
        for package in packages {
            test.args(["--package", &package]);
        }
        judge(&mut test)?.expect_content()
    }
}

/// The package that a file belongs to: its folder has the package's name.
fn package(root: &Path, file: &str) -> Option<String> {
    let folders = Path::new(file).ancestors().skip(1);
    let mut folders = folders.filter(|it| !it.as_os_str().is_empty());
    let folder = folders.find(|it| root.join(it).join("Cargo.toml").is_file())?;
    Some(folder.file_name()?.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guide_names_its_patch_and_its_number_of_files() {
        let readme = "# X\n## How to add a field type\n\n<!-- files: 7 -->\n\n## How to add more\n";
        let expected = Guide {
            patch: "add-a-field-type".to_owned(),
            files: 7,
        };
        assert_eq!(guides(readme).unwrap(), [expected]);
        guides("## How to add more\n<!-- files: few -->").unwrap_err();
        guides("## What else\n<!-- files: 7 -->").unwrap_err();
        guides("no guide at all").unwrap_err();
    }

    #[test]
    fn a_patch_that_touches_too_much_or_does_not_apply_is_noticed() {
        let place = tempfile::tempdir().unwrap();
        let checkout = Checkout::at(place.path());
        let write = |file: &str, text: &str| {
            let path = place.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a.txt", "a\n");
        stdout(command("git", place.path()).args(["init", "--quiet"])).unwrap();
        let new = |file: &str| {
            format!(
                "diff --git a/{file} b/{file}\nnew file mode 100644\n--- /dev/null\n+++ b/{file}\n@@ -0,0 +1 @@\n+b\n"
            )
        };
        write("tests/guides/two.patch", &(new("b.txt") + &new("c.txt")));
        write("tests/guides/known.patch", &new("a.txt"));
        let apply = |patch: &str, files| {
            let guide = Guide {
                patch: patch.to_owned(),
                files,
            };
            Copy::of(&checkout, patch).unwrap().apply(&checkout, &guide)
        };
        apply("two", 2).unwrap();
        let error = apply("two", 1).unwrap_err().to_string();
        assert!(error.contains("2 files: b.txt, c.txt"), "{error}");
        apply("known", 1).unwrap_err();
        let error = apply("missing", 1).unwrap_err().to_string();
        assert!(error.contains("a guide without"), "{error}");
        let guided = [Guide {
            patch: "two".to_owned(),
            files: 2,
        }];
        let error = no_patch_is_left_over(place.path(), &guided).unwrap_err();
        assert!(error.to_string().contains("known.patch"), "{error}");
    }

    #[test]
    fn a_file_belongs_to_the_package_of_its_folder() {
        let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
        let of = |file| package(root, file);
        assert_eq!(of("shared/domain/src/form.rs").as_deref(), Some("domain"));
        assert_eq!(
            of("statemachines/definitions/x.yaml").as_deref(),
            Some("statemachines")
        );
        assert_eq!(of("README.md"), None);
    }
}
