//! The letters: the fonts that the program carries, and which of them has a character.

use std::cell::OnceCell;

use rustybuzz::Face;
use unicode_segmentation::UnicodeSegmentation as _;

/// Where words are to stand out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weight {
    /// Plain.
    Regular,
    /// Bold, as far as Latin, Greek and Cyrillic letters go; the other scripts have the one weight.
    Bold,
}

/// The bold letters, which are asked before the others where something is bold.
const BOLD: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Bold.ttf");
/// In the order in which they are asked for a character.
const REGULAR: [&[u8]; 18] = [
    include_bytes!("../../assets/fonts/NotoSans-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansArabic-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansCJK-Regular.otf"),
    include_bytes!("../../assets/fonts/NotoSansDevanagari-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansThai-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansHebrew-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansBengali-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansLao-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansKhmer-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansMyanmar-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansSinhala-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansTamil-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansGurmukhi-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansGeorgian-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansArmenian-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansEthiopic-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSansThaana-Regular.ttf"),
    include_bytes!("../../assets/fonts/NotoSerifTibetan-Regular.ttf"),
];

/// A font, opened when the first character asks for it.
pub struct Font {
    /// Its place among all of them.
    pub number: usize,
    /// Its file.
    pub bytes: &'static [u8],
    face: OnceCell<Option<Face<'static>>>,
}

impl Font {
    fn of((number, bytes): (usize, &'static [u8])) -> Self {
        Self { number, bytes, face: OnceCell::new() }
    }

    /// Its shapes; none of a file that is no font, which a test excludes.
    pub fn face(&self) -> Option<&Face<'static>> {
        self.face.get_or_init(|| Face::from_slice(self.bytes, 0)).as_ref()
    }

    /// Whether it has all characters of a cluster.
    pub fn covers(&self, cluster: &str) -> bool {
        self.face().is_some_and(|face| {
            cluster.chars().all(|char| is_unseen(char) || face.glyph_index(char).is_some())
        })
    }

    /// How far its letters reach above and below the line, in ems.
    pub fn reach(&self) -> (f32, f32) {
        self.face().map_or((1.0, 0.3), |face| {
            let em = f32::from(i16::try_from(face.units_per_em()).unwrap_or(1000));
            (f32::from(face.ascender()) / em, -f32::from(face.descender()) / em)
        })
    }
}

/// All fonts.
pub struct Fonts {
    bold: Font,
    regular: Vec<Font>,
}

impl Default for Fonts {
    fn default() -> Self {
        let regular = REGULAR.into_iter().enumerate().map(Font::of).collect();
        Self { bold: Font::of((REGULAR.len(), BOLD)), regular }
    }
}

impl Fonts {
    /// The font that has all characters of a cluster.
    pub fn of(&self, cluster: &str, weight: Weight) -> Option<&Font> {
        let bold = (weight == Weight::Bold).then_some(&self.bold);
        bold.into_iter().chain(&self.regular).find(|font| font.covers(cluster))
    }

    /// A text as it can be set: what no font has is there as its code point, `[U+1F600]`, rather than left out.
    pub fn settable(&self, text: &str) -> String {
        let is_plain = |byte: u8| byte.is_ascii_graphic() || byte == b' ';
        if text.bytes().all(is_plain) {
            return text.to_owned();
        }
        let mut settable = String::with_capacity(text.len());
        for cluster in text.graphemes(true) {
            if cluster.chars().all(char::is_whitespace) {
                // Of whatever width: a space.
                settable.push(' ');
            } else if self.of(cluster, Weight::Regular).is_some() {
                settable.push_str(cluster);
            } else {
                for char in cluster.chars() {
                    if self.of(char.encode_utf8(&mut [0; 4]), Weight::Regular).is_some() {
                        settable.push(char);
                    } else {
                        settable.extend(["[U+", &format!("{:04X}", u32::from(char)), "]"]);
                    }
                }
            }
        }
        settable
    }
}

/// Characters that join or divide others, or choose their form, and have none of their own.
fn is_unseen(char: char) -> bool {
    matches!(char, '\u{200C}' | '\u{200D}' | '\u{2060}' | '\u{FE00}'..='\u{FE0F}' | '\u{E0100}'..='\u{E01EF}')
}
