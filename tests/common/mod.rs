//! What the tests from outside share: the binary, directories to run it in, and a program that leaks.
#![allow(dead_code, reason = "each test binary uses its own part")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Leaks by the rule `unbounded-cache`, on line 3.
pub const LEAK: &str = "\
const cache = new Map()
setInterval(() => {
  cache.set(Date.now(), Buffer.alloc(1000))
}, 100)
";

pub const CLEAN: &str = "export const add = (a, b) => a + b\n";

/// A directory that is removed after the test, in which leaklint is run.
pub struct Project {
    pub directory: tempfile::TempDir,
}

impl Project {
    /// Holds the given files.
    pub fn new(files: &[(&str, &str)]) -> Project {
        let project = Project {
            directory: tempfile::tempdir().unwrap(),
        };
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_leaklint"));
        command.args(arguments).current_dir(self.path());
        for variable in ["NO_COLOR", "FORCE_COLOR", "CLICOLOR_FORCE", "COLUMNS", "TERM"] {
            command.env_remove(variable);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Outcome {
        Outcome::from(self.command(arguments).output().unwrap())
    }
}

/// How a run ended and what it said.
#[derive(Debug)]
pub struct Outcome {
    /// `None` if a signal ended it.
    pub status: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Outcome {
        Outcome {
            status: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("output is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("output is UTF-8"),
        }
    }
}

impl Outcome {
    #[track_caller]
    pub fn expect(self, status: i32) -> Outcome {
        assert_eq!(
            self.status,
            Some(status),
            "stdout:\n{}\nstderr:\n{}",
            self.stdout,
            self.stderr
        );
        self
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {}", self.stdout))
    }
}

/// All JavaScript and TypeScript files of `fixtures/`.
pub fn fixtures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    let files = walkdir::WalkDir::new(root)
        .sort_by_file_name()
        .into_iter()
        .map(|entry| entry.unwrap().into_path());
    let files: Vec<PathBuf> = files
        .filter(|path| leaklint::discover::skip_by_name(path).is_none())
        .collect();
    assert!(!files.is_empty(), "there are fixtures");
    files
}
