//! Text in its search form: lower case, without accents, with DICOM's carets as spaces.
//!
//! Stored and typed text pass through the same function, so that they match. The table holds the letters of names in
//! Latin script, and the accents of Greek and Cyrillic; other letters are unchanged.

/// The text in its search form.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for c in text.chars().flat_map(char::to_lowercase) {
        match c {
            '^' | '=' | '\\' | ',' | ';' => folded.push(' '),
            // Accents that follow their letter.
            '\u{300}'..='\u{36f}' => (),
            c if c.is_whitespace() || c.is_control() => folded.push(' '),
            c => match plain(c) {
                "" => folded.push(c),
                plain => folded.push_str(plain),
            },
        }
    }
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The letter without its accent; empty if it has none. Only for lower-case letters.
fn plain(c: char) -> &'static str {
    match c {
        'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' | '\u{1ea1}'..='\u{1eb7}' => "a",
        'æ' => "ae",
        'ç' | 'ć' | 'ĉ' | 'ċ' | 'č' => "c",
        'ď' | 'đ' | 'ð' => "d",
        'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' | '\u{1eb9}'..='\u{1ec7}' => "e",
        'ĝ' | 'ğ' | 'ġ' | 'ģ' => "g",
        'ĥ' | 'ħ' => "h",
        'ì'..='ï' | 'ĩ' | 'ī' | 'ĭ' | 'į' | 'ı' | 'ǐ' | '\u{1ec9}' | '\u{1ecb}' => "i",
        'ĳ' => "ij",
        'ĵ' => "j",
        'ķ' => "k",
        'ĺ' | 'ļ' | 'ľ' | 'ŀ' | 'ł' => "l",
        'ñ' | 'ń' | 'ņ' | 'ň' => "n",
        'ò'..='ö' | 'ø' | 'ō' | 'ŏ' | 'ő' | 'ơ' | 'ǒ' | '\u{1ecd}'..='\u{1ee3}' => "o",
        'œ' => "oe",
        'ŕ' | 'ŗ' | 'ř' => "r",
        'ś' | 'ŝ' | 'ş' | 'š' | 'ș' => "s",
        'ß' => "ss",
        'ţ' | 'ť' | 'ŧ' | 'ț' => "t",
        'þ' => "th",
        'ù'..='ü' | 'ũ' | 'ū' | 'ŭ' | 'ů' | 'ű' | 'ų' | 'ư' | 'ǔ' | '\u{1ee5}'..='\u{1ef1}' => "u",
        'ŵ' => "w",
        'ý' | 'ÿ' | 'ŷ' | '\u{1ef3}'..='\u{1ef9}' => "y",
        'ź' | 'ż' | 'ž' => "z",
        'ά' => "α",
        'έ' => "ε",
        'ή' => "η",
        'ί' | 'ϊ' | 'ΐ' => "ι",
        'ό' => "ο",
        'ύ' | 'ϋ' | 'ΰ' => "υ",
        'ώ' => "ω",
        'ς' => "σ",
        'ё' => "е",
        'й' => "и",
        'ї' => "і",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::fold;

    #[test]
    fn names_lose_case_accents_and_carets() {
        assert_eq!(fold("MÜLLER^Jürgen^^Dr."), "muller jurgen dr.");
        assert_eq!(fold("Łukasiewicz, Żaneta"), "lukasiewicz zaneta");
        assert_eq!(fold("NGUYỄN Thị Hồng"), "nguyen thi hong");
        assert_eq!(fold("Straße Ærø \t İzmir"), "strasse aero izmir");
        assert_eq!(fold("ΓΙΏΡΓΟΣ Семёнов"), "γιωργοσ семенов");
        assert_eq!(fold("山田^太郎"), "山田 太郎");
    }

    #[test]
    fn a_letter_with_its_accent_behind_it_is_the_same_letter() {
        for (one, two) in [("é", "e\u{301}"), ("й", "и\u{306}"), ("ÅNGSTRÖM", "A\u{30a}ngstro\u{308}m")] {
            assert_eq!(fold(one), fold(two));
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for text in ["Ǆ Ŀ ŉ ẞ", "ĳ œ þ", "a\u{0}b", "σς Σ"] {
            assert_eq!(fold(&fold(text)), fold(text));
        }
    }
}
