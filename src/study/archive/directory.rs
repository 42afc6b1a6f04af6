//! The directory of a zip: the positions of its entries, read once per archive however many there are.
//!
//! The file is not trusted. Its claims are bounded by its content: a count by the size of the directory, a position by
//! the length of the file, and two entries may not share their bytes, as in zip bombs.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// An entry as the directory has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its name as text; invalid UTF-8 is replaced.
    pub name: String,
    /// Where its local header begins, in bytes from the start of the archive.
    pub at: u64,
    /// Bytes in the archive.
    pub packed: u64,
    /// Bytes unpacked.
    pub size: u64,
    /// CRC-32 of the unpacked bytes.
    pub crc: u32,
    /// Compression method: APPNOTE 4.4.5.
    pub method: u16,
    /// Whether it needs a password.
    pub is_encrypted: bool,
    /// Whether it shares its bytes with another entry.
    pub overlaps: bool,
}

/// All entries, in the order of the directory. Several may have one name.
#[derive(Debug, Default)]
pub struct Directory {
    /// The entries.
    pub records: Vec<Record>,
    /// How many more entries the directory claims but does not contain.
    pub lost: u64,
}

const END: &[u8; 4] = b"PK\x05\x06";
const END_64: &[u8; 4] = b"PK\x06\x06";
const LOCATOR_64: &[u8; 4] = b"PK\x06\x07";
const RECORD: &[u8; 4] = b"PK\x01\x02";
/// Length of the end of a directory without its comment, of its record and of a local header.
const END_LENGTH: usize = 22;
const END_64_LENGTH: u64 = 56;
const LOCATOR_LENGTH: u64 = 20;
const RECORD_LENGTH: usize = 46;
pub const LOCAL_LENGTH: usize = 30;
/// A directory of a hundred thousand entries has 10 MB.
const MAX_LENGTH: u64 = 512 << 20;
/// A comment is no longer.
const MAX_COMMENT: u64 = 0xFFFF;

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    bytes.get(at..at + 2).map_or(0, |b| u16::from_le_bytes([b[0], b[1]]))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

/// Where the directory is.
#[derive(Debug)]
struct Place {
    at: u64,
    length: u64,
    count: u64,
    /// Bytes before the archive in its file: positions are counted after them.
    shift: u64,
}

/// Reads the directory of an archive of `length` bytes.
///
/// # Errors
/// If there is none, or the archive is one part of several.
pub fn read(from: &mut (impl Read + Seek), length: u64) -> io::Result<Directory> {
    let place = find(from, length)?;
    if place.length > MAX_LENGTH {
        return Err(broken("its directory is larger than 512 MiB"));
    }
    from.seek(SeekFrom::Start(place.at))?;
    let mut from = BufReader::with_capacity(1 << 16, from).take(place.length);
    let mut directory = Directory::default();
    while let Some(record) = record(&mut from, &place)? {
        directory.records.push(record);
    }
    // Writers without Zip64 support count to 65,535 and start over.
    directory.lost = place.count.saturating_sub(directory.records.len() as u64);
    mark_overlaps(&mut directory.records);
    Ok(directory)
}

