//! Whom the name of a file means. Pure.
//!
//! The name, without folders and ending, is the member's id (as the list's export gives it), their e-mail address, or their
//! names: as in the passport, on the badge or in their own script, in any order, whatever stands between the words and
//! with or without accents. `MARTIN_Claire.jpg`, `claire-martin.JPG` and `photos/Claire Martin.png` are one person.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::model::{FileFault, PhotoFault, PhotoPreview, PreviewFile, Seen};
use super::store::Candidate;
use crate::collation::fold;
use crate::delegations::imports::model::ImportRowState;
use crate::ids::MemberId;

/// Finds people by what files are called.
struct People<'p> {
    by_mark: HashMap<String, BTreeSet<MemberId>>,
    by_id: HashMap<MemberId, &'p Candidate>,
}

impl<'p> People<'p> {
    fn of(candidates: &'p [Candidate]) -> Self {
        let mut by_mark: HashMap<String, BTreeSet<MemberId>> = HashMap::new();
        for candidate in candidates {
            let given = candidate.given_names.as_ref().map_or("", |name| name.as_str());
            let full = format!("{given} {}", candidate.family_name.as_str());
            let others = [Some(&candidate.badge_name), candidate.native_name.as_ref()];
            let names = others.into_iter().flatten().map(|name| words(name.as_str()));
            let address = candidate.email.as_ref().map(|email| email.as_str().to_lowercase());
            let marks = names.chain([words(&full), candidate.id.to_string()]).chain(address);
            for mark in marks.filter(|mark| !mark.is_empty()) {
                by_mark.entry(mark).or_default().insert(candidate.id);
            }
        }
        let by_id = candidates.iter().map(|candidate| (candidate.id, candidate)).collect();
        Self { by_mark, by_id }
    }

    /// Who is meant by the name of a file.
    fn named(&self, file: &str) -> Result<&'p Candidate, PhotoFault> {
        let name = file.rsplit('/').next().unwrap_or_default();
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let exact = self.by_mark.get(&stem.trim().to_lowercase());
        let found = exact.or_else(|| self.by_mark.get(&words(stem)));
        let found: Vec<_> = found.into_iter().flatten().collect();
        match found.as_slice() {
            [one] => self.by_id.get(*one).copied().ok_or(PhotoFault::UnknownMember),
            [] => Err(PhotoFault::UnknownMember),
            _ => Err(PhotoFault::Ambiguous),
        }
    }
}

/// What an archive would do to the people of a delegation.
pub fn plan(seen: &[Seen], candidates: &[Candidate]) -> PhotoPreview {
    let people = People::of(candidates);
    let mut taken = HashSet::new();
    let mut preview = PhotoPreview::default();
    for Seen { file, found, .. } in seen {
        let judged = match found {
            // What is no photograph is told first; whose it might have been does not matter.
            Err(fault) => Err((*fault, None)),
            Ok(photograph) => match people.named(file) {
                Err(fault) => Err((fault, None)),
                Ok(who) if !taken.insert(who.id) => Err((PhotoFault::Twice, Some(who.id))),
                Ok(who) => Ok((who, photograph)),
            },
        };
        let file = file.clone();
        match judged {
            Ok((who, photograph)) => {
                let state = match who.photo {
                    None => ImportRowState::New,
                    Some(photo) if photo == photograph.sha256 => ImportRowState::Unchanged,
                    Some(_) => ImportRowState::Changed,
                };
                let warnings = photograph.warnings.clone();
                preview.files.push(PreviewFile { file, state, member: Some(who.id), warnings });
            }
            Err((code, member)) => {
                let detail = code.detail().to_owned();
                preview.faults.push(FileFault { file: file.clone(), code, detail });
                let state = ImportRowState::Error;
                preview.files.push(PreviewFile { file, state, member, warnings: Vec::new() });
            }
        }
    }
    preview
}

