//! What `--help` and the manual pages say of every command.

use std::path::Path;

use tempfile::TempDir;

use super::support::{everything_in, foramen};

const NOTICE: &str = "Research use only - not for diagnosis";
/// Their output could be taken for a finding.
const GRADING: [&str; 3] = ["detect", "grade", "report"];

/// The help without its line breaks.
fn help(command: &str, flag: &str) -> String {
    foramen(&[command, flag]).out.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn help_has_the_exit_codes_and_where_somebody_is_graded_the_notice() {
    for command in ["bench", "calibrate", "dataset", "evaluate", "inspect", "phantom", "train", "completions", "man"] {
        let help = help(command, "--help");
        assert!(help.contains("Exit codes: 0 done · 1 error"), "{command}: {help}");
    }
    for command in GRADING {
        for flag in ["-h", "--help"] {
            let help = help(command, flag);
            assert!(help.contains(NOTICE) && help.contains("8 another program failed"), "{command}: {help}");
        }
    }
}

#[test]
fn options_of_every_evaluation_stand_under_no_heading_of_one() {
    let help = foramen(&["evaluate", "--help"]).out;
    let (common, parts) = help.split_once("Submissions:").unwrap();
    assert!(common.contains("--plots <DIR>") && common.contains("--json"), "{help}");
    assert!(!parts.contains("  --plots <DIR>") && !parts.contains("  --json"), "{help}");
}

#[test]
fn the_manual_lists_the_pages_that_it_has() {
    let dir = TempDir::new().unwrap();
    assert_eq!(foramen(&[Path::new("man"), Path::new("--out"), dir.path()]).code, 0);
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
    // roff writes a hyphen as `\\-`.
    let main = read("foramen.1").replace("\\-", "-");
    let listed: Vec<String> = main
        .lines()
        .filter_map(|line| Some(format!("{}.1", line.strip_suffix("(1)")?)))
        .chain(["foramen.1".to_owned()])
        .collect();
    let mut sorted = listed.clone();
    sorted.sort();
    assert_eq!(sorted, everything_in(dir.path()));
    for name in &listed {
        let page = read(name);
        assert!(page.contains(".SH \"EXIT STATUS\"") && !page.contains("EXTRA"), "{name}: {page}");
        assert!(page.contains("input missing or unreadable"), "{name}: {page}");
        let is_grading = GRADING.iter().any(|command| *name == format!("foramen-{command}.1"));
        assert_eq!(page.contains(".SH NOTES\nResearch use only"), is_grading, "{name}: {page}");
    }
}