fn find(from: &mut (impl Read + Seek), length: u64) -> io::Result<Place> {
    let tail_at = length.saturating_sub(MAX_COMMENT + END_LENGTH as u64);
    let tail = bytes_at(from, tail_at, length - tail_at)?;
    let fits = |at: usize| at + END_LENGTH + u16_at(&tail, at + 20) as usize <= tail.len();
    let ends = || (0..tail.len().saturating_sub(END_LENGTH - 1)).rev().filter(|&at| tail[at..].starts_with(END));
    let at = ends().find(|&at| fits(at));
    let at = at.ok_or_else(|| broken("its directory is missing: the file is truncated or damaged"))?;
    let end = &tail[at..];
    let end_at = tail_at + at as u64;
    let is_part = u16_at(end, 4) != u16_at(end, 6);
    let (mut count, mut size) = (u64::from(u16_at(end, 10)), u64::from(u32_at(end, 12)));
    let (mut start, mut behind) = (u64::from(u32_at(end, 16)), end_at);
    if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
        if let Some((at, end)) = end_64(from, end_at)? {
            (count, size, start) = (u64_at(&end, 32), u64_at(&end, 40), u64_at(&end, 48));
            behind = at;
        }
    } else if is_part {
        return Err(broken("it is one part of several; join them first"));
    }
    // The directory is just before its end record. The start position in the record is wrong if something was prepended
    // to the zip.
    let is_record = |from: &mut _, at: u64| count == 0 || bytes_at(from, at, 4).is_ok_and(|head| head == RECORD);
    let (at, shift) = match behind.checked_sub(size) {
        Some(real) if real >= start && is_record(from, real) => (real, real - start),
        _ if start < length && is_record(from, start) => (start, 0),
        _ => return Err(broken("its directory is not where it should be: the file is cut short or damaged")),
    };
    Ok(Place { at, length: size.min(length - at), count, shift })
}

/// The end of a Zip64 directory and its place, if the file has one.
fn end_64(from: &mut (impl Read + Seek), end_at: u64) -> io::Result<Option<(u64, Vec<u8>)>> {
    let Some(locator_at) = end_at.checked_sub(LOCATOR_LENGTH) else { return Ok(None) };
    let locator = bytes_at(from, locator_at, LOCATOR_LENGTH)?;
    if !locator.starts_with(LOCATOR_64) {
        return Ok(None);
    }
    // Right before its locator, or where the locator says.
    for at in [locator_at.saturating_sub(END_64_LENGTH), u64_at(&locator, 8)] {
        if let Ok(end) = bytes_at(from, at, END_64_LENGTH)
            && end.starts_with(END_64)
        {
            return Ok(Some((at, end)));
        }
    }
    Err(broken("its Zip64 directory is missing: the file is cut short or damaged"))
}

fn bytes_at(from: &mut (impl Read + Seek), at: u64, length: u64) -> io::Result<Vec<u8>> {
    from.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    from.by_ref().take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(bytes) }
}

/// The next entry; `None` if the directory ends or is invalid from here on.
fn record(from: &mut impl BufRead, place: &Place) -> io::Result<Option<Record>> {
    let mut head = [0; RECORD_LENGTH];
    if read_up_to(from, &mut head)? < RECORD_LENGTH || !head.starts_with(RECORD) {
        return Ok(None);
    }
    let length = |at| usize::from(u16_at(&head, at));
    let mut texts = vec![0; length(28) + length(30) + length(32)];
    if read_up_to(from, &mut texts)? < texts.len() {
        return Ok(None);
    }
    let (name, extra) = (&texts[..length(28)], &texts[length(28)..length(28) + length(30)]);
    let mut record = Record {
        name: String::from_utf8_lossy(name).into_owned(),
        at: u64::from(u32_at(&head, 42)),
        packed: u64::from(u32_at(&head, 20)),
        size: u64::from(u32_at(&head, 24)),
        crc: u32_at(&head, 16),
        method: u16_at(&head, 10),
        is_encrypted: u16_at(&head, 8) & 1 != 0,
        overlaps: false,
    };
    widen(&mut record, extra);
    record.at = record.at.saturating_add(place.shift);
    Ok(Some(record))
}

/// Values that do not fit into 32 bits are in the extra field 0001, in this order.
fn widen(record: &mut Record, mut extra: &[u8]) {
    while extra.len() >= 4 {
        let (kind, length) = (u16_at(extra, 0), usize::from(u16_at(extra, 2)));
        let value = extra.get(4..4 + length).unwrap_or_default();
        if kind == 1 {
            let mut at = 0;
            for number in [&mut record.size, &mut record.packed, &mut record.at] {
                if *number == 0xFFFF_FFFF && at + 8 <= value.len() {
                    *number = u64_at(value, at);
                    at += 8;
                }
            }
        }
        extra = extra.get(4 + length..).unwrap_or_default();
    }
}

