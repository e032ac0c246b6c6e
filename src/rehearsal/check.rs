//! Nothing acknowledged is ever lost: what earlier runs were told is stored must be there, in that version or a later
//! one.

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::client::{Caller, Client};
use super::progress::Telling;
use super::staff::Staff;
use super::{AT_ONCE, Error};

/// Looks for each item that an earlier run was told is stored, and answers how many there are.
pub async fn everything_acknowledged(
    client: &Client,
    staff: &Staff<'_>,
    telling: Telling,
) -> Result<usize, Error> {
    let earlier = &client.notebook.earlier;
    if earlier.is_empty() {
        return Ok(0);
    }
    let phase = telling.phase("Kept from before", earlier.len());
    let looks = earlier.iter().map(async |(item, version)| {
        let path = item.strip_prefix("/api/v1").unwrap_or(item);
        let found = look(reader(staff, path), path, *version).await;
        phase.step();
        found
    });
    let lost: Vec<Option<String>> =
        stream::iter(looks).buffer_unordered(AT_ONCE).try_collect().await?;
    phase.end();
    let lost: Vec<String> = lost.into_iter().flatten().collect();
    if lost.is_empty() { Ok(earlier.len()) } else { Err(Error::Lost(lost)) }
}

/// What is missing of an item, in words.
async fn look(reader: &Caller<'_>, path: &str, version: i64) -> Result<Option<String>, Error> {
    match reader.get(path).await {
        Ok(reply) => {
            let stands = reply.version().unwrap_or(0);
            let lost = format!("{path}: version {version}; it has version {stands}");
            Ok((stands < version).then_some(lost))
        }
        Err(Error::Refused { status: 404, .. }) => Ok(Some(path.to_owned())),
        Err(error) => Err(error),
    }
}

/// Who may read the item.
fn reader<'s, 'a>(staff: &'s Staff<'a>, path: &str) -> &'s Caller<'a> {
    let begins = |with: &[&str]| with.iter().any(|with| path.starts_with(with));
    if begins(&["/accounts/"]) {
        &staff.administrator
    } else if begins(&["/treaty/", "/full-powers/", "/appointments/", "/signing/"]) {
        &staff.treaty
    } else {
        staff.any_accreditation()
    }
}
