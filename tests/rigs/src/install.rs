//! Puts other people's tools into `.rigs/`, in exact versions, once.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::Context;

use crate::{
    Checkout,
    checkout::empty,
    command::{command, stdout},
};

/// What says in an installed folder which list it was installed from.
const STAMP: &str = "installed-from";

/// A Python environment with what `tools/RIG/requirements.txt` lists; its folder of programs.
pub(crate) fn python(checkout: &Checkout, rig: &str) -> anyhow::Result<PathBuf> {
    let list = checkout.tool_list(rig, "requirements.txt");
    let folder = checkout.installed(rig);
    let programs = folder.join("bin");
    once(&folder, &[&list], || {
        let root = checkout.root();
        stdout(command("python3", root).args(["-m", "venv"]).arg(&folder))
            .context("a Python environment needs python3 with its venv module")?;
        // The list is complete, so that a later version of something deep down cannot slip in.
        let mut pip = command(programs.join("python"), root);
        pip.args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
        ]);
        stdout(pip.args(["--no-deps", "--requirement"]).arg(&list)).map(drop)
    })?;
    Ok(programs)
}

/// What `tools/RIG/package.json` and its lock file list; its folder of programs.
pub(crate) fn node(checkout: &Checkout, rig: &str) -> anyhow::Result<PathBuf> {
    let files = ["package.json", "package-lock.json"];
    let lists = files.map(|file| checkout.tool_list(rig, file));
    let folder = checkout.installed(rig);
    once(&folder, &[&lists[0], &lists[1]], || {
        for (list, file) in lists.iter().zip(files) {
            fs::copy(list, folder.join(file))
                .with_context(|| format!("cannot copy {}", list.display()))?;
        }
        let mut npm = command("npm", &folder);
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        stdout(&mut npm).map(drop)
    })?;
    Ok(folder.join("node_modules/.bin"))
}

/// Installs into an empty folder, unless it was installed there from these very lists. The stamp is
/// written last, so what was interrupted begins anew.
fn once(
    folder: &Path,
    lists: &[&PathBuf],
    install: impl FnOnce() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let mut wanted = String::new();
    for list in lists {
        wanted +=
            &fs::read_to_string(list).with_context(|| format!("cannot read {}", list.display()))?;
    }
    let stamp = folder.join(STAMP);
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    empty(folder)?;
    install()?;
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn what_is_installed_is_not_installed_again_until_its_list_changes() {
        let place = tempfile::tempdir().unwrap();
        let (list, folder) = (place.path().join("list"), place.path().join("tool"));
        let installs = std::cell::Cell::new(0);
        let go = || {
            once(&folder, &[&list], || {
                installs.set(installs.get() + 1);
                assert_eq!(fs::read_dir(&folder)?.count(), 0, "the folder is empty");
                Ok(fs::write(folder.join("program"), "")?)
            })
            .unwrap();
            installs.get()
        };
        fs::write(&list, "tool==1").unwrap();
        assert_eq!((go(), go()), (1, 1));
        fs::write(&list, "tool==2").unwrap();
        assert_eq!((go(), go()), (2, 2));
    }

    #[test]
    fn what_failed_is_tried_again() {
        let place = tempfile::tempdir().unwrap();
        let (list, folder) = (place.path().join("list"), place.path().join("tool"));
        fs::write(&list, "tool==1").unwrap();
        once(&folder, &[&list], || bail!("no network")).unwrap_err();
        let mut tried = false;
        once(&folder, &[&list], || {
            tried = true;
            Ok(())
        })
        .unwrap();
        assert!(tried);
    }
}
