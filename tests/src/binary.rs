//! The built `lamplight`, run to its end.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::SystemTime;

use serde_json::Value;

/// What a run came to.
#[derive(Debug)]
pub struct Run {
    /// The exit status.
    pub status: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Run {
    /// Standard output as one JSON document, and nothing else.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A command of `lamplight` that no setting of this machine reaches.
pub fn command<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(path());
    command.args(arguments).env_remove("LAMPLIGHT_SLACK_WEBHOOK").stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    for name in ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"] {
        command.env(name, if cfg!(windows) { "NUL" } else { "/dev/null" });
    }
    command
}

/// Runs `lamplight` to its end.
pub fn run<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    run_with_input(arguments, b"")
}

/// Runs `lamplight` to its end, with this standard input.
pub fn run_with_input<A: AsRef<OsStr>>(arguments: impl IntoIterator<Item = A>, input: &[u8]) -> Run {
    let mut command = command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        // Who ends before it has read everything breaks the pipe: that is its right.
        scope.spawn(move || drop(stdin.write_all(input)));
        child.wait_with_output().unwrap()
    });
    Run {
        status: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The built binary: of the profile that the tests have, built anew if a source is younger.
fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        let profile = test.parent().and_then(Path::parent).unwrap();
        let binary = profile.join(format!("lamplight{}", std::env::consts::EXE_SUFFIX));
        let built = binary.metadata().and_then(|metadata| metadata.modified());
        if built.is_ok_and(|built| built >= youngest_source()) {
            return binary;
        }
        let mut build = Command::new(env!("CARGO"));
        build.current_dir(workspace()).args(["build", "--quiet", "--bin", "lamplight", "--target-dir"]);
        build.arg(profile.parent().unwrap());
        // What cargo tells of this package is not of that one: build scripts that look at it would run again and again.
        for name in std::env::vars_os().map(|(name, _)| name) {
            let text = name.to_string_lossy();
            if ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_"].iter().any(|start| text.starts_with(start)) {
                build.env_remove(&name);
            }
        }
        if profile.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "lamplight cannot be built");
        binary
    })
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

fn youngest_source() -> SystemTime {
    let mut youngest = SystemTime::UNIX_EPOCH;
    let mut paths: Vec<_> = ["shared", "functions", "cli", "infra/embedded", "template.yaml", "Cargo.lock"]
        .iter()
        .map(|path| workspace().join(path))
        .collect();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
        } else if ["rs", "toml", "lock", "yaml"]
            .iter()
            .any(|extension| path.extension().is_some_and(|e| e == *extension))
        {
            youngest = youngest.max(path.metadata().and_then(|metadata| metadata.modified()).unwrap());
        }
    }
    youngest
}
