//! Character sets as the standard spells them, and as files do.

use proptest::prelude::*;

use super::*;

/// What a file with these sets says of these bytes.
fn read(sets: &str, bytes: &[u8]) -> (String, Option<Doubt>) {
    let as_read: String = bytes.iter().map(|&b| char::from(b)).collect();
    CharacterSets::named(sets).decode(&as_read)
}

fn is_read(sets: &str, bytes: &[u8], right: &str) {
    assert_eq!(read(sets, bytes), (right.to_owned(), None), "{sets}");
}

/// Each set of PS3.3 C.12.1.1.2 in the two ways of the standard, and a text of it.
const STANDARD: [(&str, &[u8], &str); 18] = [
    ("6", b"Mueller", "Mueller"),
    ("100", b"J\xf6rg", "Jörg"),
    ("101", b"W\xb3", "Wł"),
    ("109", b"\xa1", "Ħ"),
    ("110", b"\xb6", "ļ"),
    ("144", b"\xbb\xee\xda", "Люк"),
    ("127", b"\xe2\xc8", "قب"),
    ("126", b"\xc4\xe9", "Δι"),
    ("138", b"\xf9\xf8", "שר"),
    ("148", b"\xfd\xde", "ıŞ"),
    ("203", b"\xa4", "€"),
    ("13", b"\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"),
    ("166", b"\xb9\xd2", "นา"),
    ("87", b"\x1b$B;3ED\x1b(B", "山田"),
    ("159", b"\x1b$(D\x30\x21\x1b(B", "丂"),
    ("149", b"\x1b$)C\xfb\xf3", "洪"),
    ("58", b"\x1b$)A\xcd\xf5", "王"),
    ("192", "Müller".as_bytes(), "Müller"),
];

#[test]
fn every_set_of_the_standard_is_read_however_it_is_spelled() {
    for (number, bytes, right) in STANDARD {
        for (iso, ir, gap) in [
            ("ISO_IR ", "", ""),
            ("ISO 2022 IR ", "", ""),
            ("ISO IR ", "", ""),
            ("ISO-IR ", "", ""),
            ("ISO_IR_", "", ""),
            ("ISO_IR", "", ""),
            ("ISOIR", "", ""),
            ("ISO2022IR", "", ""),
            ("ISO_2022_IR_", "", ""),
            ("ISO 2022-IR", "-", ""),
            ("iso_ir ", "", ""),
            ("Iso 2022 Ir ", "", " "),
            (" ISO_IR ", "", "\0"),
            ("IR ", "", ""),
        ] {
            is_read(&format!("{iso}{ir}{number}{gap}"), bytes, right);
        }
    }
}

#[test]
fn names_that_the_standard_does_not_have_are_understood() {
    let king = b"\xcd\xf5^\xd0\xa1\xb6\xab";
    for name in ["GB18030", "gb18030", "GB 18030", "GBK", "gbk", "GB2312", "ISO_IR 58"] {
        is_read(name, king, "王^小东");
    }
    for name in ["UTF-8", "utf8", "UTF_8", "ISO IR 192", "ISO_IR_192", "ISO 10646"] {
        is_read(name, "Müller^Jörg".as_bytes(), "Müller^Jörg");
    }
    for name in ["LATIN1", "latin-1", "Latin 1", "ISO8859-1", "ISO 8859-1", "iso_8859-1", "windows-1252"] {
        is_read(name, b"M\xfcller", "Müller");
    }
    is_read("windows-1251", b"\xcb\xfe", "Лю");
    is_read("SHIFT_JIS", b"\x8eR\x93c", "山田");
    is_read("EUC-KR", b"\xfb\xf3", "洪");
}

