//! Specimens of papers: the smallest PDF that every reader opens, and that nobody takes for real.

use std::fmt::Write as _;

use crate::text::ParticipantCode;

/// A paper that the rehearsal lodges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// The note by which a State announces its delegation.
    NoteVerbale,
    /// The letter by which an organization does.
    Letter,
    /// The paper that entitles to sign.
    FullPowers,
}

impl Paper {
    /// As the API names it.
    pub fn kind(self) -> &'static str {
        match self {
            Self::NoteVerbale => "note_verbale",
            Self::Letter => "letter",
            Self::FullPowers => "full_powers",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::NoteVerbale => "NOTE VERBALE",
            Self::Letter => "LETTER",
            Self::FullPowers => "FULL POWERS",
        }
    }

    /// The file. `name` is the participant's, `about` one more line.
    pub fn pdf(self, code: &ParticipantCode, name: &str, about: &str) -> Vec<u8> {
        pdf(&[
            "SPECIMEN",
            self.title(),
            &format!("{name} ({code})"),
            about,
            "Invented for a rehearsal. Not issued by anybody; entitles to nothing.",
        ])
    }
}

/// One page with these lines, in the Latin script (PDF 1.4, ISO 32000-1, 7.5).
fn pdf(lines: &[&str]) -> Vec<u8> {
    let shown =
        lines.iter().flat_map(|line| ["(".to_owned(), escaped(line), ") Tj T* ".to_owned()]);
    let drawing = format!("BT /F1 14 Tf 24 TL 72 760 Td {}ET", shown.collect::<String>());
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R \
         /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_owned(),
        format!("<< /Length {} >>\nstream\n{drawing}\nendstream", drawing.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
            .to_owned(),
    ];
    let mut file = String::from("%PDF-1.4\n");
    let mut places = String::from("0000000000 65535 f \n");
    // Writing into a string cannot fail.
    for (number, object) in (1..).zip(&objects) {
        let _ = writeln!(places, "{:010} 00000 n ", file.len());
        let _ = writeln!(file, "{number} 0 obj\n{object}\nendobj");
    }
    let (size, table) = (objects.len() + 1, file.len());
    let _ = write!(
        file,
        "xref\n0 {size}\n{places}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n"
    );
    file.into_bytes()
}

/// A PDF string of ASCII alone: what Latin-1 adds is written in octal, what it does not know as a question mark.
fn escaped(line: &str) -> String {
    let escape = |c: char| match c {
        '(' | ')' | '\\' => format!("\\{c}"),
        ' '..='~' => c.to_string(),
        '\u{a0}'..='\u{ff}' => format!("\\{:03o}", u32::from(c)),
        _ => "?".to_owned(),
    };
    line.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_paper_is_a_whole_pdf_that_calls_itself_a_specimen() {
        let code = ParticipantCode::parse("CIV").unwrap();
        let file = Paper::NoteVerbale.pdf(&code, "Côte d'Ivoire (a\\b) 样", "11 members");
        let text = String::from_utf8(file).unwrap();
        assert!(text.starts_with("%PDF-1.4\n") && text.ends_with("%%EOF\n") && text.is_ascii());
        assert!(
            text.contains("(SPECIMEN) Tj")
                && text.contains("(C\\364te d'Ivoire \\(a\\\\b\\) ? \\(CIV\\)) Tj")
        );
        // Each object is where the table of places says, and the table where the end says.
        let table: usize =
            text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse().unwrap();
        assert!(text[table..].starts_with("xref\n0 6\n"));
        for (number, entry) in text[table..].lines().skip(3).take(5).enumerate() {
            let place: usize = entry[..10].parse().unwrap();
            assert!(text[place..].starts_with(&format!("{} 0 obj", number + 1)), "{entry}");
            assert_eq!(entry.len(), 19, "an entry has 20 bytes with its end of line");
        }
    }
}
