//! `lamplight policy`: what is applied is in force, and nobody undoes another's work unseen.
#![allow(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

use std::path::Path;

use lamplight_tests::binary;
use lamplight_tests::local::Local;
use serde_json::{Value, json};

const ROUTES: &str =
    "[[route]]\nfunction = \"shop-*\"\nto = [\"shop\"]\nquiet = { from = \"22:00\", to = \"07:00\" }\n";
const WATCH: &str = "[[watch]]\nname = \"errors\"\nwhen = \"errors > 5%\"\n";

fn write(folder: &Path, text: &str) -> String {
    let path = folder.join("policies.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn what_is_applied_is_in_force_and_who_did_it_is_known() {
    let (local, folder) = (Local::start(&[]), tempfile::tempdir().unwrap());
    assert_eq!(local.read(&["policy", "show"]).json(), json!({"version": 0}));
    let file = write(folder.path(), ROUTES);
    let applied = local.read(&["policy", "apply", &file, "--as", "ada"]).json();
    assert_eq!((&applied["version"], &applied["by"], &applied["changed"]), (&json!(1), &json!("ada"), &json!(true)));
    let again = local.read(&["policy", "apply", &file, "--as", "grace"]).json();
    assert_eq!((&again["version"], &again["by"], &again["changed"]), (&json!(1), &json!("ada"), &json!(false)));

    let file = write(folder.path(), WATCH);
    let late = local.read(&["policy", "apply", &file, "--if-version", "0"]);
    assert!(late.status == Some(1) && late.stderr.contains("version 1 is in force"), "{late:?}");
    local.read(&["policy", "apply", &file, "--as", "grace", "--if-version", "1"]);
    assert_eq!(local.read(&["policy", "show"]).json()["text"], WATCH);
    assert_eq!(local.read(&["policy", "show", "--version", "1"]).json()["text"], ROUTES);
    assert_eq!(local.read(&["policy", "show", "--version", "7"]).status, Some(1));
    let history = local.read(&["policy", "history"]).json();
    let versions = history["versions"].as_array().unwrap().iter();
    let versions: Vec<_> = versions.map(|version| (version["version"].as_u64().unwrap(), &version["by"])).collect();
    assert_eq!(versions, [(2, &json!("grace")), (1, &json!("ada"))]);
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_its_line() {
    let (local, folder) = (Local::start(&[]), tempfile::tempdir().unwrap());
    let file = write(folder.path(), "# ours\n[[watch]]\nname = \"x\"\nwhen = \"eror > 5\"\n");
    for command in [vec!["policy", "check", &file, "--output", "json"], vec!["policy", "apply", &file]] {
        let refused = if command[1] == "check" { binary::run(command) } else { local.read(&command) };
        assert_eq!(refused.status, Some(2));
        assert!(
            refused.stderr.contains("policies.toml: line 4: ") && refused.stderr.lines().count() == 1,
            "{refused:?}"
        );
    }
    assert_eq!(local.read(&["policy", "show"]).json(), json!({"version": 0}), "nothing was applied");
    let understood = binary::run_with_input(["policy", "check", "-", "--output", "json"], WATCH.as_bytes()).json();
    assert_eq!(understood["watches"][0]["when"], "errors > 5 % over 10 min of at least 20 invocations");
}

#[test]
fn a_test_says_which_route_decides() {
    let (local, folder) = (Local::start(&[]), tempfile::tempdir().unwrap());
    local.read(&["policy", "apply", &write(folder.path(), ROUTES)]);
    let test = |arguments: &[&str]| -> Value { local.read(&[&["policy", "test"], arguments].concat()).json() };
    let day = test(&["--function", "shop-cart", "--kind", "timeout", "--at", "2026-11-20T12:00:00Z"]);
    assert_eq!(day, json!({"route_line": 1, "notify": "at-once", "to": ["shop"]}));
    let night = test(&["--function", "shop-cart", "--kind", "crash", "--at", "2026-11-20T23:00:00Z"]);
    assert_eq!((&night["notify"], &night["held_until"]), (&json!("held"), &json!("2026-11-21T07:00:00.000Z")));
    assert_eq!(test(&["--function", "mailer", "--kind", "timeout"]), json!({"notify": "at-once", "to": []}));
    assert_eq!(local.read(&["policy", "test", "--kind", "odd"]).status, Some(2));
}
