//! What of a member is unreadable at rest (R50): each value in a box of its own, bound to table, column and row.

use zeroize::Zeroizing;

use super::model::Identity;
use super::passports::OtherPassports;
use super::person::PassportNumber;
use crate::ids::MemberId;
use crate::input::Date;
use crate::text::Fault;
use crate::vault::{SealingKey, Vault, Wrapped};

const DATE_OF_BIRTH: &str = "date_of_birth";
const PASSPORT_NUMBER: &str = "passport_number";
const PASSPORT_EXPIRES_ON: &str = "passport_expires_on";
const OTHER_PASSPORTS: &str = "other_passports";

/// The columns as they are stored.
pub struct Boxes {
    pub date_of_birth: Option<Vec<u8>>,
    pub passport_number: Option<Vec<u8>>,
    pub passport_expires_on: Option<Vec<u8>>,
    pub other_passports: Option<Vec<u8>>,
}

/// Seals with a fresh key, which comes wrapped.
pub fn seal_anew(
    vault: &Vault,
    id: MemberId,
    identity: &Identity,
) -> Result<(Vec<u8>, Boxes), sqlx::Error> {
    let (key, wrapped) = vault.fresh_key(Wrapped::Member, id);
    seal(&key, id, identity).map(|boxes| (wrapped, boxes))
}

/// The member's own key, unwrapped.
pub fn own_key(vault: &Vault, id: MemberId, wrapped: &[u8]) -> Result<SealingKey, sqlx::Error> {
    vault.unwrap_key(Wrapped::Member, id, wrapped).map_err(unreadable)
}

/// Seals with the member's own key.
pub fn seal(key: &SealingKey, id: MemberId, identity: &Identity) -> Result<Boxes, sqlx::Error> {
    let seal = |column, text: &str| key.seal(&place(column, id), text.as_bytes());
    let day = |column, date: Option<Date>| {
        date.map(|Date(day)| seal(column, &Zeroizing::new(day.to_string())))
    };
    let others = identity.other_passports.written().map_err(|e| sqlx::Error::Encode(e.into()))?;
    Ok(Boxes {
        date_of_birth: day(DATE_OF_BIRTH, identity.date_of_birth),
        passport_number: identity
            .passport_number
            .as_ref()
            .map(|number| seal(PASSPORT_NUMBER, number.expose())),
        passport_expires_on: day(PASSPORT_EXPIRES_ON, identity.passport_expires_on),
        other_passports: others.map(|list| seal(OTHER_PASSPORTS, &list)),
    })
}

/// Opens the boxes. What does not open was sealed under a lost key, or tampered with.
pub fn open(
    vault: &Vault,
    id: MemberId,
    wrapped: &[u8],
    boxes: &Boxes,
) -> Result<Identity, sqlx::Error> {
    let key = own_key(vault, id, wrapped)?;
    let text = |column, sealed: &Option<Vec<u8>>| {
        sealed.as_ref().map(|sealed| open_text(&key, &place(column, id), sealed)).transpose()
    };
    let born = text(DATE_OF_BIRTH, &boxes.date_of_birth)?;
    let number = text(PASSPORT_NUMBER, &boxes.passport_number)?;
    let expires = text(PASSPORT_EXPIRES_ON, &boxes.passport_expires_on)?;
    let others = text(OTHER_PASSPORTS, &boxes.other_passports)?;
    Ok(Identity {
        date_of_birth: parsed(born, Date::parse)?,
        passport_number: parsed(number, PassportNumber::parse)?,
        passport_expires_on: parsed(expires, Date::parse)?,
        other_passports: parsed(others, OtherPassports::read)?.unwrap_or_default(),
    })
}

fn open_text(
    key: &SealingKey,
    place: &str,
    sealed: &[u8],
) -> Result<Zeroizing<String>, sqlx::Error> {
    let bytes = key.open(place, sealed).map_err(unreadable)?;
    String::from_utf8(bytes.to_vec()).map(Zeroizing::new).map_err(unreadable)
}

fn parsed<T>(
    text: Option<Zeroizing<String>>,
    parse: impl Fn(&str) -> Result<T, Fault>,
) -> Result<Option<T>, sqlx::Error> {
    text.map(|text| parse(&text)).transpose().map_err(unreadable)
}

fn place(column: &str, id: MemberId) -> String {
    format!("member.{column}/{id}")
}

fn unreadable(error: impl std::error::Error + Send + Sync + 'static) -> sqlx::Error {
    sqlx::Error::Decode(Box::new(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OTHER: &str = r#"[{"nationality":"DEU","number":"C0000456","expires_on":"2031-01-01"}]"#;

    #[test]
    fn r50_what_identifies_a_person_opens_in_its_own_column_and_row_only() {
        let (vault, id, other) = (Vault::ephemeral(), MemberId::fresh(), MemberId::fresh());
        let identity = Identity {
            date_of_birth: Date::parse("1970-02-03").ok(),
            passport_number: PassportNumber::parse("X0000123").ok(),
            passport_expires_on: Date::parse("2030-01-01").ok(),
            other_passports: OtherPassports::read(OTHER).unwrap(),
        };
        let (wrapped, mut boxes) = seal_anew(&vault, id, &identity).unwrap();
        for sealed in [
            &boxes.date_of_birth,
            &boxes.passport_number,
            &boxes.passport_expires_on,
            &boxes.other_passports,
        ] {
            let sealed = sealed.as_ref().unwrap();
            for plain in ["X0000123", "1970-02-03", "2030-01-01", "C0000456"] {
                assert!(!sealed.windows(plain.len()).any(|w| w == plain.as_bytes()));
            }
        }
        assert_eq!(open(&vault, id, &wrapped, &boxes).unwrap(), identity);
        assert!(open(&vault, other, &wrapped, &boxes).is_err());
        std::mem::swap(&mut boxes.date_of_birth, &mut boxes.passport_expires_on);
        assert!(open(&vault, id, &wrapped, &boxes).is_err());

        let key = own_key(&vault, id, &wrapped).unwrap();
        let again = seal(&key, id, &Identity::default()).unwrap();
        assert_eq!(open(&vault, id, &wrapped, &again).unwrap(), Identity::default());
    }
}
