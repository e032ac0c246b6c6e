//! A second witness, asked over the network (C2SP `tlog-witness`): the last checkpoint is shown to it, with the proof that it
//! grew out of the one before, and what it says is kept with the checkpoint.

use std::time::Duration;

use super::Ledger;
use super::commands::{Error, ask};
use super::model::{Cosigner, Hindrance, Question, Submission};
use super::store::{self, StoredCheckpoint};
use crate::config;
use crate::db::{Db, Scope};

/// How long the witness may take.
const ANSWERED_WITHIN: Duration = Duration::from_secs(3);

/// How often it is asked anew because it has seen more than we thought.
const TRIES: u32 = 4;

/// The witness, as this process asks it.
pub(super) struct Cosigning {
    url: String,
    cosigner: Cosigner,
    /// Whether nothing is acknowledged that it has not cosigned.
    pub(super) is_required: bool,
    client: reqwest::Client,
}

/// When it is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Where it has not cosigned the last checkpoint.
    WhenDue,
    /// In any case: it may have seen more than a database that was put back knows.
    AtAStart,
}

/// What the witness answered.
enum Answer {
    Cosigned(String),
    /// It has seen so many entries.
    Seen(u64),
    /// What it has seen is no beginning of this.
    Another,
}

impl Cosigning {
    /// As the settings have it, where they name a witness.
    pub fn of(settings: &config::Witness) -> Result<Option<Self>, Hindrance> {
        let Some(url) = settings.url.as_ref() else { return Ok(None) };
        let unusable = |why: &dyn std::fmt::Display| Hindrance::WitnessUnknown(why.to_string());
        let key = settings.key.as_deref().unwrap_or_default();
        let cosigner = Cosigner::parse(key).map_err(|why| unusable(&why))?;
        let client = reqwest::Client::builder()
            .timeout(ANSWERED_WITHIN)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|why| unusable(&why))?;
        let url = format!("{}/add-checkpoint", url.as_str());
        Ok(Some(Self { url, cosigner, is_required: settings.required, client }))
    }

    async fn show(&self, submission: &Submission) -> Result<Answer, Error> {
        let unreached = |error: reqwest::Error| Error::Uncosigned(error.without_url().to_string());
        let sent = self.client.post(&self.url).body(submission.to_string()).send().await;
        let sent = sent.map_err(unreached)?;
        let status = sent.status().as_u16();
        let told = sent.text().await.map_err(unreached)?;
        match status {
            200 => {
                let line = self.cosigner.find(&told, &submission.note).map_err(|_| {
                    Error::Uncosigned(
                        "its answer is not a cosignature by ledger.witness.key".to_owned(),
                    )
                })?;
                Ok(Answer::Cosigned(line.to_owned()))
            }
            409 => {
                let seen = told.trim_end().parse().map_err(|_| {
                    Error::Uncosigned("it does not say how many entries it has seen".to_owned())
                })?;
                Ok(Answer::Seen(seen))
            }
            422 => Ok(Answer::Another),
            404 => Err(Error::Uncosigned("it does not watch a log of this name".to_owned())),
            403 => Err(Error::Uncosigned("it knows the log by another key".to_owned())),
            _ => Err(Error::Uncosigned(format!("it answered {status}"))),
        }
    }
}

impl Ledger {
    /// Has the last checkpoint cosigned, where there is a witness. Where it cannot be reached and is not required, the log
    /// says so, and the next checkpoint makes up for it.
    pub(super) async fn cosign(&self, db: &Db, asked: Asked) -> Result<(), Error> {
        let Ok(Some(cosigning)) = &self.0.cosigning else { return Ok(()) };
        match self.cosigned(db, cosigning, asked).await {
            Err(Error::Uncosigned(why)) if !cosigning.is_required => {
                tracing::warn!(log = %self.log(), %why, "the last checkpoint is not cosigned");
                Ok(())
            }
            outcome => outcome,
        }
    }

    /// Refuses to add anything where a required witness has not seen what was added before, and cannot be reached.
    pub async fn is_witnessed(&self, db: &Db) -> Result<(), Error> {
        match &self.0.cosigning {
            Ok(Some(cosigning)) if cosigning.is_required => {
                let outcome = self.cosigned(db, cosigning, Asked::WhenDue).await;
                outcome.map_err(|error| match error {
                    Error::Uncosigned(why) => {
                        Error::Hindered(vec![Hindrance::WitnessUnreached(why)])
                    }
                    error => error,
                })
            }
            _ => Ok(()),
        }
    }

    async fn cosigned(&self, db: &Db, by: &Cosigning, asked: Asked) -> Result<(), Error> {
        let mut told = None;
        for _ in 0..TRIES {
            let Some((last, submission)) = self.due(db, by, asked, told).await? else {
                return Ok(());
            };
            match by.show(&submission).await? {
                Answer::Cosigned(line) => return self.keep(db, by, last.size, &line).await,
                // Another service may have shown it more meanwhile: then we know of that, too.
                Answer::Seen(seen) => {
                    if told == Some(seen) {
                        return Err(self.contradicted(last.size, seen));
                    }
                    told = Some(seen);
                }
                Answer::Another => return Err(self.contradicted(last.size, submission.old)),
            }
        }
        Err(Error::Uncosigned("it has seen another size each time".to_owned()))
    }

    /// The last checkpoint and what is shown of it, beginning at what the witness has told or cosigned last; none where it
    /// has cosigned the last one already.
    async fn due(
        &self,
        db: &Db,
        by: &Cosigning,
        asked: Asked,
        told: Option<u64>,
    ) -> Result<Option<(StoredCheckpoint, Submission)>, Error> {
        let mut tx = db.read(&Scope::public()).await?;
        let Some(last) = store::last_checkpoint(&mut tx, self.log()).await? else {
            return Ok(None);
        };
        let cosigned = store::cosigned(&mut tx, self.log(), by.cosigner.name()).await?;
        if asked == Asked::WhenDue && told.is_none() && cosigned == last.size {
            return Ok(None);
        }
        let old = told.unwrap_or(cosigned);
        if old > last.size {
            return Err(self.contradicted(last.size, old));
        }
        let proof = if old == 0 || old == last.size {
            Vec::new()
        } else {
            let question = Question::Consistency { from: old, to: last.size };
            ask(&mut tx, self.log(), question).await?
        };
        let submission = Submission { old, proof, note: last.note.clone() };
        Ok(Some((last, submission)))
    }

    async fn keep(&self, db: &Db, by: &Cosigning, size: u64, line: &str) -> Result<(), Error> {
        let (log, name) = (self.log(), by.cosigner.name());
        let db = db.reserved();
        let kept =
            db.note(async |conn| store::insert_cosignature(conn, log, size, name, line).await);
        Ok(kept.await?)
    }

    /// The witness has seen what this log does not have: an older database was put back, or another one.
    fn contradicted(&self, tree: u64, witnessed: u64) -> Error {
        let hindrance = if tree < witnessed {
            Hindrance::BehindWitness { tree, witnessed }
        } else {
            Hindrance::OtherThanWitnessed(witnessed)
        };
        tracing::error!(log = %self.log(), %hindrance, "nothing more is signed");
        self.hinder(hindrance.clone());
        Error::Hindered(vec![hindrance])
    }
}
