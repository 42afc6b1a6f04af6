//! The head of a DICOM file (PS3.10): written before what an archive sends, read from what is sent to one. The data set
//! behind it is not looked at.

use std::{
    fs::File,
    io::{BufReader, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use super::dimse::{IMPLEMENTATION, IMPLEMENTATION_NAME};

/// Zeros before the letters.
const PREAMBLE: usize = 128;
const LETTERS: &[u8; 4] = b"DICM";
/// The most bytes of a head: it holds some UIDs and titles.
const MOST_OF_HEAD: usize = 64 << 10;

/// What stands in a head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// `MediaStorageSOPClassUID`.
    pub class: String,
    /// `MediaStorageSOPInstanceUID`.
    pub instance: String,
    /// `TransferSyntaxUID`.
    pub syntax: String,
}

/// A file to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// Where it lies.
    pub path: PathBuf,
    /// What it says it is.
    pub head: Head,
    /// Where its data set begins.
    start: u64,
}

impl Outgoing {
    /// Reads the head of a file.
    ///
    /// # Errors
    ///
    /// It is no DICOM file with a head, in words.
    pub fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let (head, start) = read(&mut BufReader::new(file))?;
        Ok(Self { path: path.to_owned(), head, start })
    }

    /// Its data set.
    ///
    /// # Errors
    ///
    /// It can't be read any longer.
    pub fn data(&self) -> std::io::Result<BufReader<File>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.start))?;
        Ok(BufReader::with_capacity(256 << 10, file))
    }
}

/// The bytes before a data set that came from `title`.
pub fn head(head: &Head, title: &str) -> Vec<u8> {
    let mut rest = Vec::new();
    long(&mut rest, 0x0001, *b"OB", &[0, 1]);
    short(&mut rest, 0x0002, *b"UI", &head.class);
    short(&mut rest, 0x0003, *b"UI", &head.instance);
    short(&mut rest, 0x0010, *b"UI", &head.syntax);
    short(&mut rest, 0x0012, *b"UI", IMPLEMENTATION);
    short(&mut rest, 0x0013, *b"SH", IMPLEMENTATION_NAME);
    short(&mut rest, 0x0016, *b"AE", title);
    let mut bytes = vec![0; PREAMBLE];
    bytes.extend(LETTERS);
    bytes.extend([2, 0, 0, 0]);
    bytes.extend(b"UL");
    bytes.extend(4u16.to_le_bytes());
    bytes.extend((rest.len() as u32).to_le_bytes());
    bytes.extend(rest);
    bytes
}

/// An element of group 2 with a short length. The values are UIDs and titles, so it fits.
fn short(bytes: &mut Vec<u8>, element: u16, kind: [u8; 2], text: &str) {
    let mut value = text.as_bytes().to_vec();
    if !value.len().is_multiple_of(2) {
        value.push(if kind == *b"UI" { 0 } else { b' ' });
    }
    bytes.extend([2, 0]);
    bytes.extend(element.to_le_bytes());
    bytes.extend(kind);
    bytes.extend((value.len() as u16).to_le_bytes());
    bytes.extend(value);
}

fn long(bytes: &mut Vec<u8>, element: u16, kind: [u8; 2], value: &[u8]) {
    bytes.extend([2, 0]);
    bytes.extend(element.to_le_bytes());
    bytes.extend(kind);
    bytes.extend([0, 0]);
    bytes.extend((value.len() as u32).to_le_bytes());
    bytes.extend(value);
}

/// The head, and where the data set behind it begins.
///
/// # Errors
///
/// It is no DICOM file with a head, in words.
pub fn read(file: &mut impl Read) -> Result<(Head, u64), String> {
    let ended = |_| "it ends within its head".to_owned();
    let mut begin = [0; PREAMBLE + 4];
    file.read_exact(&mut begin).map_err(|_| "it is not a DICOM file: too short".to_owned())?;
    if begin[PREAMBLE..] != *LETTERS {
        return Err("it is not a DICOM file with a head (PS3.10)".to_owned());
    }
    let mut head = Head { class: String::new(), instance: String::new(), syntax: String::new() };
    let mut at = begin.len();
    loop {
        // The next element may be the first of the data set, or the end of the file.
        let mut start = [0; 8];
        if file.read_exact(&mut start).is_err() || start[..2] != [2, 0] {
            break;
        }
        let element = u16::from_le_bytes([start[2], start[3]]);
        let is_long = matches!(&start[4..6], b"OB" | b"OW" | b"SQ" | b"UN" | b"UT" | b"UC" | b"UR");
        let mut more = [0; 4];
        let (length, size) = if is_long {
            file.read_exact(&mut more).map_err(ended)?;
            (u32::from_le_bytes(more) as usize, 12)
        } else {
            (usize::from(u16::from_le_bytes([start[6], start[7]])), 8)
        };
        at += size;
        if at.saturating_add(length) > MOST_OF_HEAD {
            return Err("its head claims more bytes than any has".to_owned());
        }
        let mut value = vec![0; length];
        file.read_exact(&mut value).map_err(ended)?;
        at += length;
        let text = || String::from_utf8_lossy(&value).trim_matches(['\0', ' ']).to_owned();
        match element {
            0x0002 => head.class = text(),
            0x0003 => head.instance = text(),
            0x0010 => head.syntax = text(),
            _ => (),
        }
    }
    let is_uid = |text: &str| (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    for (name, value) in [("class", &head.class), ("instance", &head.instance), ("transfer syntax", &head.syntax)] {
        if !is_uid(value) {
            return Err(format!("its head has no valid UID of its {name}"));
        }
    }
    Ok((head, at as u64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mr() -> Head {
        Head {
            class: "1.2.840.10008.5.1.4.1.1.4".to_owned(),
            instance: "1.2.3.44".to_owned(),
            syntax: "1.2.840.10008.1.2.1".to_owned(),
        }
    }

    proptest! {
        #[test]
        fn a_damaged_head_is_read_or_refused(at in 0usize..400, byte in any::<u8>()) {
            let mut bytes = head(&mr(), "X");
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read(&mut &bytes[..]);
        }
    }

    #[test]
    fn a_head_is_read_as_it_was_written_and_as_dicom_rs_reads_it() {
        let bytes = head(&mr(), "ARCHIVE");
        let whole = [bytes.clone(), vec![8, 0, 0x60, 0, b'C', b'S', 2, 0, b'M', b'R']].concat();
        assert_eq!(read(&mut &whole[..]), Ok((mr(), bytes.len() as u64)));
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), &whole).unwrap();
        let outgoing = Outgoing::open(file.path()).unwrap();
        let mut data = Vec::new();
        outgoing.data().unwrap().read_to_end(&mut data).unwrap();
        assert_eq!((outgoing.head, data.len()), (mr(), 10));
        let object = dicom_object::from_reader(&whole[..]).unwrap();
        assert_eq!(object.meta().media_storage_sop_instance_uid(), "1.2.3.44");
        assert_eq!(object.meta().transfer_syntax(), "1.2.840.10008.1.2.1");
        for bad in [&b"no DICOM"[..], &[0; 200], &whole[..140]] {
            assert!(read(&mut &bad[..]).is_err());
        }
    }
}
