//! How much memory there is, asked before a large file is read whole: the system would end the program without a word.

use std::io;

/// Files up to this are read without asking.
const SMALL: u64 = 256 << 20;
/// A file is held as it is read and as the object that is made of it.
const COPIES: u64 = 2;

/// An error if a file of `size` bytes does not fit into the memory that is free.
pub fn check(size: u64) -> io::Result<()> {
    if size <= SMALL { Ok(()) } else { fits(size, available()) }
}

fn fits(size: u64, available: Option<u64>) -> io::Result<()> {
    match available {
        Some(available) if size.saturating_mul(COPIES) > available => Err(io::Error::new(
            io::ErrorKind::OutOfMemory,
            format!(
                "it has {} MiB and must be read whole, for which {} MiB of free memory are not enough; close other programs",
                size >> 20,
                available >> 20
            ),
        )),
        _ => Ok(()),
    }
}

/// Bytes that programs may still take, where the system says so.
fn available() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_said_before_it_is_read() {
        assert!(check(1 << 20).is_ok());
        assert!(fits(1 << 30, Some(4 << 30)).is_ok());
        assert!(fits(1 << 30, None).is_ok(), "not every system tells");
        let why = fits(3 << 30, Some(4 << 30)).unwrap_err();
        assert!(why.to_string().contains("3072 MiB") && why.to_string().contains("4096 MiB"), "{why}");
        if cfg!(target_os = "linux") {
            assert!(available().is_some_and(|bytes| bytes > 1 << 20));
        }
    }
}
