//! The paths in a Rust source: of `use` trees and in the code. A small reader, no parser: it knows comments,
//! strings, `use` trees and `#[cfg(test)] mod`.

use std::path::Path;

/// A path as it is written.
pub type Segments = Vec<String>;

/// `a/b.rs` and `a/b/mod.rs` are both `[a, b]`.
pub fn module_of(file: &Path) -> Segments {
    let mut names: Segments = file.with_extension("").iter().map(|part| part.to_string_lossy().into_owned()).collect();
    if names.last().is_some_and(|last| last == "mod" || last == "lib") {
        names.pop();
    }
    names
}

/// A path from the crate's root: `self` and `super` followed from `module`.
pub fn absolute(module: &[String], path: &[String]) -> Segments {
    let mut at = 0;
    let mut base: Segments = module.to_vec();
    while let Some(word) = path.get(at).filter(|w| *w == "self" || *w == "super") {
        if word == "super" {
            base.pop();
        }
        at += 1;
    }
    if at == 0 {
        return path.to_vec();
    }
    std::iter::once("crate".to_owned()).chain(base).chain(path[at..].iter().cloned()).collect()
}

/// (line from 1, path) of every path with two names or more, and of every import. Test modules are passed over:
/// a test may use what it needs.
pub fn paths(source: &str) -> Vec<(usize, Segments)> {
    let tokens = without_tests(&tokens(&blank(source)));
    let mut found = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        if tokens[at].1 == "use" && tokens.get(at + 1).is_some_and(|t| t.1 != "<") {
            at = tree(&tokens, at + 1, &Vec::new(), &mut found);
        } else if is_name(&tokens[at].1) {
            let line = tokens[at].0;
            let mut path = vec![tokens[at].1.clone()];
            while text(&tokens, at + 1) == "::" && is_name(text(&tokens, at + 2)) {
                path.push(tokens[at + 2].1.clone());
                at += 2;
            }
            at += 1;
            if path.len() > 1 {
                found.push((line, path));
            }
        } else {
            at += 1;
        }
    }
    found
}

type Token = (usize, String);

fn text(tokens: &[Token], at: usize) -> &str {
    tokens.get(at).map_or("", |t| &t.1)
}

fn is_name(token: &str) -> bool {
    token.starts_with(|c: char| c.is_alphabetic() || c == '_')
}

/// Reads one `use` tree from `at`; returns the place behind it.
fn tree(tokens: &[Token], mut at: usize, prefix: &Segments, found: &mut Vec<(usize, Segments)>) -> usize {
    let mut path = prefix.clone();
    let line = tokens.get(at).map_or(0, |t| t.0);
    loop {
        match text(tokens, at) {
            "::" => at += 1,
            "{" => {
                at += 1;
                while !matches!(text(tokens, at), "}" | "") {
                    at = tree(tokens, at, &path, found);
                    at += usize::from(text(tokens, at) == ",");
                }
                return at + 1;
            }
            "*" => {
                path.push("*".to_owned());
                at += 1;
            }
            "as" => at += 2,
            "self" if !path.is_empty() => at += 1,
            name if is_name(name) => {
                path.push(name.to_owned());
                at += 1;
            }
            _ => break,
        }
    }
    found.push((line, path));
    // What nobody could read must not make the reader stand still.
    at + usize::from(!matches!(text(tokens, at), "," | "}" | ""))
}

fn tokens(source: &str) -> Vec<Token> {
    let mut all = Vec::new();
    for (number, line) in source.lines().enumerate() {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = if first.is_alphanumeric() || first == '_' {
                rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len())
            } else if rest.starts_with("::") {
                2
            } else {
                first.len_utf8()
            };
            all.push((number + 1, rest[..length].to_owned()));
            rest = rest[length..].trim_start();
        }
    }
    all
}

/// Leaves out `#[cfg(test)] mod name { ... }`.
fn without_tests(tokens: &[Token]) -> Vec<Token> {
    const HEAD: [&str; 8] = ["#", "[", "cfg", "(", "test", ")", "]", "mod"];
    let mut kept: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut at = 0;
    while at < tokens.len() {
        let is_visible = usize::from(text(tokens, at + 7) == "pub") * 4;
        let starts = (0..7).all(|i| text(tokens, at + i) == HEAD[i])
            && (text(tokens, at + 7) == "mod" || (is_visible > 0 && text(tokens, at + 7 + is_visible) == "mod"));
        let open = (at..tokens.len()).find(|&i| matches!(text(tokens, i), "{" | ";"));
        if let Some(open) = open.filter(|_| starts) {
            let mut depth = 0;
            let end = (open..tokens.len()).find(|&i| {
                depth += i32::from(text(tokens, i) == "{") - i32::from(text(tokens, i) == "}");
                depth == 0
            });
            at = end.map_or(tokens.len(), |end| end + 1);
        } else {
            kept.push(tokens[at].clone());
            at += 1;
        }
    }
    kept
}

/// Comments, strings and characters turned to blanks; lines stay where they are.
fn blank(source: &str) -> String {
    let bytes = source.as_bytes();
    let mut out = String::with_capacity(source.len());
    let mut at = 0;
    while at < bytes.len() {
        let length = skipped(&source[at..], at > 0 && (bytes[at - 1].is_ascii_alphanumeric() || bytes[at - 1] == b'_'));
        if length == 0 {
            let c = source[at..].chars().next().unwrap_or(' ');
            out.push(c);
            at += c.len_utf8();
        } else {
            out.push(' ');
            out.extend(source[at..at + length].chars().filter(|c| *c == '\n'));
            at += length;
        }
    }
    out
}

/// Length of the comment, string or character that `rest` begins with; 0 if it begins with code.
fn skipped(rest: &str, inside_name: bool) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return comment(rest);
    }
    let raw = rest.trim_start_matches(['b', 'c']);
    let prefix = rest.len() - raw.len();
    if !inside_name && prefix <= 1 && raw.starts_with('r') {
        let hashes = raw[1..].len() - raw[1..].trim_start_matches('#').len();
        if raw[1 + hashes..].starts_with('"') {
            let close = format!("\"{}", "#".repeat(hashes));
            let body = 2 + hashes;
            return prefix + raw[body..].find(&close).map_or(raw.len(), |end| body + end + close.len());
        }
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    // 'a' and '\n' are characters, 'a is a lifetime.
    if rest.starts_with("'\\") || (rest.starts_with('\'') && rest.chars().nth(2) == Some('\'')) {
        return quoted(rest, '\'');
    }
    0
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        if c == '\\' {
            chars.next();
        } else if c == quote {
            return at + 1;
        }
    }
    rest.len()
}

/// Block comments nest.
fn comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        let step = &rest.as_bytes()[at..];
        if step.starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if step.starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += 1;
        }
    }
    rest.len()
}
