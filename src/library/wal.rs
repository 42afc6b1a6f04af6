//! Whether the journal beside the file, `library.sqlite-wal`, holds all that was written into it.
//!
//! SQLite takes the journal up to its first broken frame for all of it, says nothing, and deletes it with the last
//! connection: decisions that are in it would be gone. A program that is killed leaves broken frames behind its last
//! transaction; a broken frame before the end of one is damage. The form is that of <https://sqlite.org/walformat.html>.

use std::{io, path::Path};

use crate::files;
use std::path::PathBuf;

/// Bytes of the head, and of what stands before each page.
const HEAD: usize = 32;
const FRAME_HEAD: usize = 24;
/// How often another program that is writing is given time to finish.
const TRIES: u32 = 4;

/// What is wrong with the journal of a file, if anything is.
///
/// # Errors
///
/// It cannot be read, or is no file.
pub fn damage(path: &Path) -> io::Result<Option<&'static str>> {
    let mut found = None;
    for attempt in 0..TRIES {
        if attempt > 0 {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        // What it says is there comes first: what is written meanwhile is more, not less.
        // Where it cannot be read (Windows locks parts of it), it says nothing.
        let index = read(&beside(path, "-shm")).ok().flatten();
        let Some(bytes) = read(&beside(path, "-wal"))? else { return Ok(None) };
        found = of(&bytes, index.as_deref());
        if found.is_none() {
            break;
        }
    }
    Ok(found)
}

fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match files::read_regular(path, files::MOST_OF_TABLE) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !path.is_symlink() => Ok(None),
        Err(error) => Err(error),
    }
}

fn of(bytes: &[u8], index: Option<&[u8]>) -> Option<&'static str> {
    if bytes.is_empty() {
        return None;
    }
    let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let head = || {
        let is_big = match number(0)? {
            0x377f_0682 => false,
            0x377f_0683 => true,
            _ => return None,
        };
        let sum = checksum((0, 0), bytes.get(..24)?, is_big);
        (Some(sum) == number(24).zip(number(28))).then_some((is_big, sum))
    };
    let Some((is_big, mut sum)) = head() else { return Some("its journal does not have a valid header") };
    let (page, salts) = (number(8)? as usize, (number(16), number(20)));
    let starts = (HEAD..).step_by(FRAME_HEAD + page).take_while(|at| at + FRAME_HEAD + page <= bytes.len());
    // Behind the last frame may be older ones, of other salts.
    let ours: Vec<usize> = starts.take_while(|&at| (number(at + 8), number(at + 12)) == salts).collect();
    let mut whole = 0;
    for &at in &ours {
        let before = checksum(sum, bytes.get(at..at + 8)?, is_big);
        let body = at + FRAME_HEAD;
        sum = checksum(before, bytes.get(body..body + page)?, is_big);
        if Some(sum) != number(at + 16).zip(number(at + 20)) {
            break;
        }
        whole += 1;
    }
    // A transaction that was not finished leaves what it likes behind the last that was; one that was finished says so in
    // its last frame.
    let is_torn_inside = ours.iter().skip(whole + 1).any(|&at| number(at + 4) != Some(0));
    let is_short = index.and_then(|index| known(index, &bytes[16..24])).is_some_and(|frames| frames > whole);
    (is_torn_inside || is_short).then_some("parts of its journal are broken or missing")
}

/// How many frames the shared index says that there are of the journal with these salts. It is in the order of bytes of the
/// computer that wrote it.
fn known(index: &[u8], salts: &[u8]) -> Option<usize> {
    // The first of two copies: version, nothing, changes, four bytes, frames, pages, sums, salts as they stand in the file.
    let frames = u32::from_ne_bytes(index.get(16..20)?.try_into().ok()?);
    (index.get(32..40)? == salts).then_some(frames as usize)
}

/// SQLite's: two sums over pairs of numbers.
fn checksum((mut a, mut b): (u32, u32), bytes: &[u8], is_big: bool) -> (u32, u32) {
    let number = |word: &[u8]| {
        let word = [word[0], word[1], word[2], word[3]];
        if is_big { u32::from_be_bytes(word) } else { u32::from_le_bytes(word) }
    };
    for pair in bytes.chunks_exact(8) {
        a = a.wrapping_add(number(&pair[..4])).wrapping_add(b);
        b = b.wrapping_add(number(&pair[4..])).wrapping_add(a);
    }
    (a, b)
}

/// A name that begins as a file's does: what SQLite keeps beside it has such.
pub fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(end);
    name.into()
}
