//! Who has signed, in what capacity, where and when, in the Depositary's order: what stands of the record, corrections
//! included (R15, R28).

use chrono::{DateTime, NaiveDate, Utc};
use deserr::Deserr;
use serde::Serialize;

use crate::access::Action;
use crate::full_powers::Bar;
use crate::input::{Date, Faults, Moment};
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::reports::words;
use crate::text::Fault;
use crate::treaty::{ActionKind, Listed, Record, Standing, Which, listed, load_acts};

pub const REPORT: Report = Report {
    name: "signatories",
    titles: ["Signatories", "Signataires", "Signatarios", "Các bên ký"],
    seen_by: &[Action::ReadRecord],
    columns: &[
        c::CODE,
        c::PARTICIPANT,
        c::text("signatory", ["Signatory", "Signataire", "Firmante", "Người ký"]),
        c::text("office", ["Office", "Fonction officielle", "Cargo", "Chức danh"]),
        c::code("capacity", words::BASES, ["Capacity", "Qualité", "Calidad", "Tư cách"]),
        c::truth("acting", ["Acting", "Par intérim", "Interino", "Quyền"]),
        c::text("place", ["Place", "Lieu", "Lugar", "Nơi ký"]),
        c::date("legal_date", ["Date", "Date", "Fecha", "Ngày ký"]),
        c::moment("signed_at", ["Signed at", "Signé à", "Firmado a las", "Ký lúc"]),
        c::truth(
            "ad_referendum",
            ["Ad referendum", "Ad referendum", "Ad referéndum", "Ad referendum"],
        ),
        c::code("lifted", words::BARS, ["Lifted", "Levé", "Levantado", "Được miễn"]),
        c::truth("corrected", ["Corrected", "Rectifié", "Corregido", "Đã đính chính"]),
    ],
    parameters: parameters::<Known>,
    order: |asked| asked.of(fill),
};

/// On which day, and as known when.
#[derive(Debug, Default, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Known {
    /// The day up to which legal dates are counted; today where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<NaiveDate>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Date>,
    /// What the record held at this moment (RFC 3339); all that it holds now where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    known_at: Option<Moment>,
}

impl Filter for Known {
    /// What will be known is not known: the same question must have the same answer tomorrow (R28).
    fn at(self, now: DateTime<Utc>) -> Result<Self, Faults> {
        match self.known_at {
            Some(Moment(at)) if at.to_utc() > now => {
                let fault = Fault::new("too_late", "a moment not in the future is expected");
                Err(Faults::at("/known_at", fault))
            }
            _ => Ok(self),
        }
    }
}

/// The record as it was asked for.
pub struct Asked {
    /// What stands, whenever it was dated.
    pub standing: Standing,
    /// Who has done anything, in the Depositary's order.
    pub listed: Vec<Listed>,
    /// The day up to which it is counted.
    pub as_of: NaiveDate,
}

impl Known {
    /// Reads the record.
    pub async fn read(&self, from: &mut Source) -> Result<Asked, sqlx::Error> {
        let acts = load_acts(&mut from.tx, Which::All, false).await?;
        let listed = listed(&mut from.tx).await?;
        let record = match self.known_at {
            None => Record::of(&acts),
            Some(moment) => Record::known_at(&acts, moment.kept().to_utc()),
        };
        let as_of = self.as_of.map_or_else(|| from.ceremony.latest_day(from.now), |Date(day)| day);
        Ok(Asked { standing: record.standing(), listed, as_of })
    }
}

async fn fill(asked: Known, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let Asked { standing, listed, as_of } = asked.read(from).await?;
    let standing = standing.as_of(as_of);
    for participant in &listed {
        let Some(signature) = standing.of(&participant.code, ActionKind::Signature) else {
            continue;
        };
        let action = &signature.action;
        let signatory = action.signatory.as_ref();
        let lifted: Vec<&str> =
            action.overrides.iter().flat_map(|over| &over.lifted).map(Bar::as_str).collect();
        to.row(&[
            participant.code.as_str().into(),
            participant.depositary_name.as_str().into(),
            signatory.map(|signatory| signatory.name.as_str()).into(),
            signatory.map(|signatory| signatory.office.as_str()).into(),
            signatory.map(|signatory| signatory.capacity.as_str()).into(),
            signatory.map(|signatory| signatory.acting).into(),
            from.place(&action.place).into(),
            action.legal_date.into(),
            action.done_at.to_utc().into(),
            action.ad_referendum.into(),
            (!lifted.is_empty()).then(|| lifted.join(" ")).into(),
            (!signature.corrected_by.is_empty()).into(),
        ])
        .await?;
    }
    Ok(())
}
