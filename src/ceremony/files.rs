//! Where the ceremony's data come from: built into the program, or a directory that replaces some or all of it.

use std::borrow::Cow;
use std::path::Path;

use super::model::CeremonyError;
use crate::table::FileFault;

/// The texts of the files.
#[derive(Debug)]
pub(super) struct Files {
    pub treaty: Cow<'static, str>,
    pub participants: Cow<'static, str>,
    pub checklists: Cow<'static, str>,
    pub quotas: Cow<'static, str>,
    pub retention: Cow<'static, str>,
    pub running_order: Cow<'static, str>,
    pub letters: [Cow<'static, str>; 4],
    pub programme: Cow<'static, str>,
    pub aliases: Cow<'static, str>,
    pub members: Cow<'static, str>,
    pub signatories: Cow<'static, str>,
}

impl Files {
    /// What is built in, file by file replaced by what stands in `dir`.
    pub fn load(dir: Option<&Path>) -> Result<Self, CeremonyError> {
        let mut files = Self::built_in();
        let Some(dir) = dir else { return Ok(files) };
        let unreadable = |path: &Path| {
            let path = path.display().to_string();
            move |source| CeremonyError::Unreadable { path, source }
        };
        let mut faults = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(unreadable(dir))? {
            let path = entry.map_err(unreadable(dir))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let is_data =
                path.extension().is_some_and(|ending| ending == "csv" || ending == "toml");
            match files.named(&name) {
                Some(text) => {
                    *text = Cow::Owned(std::fs::read_to_string(&path).map_err(unreadable(&path))?);
                }
                // A mistyped name would otherwise leave the built-in file in force without a word.
                None if is_data => {
                    faults.push(FileFault::of(&name, "no file of this name is known"));
                }
                None => {}
            }
        }
        if faults.is_empty() { Ok(files) } else { Err(CeremonyError::Faulty(faults)) }
    }

    fn built_in() -> Self {
        Self {
            treaty: include_str!("../../config/ceremony/treaty.toml").into(),
            participants: include_str!("../../config/ceremony/participants.csv").into(),
            checklists: include_str!("../../config/ceremony/checklists.toml").into(),
            quotas: include_str!("../../config/ceremony/quotas.toml").into(),
            retention: include_str!("../../config/ceremony/retention.toml").into(),
            running_order: include_str!("../../config/ceremony/running_order.toml").into(),
            letters: [
                include_str!("../../config/ceremony/letters.en.toml").into(),
                include_str!("../../config/ceremony/letters.fr.toml").into(),
                include_str!("../../config/ceremony/letters.es.toml").into(),
                include_str!("../../config/ceremony/letters.vi.toml").into(),
            ],
            programme: include_str!("../../config/ceremony/programme.toml").into(),
            aliases: include_str!("../../config/ceremony/aliases.csv").into(),
            members: include_str!("../../config/ceremony/organization_members.csv").into(),
            signatories: include_str!("../../config/ceremony/hanoi_signatories.csv").into(),
        }
    }

    fn named(&mut self, name: &str) -> Option<&mut Cow<'static, str>> {
        let [en, fr, es, vi] = &mut self.letters;
        match name {
            "letters.en.toml" => Some(en),
            "letters.fr.toml" => Some(fr),
            "letters.es.toml" => Some(es),
            "letters.vi.toml" => Some(vi),
            "treaty.toml" => Some(&mut self.treaty),
            "participants.csv" => Some(&mut self.participants),
            "checklists.toml" => Some(&mut self.checklists),
            "quotas.toml" => Some(&mut self.quotas),
            "retention.toml" => Some(&mut self.retention),
            "running_order.toml" => Some(&mut self.running_order),
            "programme.toml" => Some(&mut self.programme),
            "aliases.csv" => Some(&mut self.aliases),
            "organization_members.csv" => Some(&mut self.members),
            "hanoi_signatories.csv" => Some(&mut self.signatories),
            _ => None,
        }
    }
}
