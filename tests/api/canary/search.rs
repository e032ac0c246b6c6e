//! Looks for values in whatever form they could have been left lying about.

use std::collections::BTreeSet;
use std::path::Path;

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use hanoi_ceremony::secret::hex;

/// Finds all forms of several values in one pass.
pub struct Search {
    /// What is found, by the number of its form.
    says: Vec<String>,
    forms: AhoCorasick,
}

impl Search {
    /// A search for these values, each with its name.
    pub fn of<'a>(values: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> Self {
        let (mut says, mut all) = (Vec::new(), Vec::new());
        for (name, value) in values {
            for (form, bytes) in forms(value) {
                says.push(format!("{name} ({form})"));
                all.push(bytes);
            }
        }
        let forms = AhoCorasick::builder().kind(Some(AhoCorasickKind::DFA)).build(all).unwrap();
        Self { says, forms }
    }

    /// What of it is somewhere in these bytes.
    pub fn finds(&self, bytes: &[u8]) -> BTreeSet<String> {
        let found = self.forms.find_overlapping_iter(bytes);
        found.map(|found| self.says[found.pattern().as_usize()].clone()).collect()
    }

    /// The same in every file of a folder, and in their names.
    pub fn finds_below(&self, folder: &Path) -> BTreeSet<String> {
        let mut found = BTreeSet::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().as_encoded_bytes().to_vec();
            let mut here = self.finds(&name);
            if path.is_dir() {
                found.extend(self.finds_below(&path));
            } else if path.is_file() {
                here.extend(self.finds(&std::fs::read(&path).unwrap()));
            }
            found.extend(here.into_iter().map(|says| format!("{says} in {}", path.display())));
        }
        found
    }
}

/// A value as text, hexadecimal, base64 wherever it begins, UTF-16, and all that turned round.
fn forms(value: &[u8]) -> Vec<(&'static str, Vec<u8>)> {
    let reversed: Vec<u8> = value.iter().rev().copied().collect();
    let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
        value.iter().flat_map(|byte| bytes(u16::from(*byte))).collect()
    };
    let mut forms = vec![
        ("plain", value.to_vec()),
        ("lower case", value.to_ascii_lowercase()),
        ("upper case", value.to_ascii_uppercase()),
        ("reversed", reversed.clone()),
        ("hex", hex(value).into_bytes()),
        ("HEX", hex(value).to_uppercase().into_bytes()),
        ("hex, reversed", hex(&reversed).into_bytes()),
        ("hex of lower case", hex(&value.to_ascii_lowercase()).into_bytes()),
        ("hex of hex", hex(hex(value).as_bytes()).into_bytes()),
        ("UTF-16LE", wide(u16::to_le_bytes)),
        ("UTF-16BE", wide(u16::to_be_bytes)),
    ];
    for before in 0..3 {
        let padded = [vec![0; before], value.to_vec()].concat();
        // Only the letters that depend on nothing around the value.
        let (first, last) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for (form, text) in [
            ("base64", STANDARD_NO_PAD.encode(&padded)),
            ("base64url", URL_SAFE_NO_PAD.encode(&padded)),
        ] {
            forms.push((form, text.as_bytes()[first..last].to_vec()));
        }
    }
    forms
}

#[test]
fn every_form_of_a_value_is_found_wherever_it_begins() {
    let value = b"QV73918462";
    let search = Search::of([("it", value.as_slice())]);
    assert_eq!(search.finds(b"QV7391846 QW73918462"), BTreeSet::new());
    for before in 0..12 {
        let text = [vec![b'.'; before], value.to_vec(), b"..".to_vec()].concat();
        assert!(search.finds(&text).contains("it (plain)"), "{before}");
        assert!(search.finds(STANDARD_NO_PAD.encode(&text).as_bytes()).contains("it (base64)"));
        assert!(search.finds(hex(&text).as_bytes()).contains("it (hex)"));
    }
    let wide: Vec<u8> = "QV73918462".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(search.finds(&wide).contains("it (UTF-16LE)"));
    assert!(search.finds(b"26481937VQ").contains("it (reversed)"));
}
