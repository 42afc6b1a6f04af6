//! Makes text from files harmless for the place where it is shown: a terminal, a list of lines, a table.
//!
//! A description with a line break forges a line of `inspect`, one with an escape sequence changes what a terminal
//! shows, and a cell that begins with `=` is evaluated as a formula by the program that opens the table.

use std::borrow::Cow;

/// The text on one line: each control character, and each character that changes the writing direction, is replaced by
/// its number.
///
/// ```
/// use foramen::plain::line;
///
/// assert_eq!(line("SAG T2\n  Series 9"), "SAG T2\\u{a}  Series 9");
/// assert_eq!(line("Müller 太郎"), "Müller 太郎");
/// ```
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.contains(is_harmful) {
        return Cow::Borrowed(text);
    }
    let shown = |c: char| if is_harmful(c) { c.escape_unicode().to_string() } else { c.to_string() };
    Cow::Owned(text.chars().map(shown).collect())
}

/// The same for an owned text.
pub fn into_line(text: String) -> String {
    match line(&text) {
        Cow::Owned(line) => line,
        Cow::Borrowed(_) => text,
    }
}

/// The text as a cell of a table: one line, and with an apostrophe before what a spreadsheet would evaluate.
///
/// ```
/// use foramen::plain::cell;
///
/// assert_eq!(cell("=1+1"), "'=1+1");
/// assert_eq!(cell("1.2.840"), "1.2.840");
/// ```
pub fn cell(text: &str) -> Cow<'_, str> {
    let line = line(text);
    if line.starts_with(['=', '+', '-', '@']) { Cow::Owned(format!("'{line}")) } else { line }
}

/// A folder name from a UID or whatever is in its place: never a path.
pub fn folder_name(uid: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '_' };
    let name: String = uid.chars().map(safe).take(100).collect();
    if name.chars().all(|c| c == '.') { format!("study{name}") } else { name }
}

fn is_harmful(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever a file contains: one line, and nothing that a terminal or a spreadsheet acts on.
        #[test]
        fn nothing_acts(text in any::<String>()) {
            let cell = cell(&text);
            prop_assert!(!cell.contains(char::is_control));
            prop_assert!(!cell.starts_with(['=', '+', '-', '@']));
            prop_assert_eq!(cell.lines().count(), usize::from(!text.is_empty()));
        }
    }

    #[test]
    fn no_uid_leads_out_of_the_folder() {
        for uid in ["../../etc", "..", "", "a/b\\c:d", "1.2.840.1"] {
            let name = folder_name(uid);
            assert!(std::path::Path::new("x").join(&name).parent() == Some(std::path::Path::new("x")), "{uid} {name}");
        }
        assert_eq!(folder_name("1.2.840.1"), "1.2.840.1");
    }
}
