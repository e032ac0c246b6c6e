//! The certificate of a treaty action: what the record says of it, and the receipt that proves it to anybody.

pub mod api;
mod store;
mod words;

use chrono::{DateTime, SecondsFormat, Utc};

use super::Tongue;
use crate::full_powers::Basis;
use crate::ledger::{Logged, checkpoint_of};
use crate::paper::{Block, MAX_CODE_BYTES, Paper};
use crate::secret::{hex, sha256};
use crate::treaty::{ActState, Action, ActionKind, Declaration, Notification, Shown, Signatory};
use words::say;

/// What is certified, in which language, for whom to look it up where.
struct Certified<'a> {
    /// The entry.
    shown: &'a Shown,
    /// The action as it was recorded.
    action: &'a Action,
    /// What its participant is called.
    participant: String,
    /// What its place is called.
    place: &'a str,
    /// The title of the treaty.
    treaty: &'a str,
    /// The number of the treaty in the Depositary's list.
    number: &'a str,
    /// Where its receipt can be had.
    receipt_at: String,
}

impl Certified<'_> {
    /// The certificate.
    fn paper(&self, tongue: Tongue, now: DateTime<Utc>) -> Paper {
        let title = match self.action.kind {
            ActionKind::Signature => words::CERTIFICATE_OF_SIGNATURE,
            _ => words::CERTIFICATE,
        };
        let mut blocks = vec![Block::Facts(self.facts(tongue))];
        blocks.extend(self.declarations(tongue));
        blocks.extend(self.receipt(tongue));
        let mut subtitles = vec![format!("{} ({})", self.treaty, self.number)];
        if self.shown.entered.state == ActState::Withdrawn {
            subtitles.push(tongue.of(words::WITHDRAWN).to_owned());
        }
        Paper {
            language: tongue.as_str(),
            title: format!("{}: {}", tongue.of(title), self.participant),
            subtitles,
            blocks,
            footer: format!(
                "{} {} · {}",
                tongue.of(words::GENERATED),
                now.to_rfc3339_opts(SecondsFormat::Secs, true),
                self.shown.entered.act.id,
            ),
            made_at: now,
        }
    }

    fn facts(&self, tongue: Tongue) -> Vec<(String, String)> {
        let action = self.shown.entered.corrected.as_ref().unwrap_or(self.action);
        let mut facts = vec![
            say(tongue, words::PARTICIPANT, self.participant.clone()),
            say(tongue, words::ACTION, tongue.of(words::kind(action)).to_owned()),
            say(tongue, words::DATE, words::day(tongue, action.legal_date)),
            say(tongue, words::PLACE, self.place.to_owned()),
            say(tongue, words::MOMENT, action.done_at.to_rfc3339()),
        ];
        if let Some(signatory) = &action.signatory {
            facts.push(say(tongue, words::SIGNATORY, signatory.name.to_string()));
            facts.push(say(tongue, words::OFFICE, signatory.office.to_string()));
            facts.push(say(tongue, words::ENTITLED_AS, capacity(tongue, signatory)));
        }
        let lifted = action.overrides.iter();
        facts.extend(lifted.map(|by| say(tongue, words::OVERRIDE, by.reason.to_string())));
        facts.push(say(tongue, words::STATE, self.state(tongue)));
        if self.shown.entered.corrected.is_some() {
            facts.push(say(tongue, words::AS_RECORDED, as_recorded(tongue, self.action)));
        }
        facts.extend(self.shown.notifications.iter().map(|noted| notified(tongue, noted)));
        if let Some(logged) = self.logged() {
            facts.push(say(tongue, words::INDEX, logged.index.to_string()));
            facts.push(say(tongue, words::LEAF_HASH, hex(&logged.leaf_hash.0)));
            let checkpoint = logged.receipt.as_deref().map(checkpoint_of).unwrap_or_default();
            // Its name, its size and its root; the signatures are in the receipt.
            let said: Vec<&str> = checkpoint.lines().take(3).collect();
            facts.push(say(tongue, words::CHECKPOINT, said.join(" · ")));
        }
        facts
    }

    fn state(&self, tongue: Tongue) -> String {
        let state = tongue.of(match self.shown.entered.state {
            ActState::Recorded => words::RECORDED,
            ActState::Certified => words::CERTIFIED,
            ActState::Withdrawn => words::WITHDRAWN,
        });
        let settled = self.shown.entered.settled.as_ref();
        let when = settled.map(|settled| settled.at.to_rfc3339_opts(SecondsFormat::Secs, true));
        let reason = settled.and_then(|settled| settled.reason.as_ref()).map(ToString::to_string);
        let parts = [Some(state.to_owned()), when, reason].into_iter().flatten();
        parts.collect::<Vec<_>>().join(" · ")
    }

    fn declarations(&self, tongue: Tongue) -> Vec<Block> {
        let head = |declaration: &Declaration| {
            let kind = tongue.of(words::declaration(declaration.kind));
            let confirmed = if self.action.awaits_confirmation(declaration) {
                format!(" ({})", tongue.of(words::TO_BE_CONFIRMED))
            } else {
                String::new()
            };
            Block::Heading(format!("{kind} [{}]{confirmed}", declaration.language))
        };
        let words = |declaration: &Declaration| {
            let courtesy = declaration.translation.as_ref().map(|translation| {
                let how = tongue.of(words::COURTESY);
                Block::Words(format!("[{}, {how}] {}", translation.language, translation.text))
            });
            let own = Block::Words(declaration.text.to_string());
            [Some(head(declaration)), Some(own), courtesy].into_iter().flatten()
        };
        self.action.declarations.iter().flat_map(words).collect()
    }

    /// The receipt as a code; its address and hash where it is more than a code holds.
    fn receipt(&self, tongue: Tongue) -> Vec<Block> {
        let heading = Block::Heading(tongue.of(words::RECEIPT).to_owned());
        let Some(receipt) = self.logged().and_then(|logged| logged.receipt.as_ref()) else {
            return vec![heading, Block::Words(tongue.of(words::NO_RECEIPT).to_owned())];
        };
        let (says, how) = if receipt.len() <= MAX_CODE_BYTES {
            (receipt.clone(), words::HOW_TO_VERIFY)
        } else {
            let hash = hex(&sha256(receipt.as_bytes()));
            (format!("{}\nsha256 {hash}", self.receipt_at), words::HOW_TO_FETCH)
        };
        let alternative = tongue.of(words::RECEIPT).to_owned();
        let how = format!("{} {}", tongue.of(how), self.receipt_at);
        vec![heading, Block::Words(how), Block::Code { says, alternative }]
    }

    fn logged(&self) -> Option<&Logged> {
        self.shown.logged.get(&self.shown.entered.act.id.uuid())
    }
}

