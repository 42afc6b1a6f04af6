//! How much memory is free, checked before large allocations: otherwise the system would kill the program without a
//! message.
//!
//! Large files are read by one thread at a time, so that two threads do not count on the same memory.

use std::{
    fs, io,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// No check is made up to this size.
const SMALL: u64 = 64 << 20;
/// A file is held as read, as corrected, and as the parsed object.
const COPIES: u64 = 3;

static LARGE: Mutex<()> = Mutex::new(());

/// Permission to allocate a lot of memory; while one thread has it, others wait.
#[derive(Default)]
pub struct Turn(Option<MutexGuard<'static, ()>>);

impl Turn {
    /// An error if `size` bytes, and what is made from them, do not fit into free memory. Waits for other threads if it
    /// is a lot.
    pub fn take(&mut self, size: u64) -> io::Result<()> {
        if size <= SMALL {
            return Ok(());
        }
        self.0.get_or_insert_with(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
        fits(size, available())
    }
}

/// Reserves exactly this much more room.
pub fn reserve(bytes: &mut Vec<u8>, more: u64) -> io::Result<()> {
    let more = usize::try_from(more).map_err(|_| io::ErrorKind::OutOfMemory)?;
    bytes.try_reserve_exact(more).map_err(|_| io::ErrorKind::OutOfMemory.into())
}

fn fits(size: u64, available: Option<u64>) -> io::Result<()> {
    match available {
        Some(available) if size.saturating_mul(COPIES) > available => Err(io::Error::new(
            io::ErrorKind::OutOfMemory,
            format!(
                "{} MiB of it must be read at once, for which {} MiB of free memory are not enough; close other programs",
                size >> 20,
                available >> 20
            ),
        )),
        _ => Ok(()),
    }
}

/// Bytes that this program may still take, where the system says so: of the machine's, of what its container or job was
/// given, and of its own addresses (`ulimit -v`).
pub fn available() -> Option<u64> {
    let group = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    [of_machine(), of_groups(Path::new("/sys/fs/cgroup"), &group), of_addresses()].into_iter().flatten().min()
}

/// How much may still be mapped, if that is limited: untouched memory counts too.
pub fn of_addresses() -> Option<u64> {
    let limits = fs::read_to_string("/proc/self/limits").ok()?;
    let status = fs::read_to_string("/proc/self/status").ok()?;
    addresses_left(&limits, &status)
}

fn addresses_left(limits: &str, status: &str) -> Option<u64> {
    let limit = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    // "unlimited" is no number.
    let limit = limit.split_whitespace().next()?.parse::<u64>().ok()?;
    let used = status.lines().find_map(|line| line.strip_prefix("VmSize:"))?;
    let used = used.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024;
    Some(limit.saturating_sub(used))
}

fn of_machine() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kilobytes| kilobytes * 1024)
}

/// The least that is left in any control group around this process; `groups` is the text of /proc/self/cgroup.
fn of_groups(root: &Path, groups: &str) -> Option<u64> {
    let lines = groups.lines().filter_map(|line| {
        let (_, line) = line.split_once(':')?;
        let (controllers, path) = line.split_once(':')?;
        Some((controllers, path.trim_start_matches('/')))
    });
    let left = lines.filter_map(|(controllers, path)| {
        let (root, names) = match controllers {
            "" => (root.to_owned(), V2),
            _ if controllers.split(',').any(|name| name == "memory") => (root.join("memory"), V1),
            _ => return None,
        };
        // In a container its own group may be the root, whatever the path says.
        let inside = root.join(path);
        let around = inside.ancestors().take_while(|folder| folder.starts_with(&root));
        around.filter_map(|folder| left_in(folder, names)).min()
    });
    left.min()
}

/// Names of the limit, of what is used, and of the part of it that is files which can be dropped.
type Names = [&'static str; 3];
const V2: Names = ["memory.max", "memory.current", "inactive_file "];
const V1: Names = ["memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file "];

fn left_in(group: &Path, [limit, used, droppable]: Names) -> Option<u64> {
    let number = |name| fs::read_to_string(group.join(name)).ok()?.trim().parse::<u64>().ok();
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let droppable = stat.lines().find_map(|line| line.strip_prefix(droppable)?.trim().parse::<u64>().ok()).unwrap_or(0);
    Some(number(limit)?.saturating_sub(number(used)?.saturating_sub(droppable)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_said_before_it_is_read() {
        assert!(Turn::default().take(1 << 20).is_ok());
        assert!(fits(1 << 30, Some(4 << 30)).is_ok());
        assert!(fits(1 << 30, None).is_ok(), "not every system tells");
        let why = fits(3 << 30, Some(4 << 30)).unwrap_err();
        assert!(why.to_string().contains("3072 MiB") && why.to_string().contains("4096 MiB"), "{why}");
        assert!(reserve(&mut Vec::new(), u64::MAX).is_err());
        if cfg!(target_os = "linux") {
            assert!(available().is_some_and(|bytes| bytes > 1 << 20));
        }
    }

    #[test]
    fn a_limit_on_addresses_counts_what_is_mapped() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max address space         716800000            unlimited            bytes     \n";
        let status = "VmPeak:\t  200000 kB\nVmSize:\t  100000 kB\n";
        assert_eq!(addresses_left(limits, status), Some(716_800_000 - 102_400_000));
        assert_eq!(addresses_left(&limits.replace("716800000", "unlimited"), status), None);
    }

    #[test]
    fn a_container_has_less_than_its_machine() {
        let folder = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(of_groups(folder.path(), "0::/job/step\n"), None);
        write("job/step/memory.max", "max\n");
        write("job/step/memory.current", "1000\n");
        write("job/memory.max", "9000\n");
        write("job/memory.current", "5000\n");
        write("job/memory.stat", "anon 3000\ninactive_file 1500\n");
        assert_eq!(of_groups(folder.path(), "0::/job/step\n"), Some(5500));
        // The older version, which a machine may have in addition to the newer one.
        write("memory/pod/memory.limit_in_bytes", "700\n");
        write("memory/pod/memory.usage_in_bytes", "800\n");
        assert_eq!(of_groups(folder.path(), "4:cpu,memory:/pod\n0::/job\n"), Some(0));
        // Seen from inside a container.
        write("memory.max", "100\n");
        write("memory.current", "40\n");
        assert_eq!(of_groups(folder.path(), "0::/../elsewhere\n"), Some(60));
    }
}