/// The words of a name, however they are written and ordered.
fn words(name: &str) -> String {
    let folded = fold(&name.replace(['\'', '’'], ""));
    let mut words: Vec<_> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    words.sort_unstable();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use ImportRowState::{Changed, Error, New, Unchanged};

    use super::*;
    use crate::delegations::imports::photos::model::Photograph;
    use crate::documents::Digest;
    use crate::text::{Email, PersonName};

    fn person(family: &str, given: &str, email: &str) -> Candidate {
        Candidate {
            id: MemberId::fresh(),
            family_name: PersonName::parse(family).unwrap(),
            given_names: PersonName::parse(given).ok(),
            badge_name: PersonName::parse(&format!("{given} {family}")).unwrap(),
            native_name: None,
            email: Email::parse(email).ok(),
            version: 1,
            photo: None,
        }
    }

    fn file(name: &str, content: &[u8]) -> Seen {
        let sha256 = Digest::of(content);
        let found = Ok(Photograph { sha256, size_bytes: 1, warnings: Vec::new() });
        Seen { file: name.to_owned(), index: 0, found }
    }

    #[test]
    fn r36_a_file_is_of_whom_its_name_means_however_it_is_written() {
        let mut claire = person("MARTIN", "Claire", "claire.martin@delegate.example");
        claire.native_name = PersonName::parse("مارتن كلير").ok();
        let people = [
            claire,
            person("NGUYỄN", "Thị Ví Dụ", "vi.du@delegate.example"),
            person("O’SAMPLE", "Ann-Lee", ""),
        ];
        let [claire, vi, ann] = people.each_ref().map(|one| Ok(one.id));
        let unknown = Err(PhotoFault::UnknownMember);
        let id = people[0].id.to_string();
        let by_id = format!("{}.png", id.to_uppercase());
        for (name, meant) in [
            ("MARTIN Claire.jpg", claire),
            ("photos/claire_martin.JPEG", claire),
            ("Claire-Martin", claire),
            ("Claire.Martin@delegate.example.jpg", claire),
            ("مارتن_كلير.png", claire),
            (by_id.as_str(), claire),
            ("nguyen thi vi du.jpg", vi),
            ("Thi Vi Du NGUYEN.jpg", vi),
            ("OSample, Ann Lee.jpg", ann),
            ("MARTIN.jpg", unknown),
            ("Claire Martin (2).jpg", unknown),
            (".jpg", unknown),
            ("", unknown),
        ] {
            let found = People::of(&people).named(name).map(|found| found.id);
            assert_eq!(found, meant, "{name}");
        }
    }

    #[test]
    fn a_file_of_two_people_and_two_files_of_one_are_faults() {
        let mut people = [
            person("SAMPLE", "Ann", "a@x.example"),
            person("Sample", "Ánn", "b@x.example"),
            person("SAMPLE", "Bo", ""),
        ];
        people[0].photo = Some(Digest::of(b"a"));
        people[1].photo = Some(Digest::of(b"a"));
        let seen = [
            file("ann sample.jpg", b"x"),
            file("a@x.example.jpg", b"a"),
            file("b@x.example.jpg", b"b"),
            file("bo sample.jpg", b"c"),
            file("SAMPLE Bo.png", b"d"),
            Seen { found: Err(PhotoFault::TooSmall), ..file("bo sample 3.png", b"d") },
        ];
        let preview = plan(&seen, &people);
        let faults: Vec<_> = preview.faults.iter().map(|f| (f.file.as_str(), f.code)).collect();
        assert_eq!(
            faults,
            [
                ("ann sample.jpg", PhotoFault::Ambiguous),
                ("SAMPLE Bo.png", PhotoFault::Twice),
                ("bo sample 3.png", PhotoFault::TooSmall)
            ]
        );
        let states: Vec<_> = preview.files.iter().map(|file| file.state).collect();
        assert_eq!(states, [Error, Unchanged, Changed, New, Error, Error]);
        assert_eq!(preview.counts().faulty, 3);
    }
}