/// The examples of PS3.5, annexes H to K, and one of two alphabets.
#[test]
fn names_of_the_standard_are_read() {
    let kanji = b"Yamada^Tarou=\x1b$B;3ED\x1b(B^\x1b$BB@O:\x1b(B=\x1b$B$d$^$@\x1b(B^\x1b$B$?$m$&\x1b(B";
    for sets in ["\\ISO 2022 IR 87", "ISO 2022 IR 6\\ISO 2022 IR 87", "ISO2022IR6\\ISO2022IR87", "ISO 2022 IR 87"] {
        is_read(sets, kanji, "Yamada^Tarou=山田^太郎=やまだ^たろう");
    }
    let both = b"\xd4\xcf\xc0\xde^\xc0\xdb\xb3=\x1b$B;3ED\x1b(J^\x1b$BB@O:\x1b(J";
    is_read("ISO 2022 IR 13\\ISO 2022 IR 87", both, "ﾔﾏﾀﾞ^ﾀﾛｳ=山田^太郎");
    is_read("\\ISO 2022 IR 13", b"Yamada^\x1b)I\xc0\xdb\xb3", "Yamada^ﾀﾛｳ");
    let hangul = b"Hong^Gildong=\x1b$)C\xfb\xf3^\x1b$)C\xd1\xce\xd4\xd7=\x1b$)C\xc8\xab^\x1b$)C\xb1\xe6\xb5\xbf";
    is_read("\\ISO 2022 IR 149", hangul, "Hong^Gildong=洪^吉洞=홍^길동");
    is_read("\\ISO 2022 IR 58", b"Zhang^XiaoDong=\x1b$)A\xd5\xc5^\x1b$)A\xd0\xa1\xb6\xab", "Zhang^XiaoDong=张^小东");
    is_read("ISO_IR 192", "Wang^XiaoDong=王^小东=".as_bytes(), "Wang^XiaoDong=王^小东=");
    let greek = b"Buc^J\xe9r\xf4me \x1b-F\xc4\xe9";
    is_read("ISO 2022 IR 100\\ISO 2022 IR 126", greek, "Buc^Jérôme Δι");
    is_read("ISO 2022 IR 100\\ISO 2022 IR 148", b"\x1b-M\xfd\x1b-b\xa4\x1b-A\xe9", "ı€é");
}

#[test]
fn a_text_whose_set_is_not_understood_is_passed_on_or_marked_and_never_changed_in_silence() {
    let doubt = |sets: &str, bytes: &[u8], right: &str, words: &str| {
        let (text, doubt) = read(sets, bytes);
        let doubt = doubt.unwrap_or_else(|| panic!("{sets}: no word of doubt"));
        assert!(text == right && doubt.message.contains(words), "{sets}: {text}: {doubt:?}");
        assert!(!doubt.message.contains("ller"), "nobody's name in a message");
        doubt.is_note
    };
    is_read("ISO_IR 999", b"Doe^Jane", "Doe^Jane");
    assert!(!doubt(
        "ISO_IR 999",
        "Müller".as_bytes(),
        "Müller",
        "unknown character set 'ISO_IR 999': its text is read as UTF-8"
    ));
    assert!(!doubt("ISO_IR 999", b"M\xfcller", "M\u{fffd}ller", "U+FFFD"));
    assert!(!doubt("UTF-16", b"M\xfcller", "M\u{fffd}ller", "U+FFFD"));
    assert!(!doubt("ISO_IR 192", b"M\xfcller", "M\u{fffd}ller", "is not valid in"));
    assert!(!doubt("", b"M\xfcller", "Müller", "Latin-1"));
    assert!(!doubt("ISO_IR 6", b"M\xfcller", "Müller", "Latin-1"));
    assert!(doubt("", "Müller".as_bytes(), "Müller", "UTF-8"), "what fits UTF-8 is nothing else");
    assert!(!doubt("ISO_IR 100", "Müller".as_bytes(), "MÃ¼ller", "looks like UTF-8"));
    assert!(!doubt("ISO_IR 13", "Ä山".as_bytes(), "Ä山", "in UTF-8"));
    assert!(!doubt("\\ISO 2022 IR 149", b"\xfb\xf3^\xd1\xce", "洪^吉", "escape sequences"));
    assert!(!doubt("ISO 2022 IR 6", b"a\x1b%Gb\xff", "a%Gb\u{fffd}", "is not valid in"));
}

proptest! {
    #[test]
    fn any_bytes_in_any_set_are_a_text(
        bytes in prop::collection::vec(prop_oneof![Just(ESCAPE), any::<u8>(), 0x21u8..0x7f], 0..60),
        sets in prop_oneof!["[A-Z0-9_ \\\\]{0,30}", "(ISO 2022 IR (6|13|87|149|58|100|159))?(\\\\ISO 2022 IR [0-9]{2,3}){0,2}"],
    ) {
        let (text, doubt) = read(&sets, &bytes);
        // What is lost is marked, and what is marked is said.
        prop_assert!(!text.contains(char::REPLACEMENT_CHARACTER) || doubt.is_some());
        prop_assert!(!text.contains(char::from(ESCAPE)));
    }

    #[test]
    fn what_is_written_in_a_known_set_comes_back(text in "[ -Z^-~äöüéèŁłШщלΩİşกข山田洪길동王小东ﾔﾏ]{0,20}") {
        for encoding in [GB18030, UTF_8] {
            let (bytes, _, has_errors) = encoding.encode(&text);
            prop_assert!(!has_errors);
            let name = if encoding == UTF_8 { "ISO_IR 192" } else { "GB18030" };
            prop_assert_eq!(read(name, &bytes), (text.clone(), None));
        }
    }
}