fn read_up_to(from: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match from.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => (),
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// The first of the entries that share bytes is kept.
fn mark_overlaps(records: &mut [Record]) {
    let mut order: Vec<usize> = (0..records.len()).collect();
    order.sort_by_key(|&index| records[index].at);
    let mut free = 0;
    for index in order {
        let record = &mut records[index];
        record.overlaps = record.at < free;
        free = free.max(record.at.saturating_add(LOCAL_LENGTH as u64).saturating_add(record.packed));
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use zip::{ZipWriter, write::SimpleFileOptions};

    use super::*;

    fn of(bytes: &[u8]) -> io::Result<Directory> {
        read(&mut Cursor::new(bytes), bytes.len() as u64)
    }

    fn written(names: &[&str], options: SimpleFileOptions) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for name in names {
            zip.start_file(*name, options).unwrap();
            zip.write_all(name.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    fn names(directory: &Directory) -> Vec<&str> {
        directory.records.iter().map(|record| record.name.as_str()).collect()
    }

    #[test]
    fn entries_are_found_behind_what_was_put_before_and_behind_the_archive() {
        let plain = written(&["a", "b/c"], SimpleFileOptions::default());
        let wide = written(&["a", "b/c"], SimpleFileOptions::default().large_file(true));
        for zip in [plain, wide] {
            let long = [&b"#!/bin/sh\n"[..], &zip].concat();
            for (bytes, shift) in [(zip.clone(), 0), (long, 10), ([&zip[..], b"tail"].concat(), 0)] {
                let directory = of(&bytes).unwrap();
                assert_eq!(names(&directory), ["a", "b/c"]);
                assert_eq!((directory.lost, directory.records[0].at), (0, shift));
                assert!(directory.records.iter().all(|r| bytes[r.at as usize..].starts_with(b"PK\x03\x04")));
                assert!(directory.records.iter().all(|r| !r.overlaps && r.size == r.name.len() as u64));
            }
        }
        assert!(of(&written(&[], SimpleFileOptions::default())).unwrap().records.is_empty());
    }

    #[test]
    fn two_entries_of_one_name_are_two() {
        // The writer refuses them: the second is renamed afterwards, in its header and in the directory.
        let mut zip = written(&["1.dcm", "2.dcm"], SimpleFileOptions::default());
        while let Some(at) = zip.windows(5).position(|part| part == b"2.dcm") {
            zip[at] = b'1';
        }
        let directory = of(&zip).unwrap();
        assert_eq!(names(&directory), ["1.dcm", "1.dcm"]);
        assert!(directory.records.iter().all(|record| !record.overlaps));
    }

    #[test]
    fn a_directory_that_lies_is_not_believed() {
        let zip = written(&["a", "b", "c"], SimpleFileOptions::default());
        for cut in [0, 10, zip.len() / 2, zip.len() - 1] {
            assert!(of(&zip[..cut]).is_err(), "{cut}");
        }
        let end = zip.windows(4).rposition(|part| part == END).unwrap();
        let mut many = zip.clone();
        many[end + 8..end + 12].copy_from_slice(&[0xF0, 0xFF, 0xF0, 0xFF]);
        let directory = of(&many).unwrap();
        assert_eq!((directory.records.len(), directory.lost), (3, 0xFFF0 - 3));
        // All entries are the first one: a bomb.
        let mut bomb = zip.clone();
        let records: Vec<usize> = (0..zip.len() - 4).filter(|&at| zip[at..].starts_with(RECORD)).collect();
        for at in records {
            bomb[at + 42..at + 46].fill(0);
        }
        let overlaps: Vec<bool> = of(&bomb).unwrap().records.iter().map(|record| record.overlaps).collect();
        assert_eq!(overlaps, [false, true, true]);
    }
}