fn capacity(tongue: Tongue, signatory: &Signatory) -> String {
    let capacity = tongue.of(match signatory.capacity {
        Basis::FullPowers => words::FULL_POWERS,
        Basis::HeadOfState => words::HEAD_OF_STATE,
        Basis::HeadOfGovernment => words::HEAD_OF_GOVERNMENT,
        Basis::ForeignMinister => words::FOREIGN_MINISTER,
    });
    if signatory.acting {
        format!("{capacity} {}", tongue.of(words::ACTING))
    } else {
        capacity.to_owned()
    }
}

/// What was recorded first, where it was corrected since.
fn as_recorded(tongue: Tongue, action: &Action) -> String {
    let signatory = action.signatory.as_ref();
    let parts = [
        Some(tongue.of(words::kind(action)).to_owned()),
        Some(action.place.to_string()),
        Some(action.done_at.to_rfc3339()),
        signatory.map(|signatory| signatory.name.to_string()),
        signatory.map(|signatory| signatory.office.to_string()),
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn notified(tongue: Tongue, noted: &Notification) -> (String, String) {
    let day = noted.published_on.map(|day| words::day(tongue, day));
    let parts = [Some(noted.number.to_string()), day];
    let said = parts.into_iter().flatten().collect::<Vec<_>>().join(" · ");
    say(tongue, words::NOTIFICATION, said)
}
