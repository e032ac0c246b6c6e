//! At which level participants take part: by delegation, and by group. Nobody is named.

use chrono::{DateTime, Utc};
use deserr::Deserr;
use serde::Serialize;

use crate::access::Action;
use crate::delegations::{self, Rank, StatusName};
use crate::input::{Faults, Moment};
use crate::page::AnyOf;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::model::Cell;
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::reports::words;

/// Columns, and behind them one for each rank, in the order of [`Rank::ALL`].
macro_rules! and_ranks {
    ($($column:expr),+ $(,)?) => {
        &[
            $($column,)+
            c::number("head_of_state", ["Heads of State", "Chefs d'État", "Jefes de Estado", "Nguyên thủ quốc gia"]),
            c::number("head_of_government", [
                "Heads of Government",
                "Chefs de gouvernement",
                "Jefes de Gobierno",
                "Người đứng đầu chính phủ",
            ]),
            c::number("vice_president", ["Vice-Presidents", "Vice-présidents", "Vicepresidentes", "Phó nguyên thủ"]),
            c::number("crown_prince", ["Crown Princes", "Princes héritiers", "Príncipes herederos", "Thái tử"]),
            c::number("deputy_prime_minister", [
                "Deputy Prime Ministers",
                "Vice-premiers ministres",
                "Viceprimeros ministros",
                "Phó thủ tướng",
            ]),
            c::number("minister", ["Ministers", "Ministres", "Ministros", "Bộ trưởng"]),
            c::number("vice_minister", ["Vice-Ministers", "Vice-ministres", "Viceministros", "Thứ trưởng"]),
            c::number("permanent_representative", [
                "Permanent Representatives",
                "Représentants permanents",
                "Representantes permanentes",
                "Đại diện thường trực",
            ]),
            c::number("director", ["Directors", "Directeurs", "Directores", "Vụ trưởng"]),
            c::number("official", ["Officials", "Fonctionnaires", "Funcionarios", "Cán bộ"]),
            c::number("none", ["No rank", "Sans rang", "Sin rango", "Không có hàm cấp"]),
        ]
    };
}

pub const BY_DELEGATION: Report = Report {
    name: "level-of-participation",
    titles: [
        "Level of participation",
        "Niveau de participation",
        "Nivel de participación",
        "Cấp tham dự",
    ],
    seen_by: &[Action::ListReports, Action::ListDelegations, Action::ReadProtocol],
    columns: and_ranks![
        c::CODE,
        c::PARTICIPANT,
        c::PARTICIPANT_KIND,
        c::REGIONAL_GROUP,
        c::code("level", words::RANKS, ["Level", "Niveau", "Nivel", "Cấp"]),
        c::MEMBERS,
    ],
    parameters: parameters::<Members>,
    order: |asked| asked.of(by_delegation),
};

pub const BY_GROUP: Report = Report {
    name: "level-of-participation-by-group",
    titles: [
        "Level of participation by group",
        "Niveau de participation par groupe",
        "Nivel de participación por grupo",
        "Cấp tham dự theo nhóm",
    ],
    seen_by: &[Action::ListReports, Action::ListDelegations, Action::ReadProtocol],
    columns: and_ranks![
        c::PARTICIPANT_KIND,
        c::REGIONAL_GROUP,
        c::number("delegations", ["Delegations", "Délégations", "Delegaciones", "Số đoàn"]),
        c::MEMBERS,
    ],
    parameters: parameters::<Members>,
    order: |asked| asked.of(by_group),
};

/// Who is counted, and of which moment.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Members {
    /// In any of these statuses, divided by commas; where nothing is said, in any but `rejected`, `revoked` and
    /// `withdrawn`.
    #[deserr(default = AnyOf(delegations::statuses(None)))]
    #[param(value_type = Option<String>)]
    status: AnyOf<StatusName>,
    /// As it was at a moment that has passed (RFC 3339); as it is, where nothing is said.
    #[deserr(default)]
    #[param(value_type = Option<DateTime<Utc>>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    as_of: Option<Moment>,
}

impl Filter for Members {
    fn at(self, now: DateTime<Utc>) -> Result<Self, Faults> {
        delegations::moment(self.as_of, now).map(|_| self)
    }
}

/// How many of a rank a delegation has.
struct Counted {
    participant: String,
    name: String,
    kind: String,
    regional_group: Option<String>,
    rank: Rank,
    members: i64,
}

impl Members {
    /// A row for each rank of each delegation with anybody in it, the highest first; by kind and group where those are
    /// asked for, else in the Depositary's order.
    async fn count(
        &self,
        from: &mut Source,
        are_grouped: bool,
    ) -> Result<Vec<Counted>, sqlx::Error> {
        sqlx::query_as!(
            Counted,
            r#"select p.participant, name_in(p, $1) as "name!", p.kind, p.regional_group, m.rank as "rank: Rank",
                      count(*) as "members!"
               from member_version m join participant p using (participant)
               where m.status = any ($2)
                 and case when $3::timestamptz is null then m.ended_at is null
                          else m.began_at <= $3 and (m.ended_at is null or m.ended_at > $3) end
               group by p.participant, m.rank
               order by case when $5 then p.kind end, case when $5 then p.regional_group end, p.sort_key,
                        array_position($4::text[], m.rank)"#,
            from.tongue.as_str(),
            &self.status.0 as _,
            self.as_of.map(|at| at.0.to_utc()),
            Rank::ALL as _,
            are_grouped,
        )
        .fetch_all(&mut *from.tx)
        .await
    }
}

/// How many there are of each rank, in their order.
fn of_each<'a>(count: impl Fn(Rank) -> i64) -> impl Iterator<Item = Cell<'a>> {
    Rank::ALL.iter().map(move |rank| Cell::Number(count(*rank)))
}

/// A row for each delegation with anybody in it: its highest rank, and how many it has of each.
async fn by_delegation(asked: Members, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let counted = asked.count(from, false).await?;
    for delegation in counted.chunk_by(|one, next| one.participant == next.participant) {
        let Some(highest) = delegation.first() else { continue };
        let of = |rank| delegation.iter().find(|one| one.rank == rank).map_or(0, |one| one.members);
        let mut row: Vec<Cell<'_>> = vec![
            highest.participant.as_str().into(),
            highest.name.as_str().into(),
            highest.kind.as_str().into(),
            highest.regional_group.as_deref().into(),
            highest.rank.as_str().into(),
            delegation.iter().map(|one| one.members).sum::<i64>().into(),
        ];
        row.extend(of_each(of));
        to.row(&row).await?;
    }
    Ok(())
}

/// A row for each kind and group: how many of its delegations take part at which level, which is their highest rank.
async fn by_group(asked: Members, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let counted = asked.count(from, true).await?;
    let is_of_one = |one: &Counted, next: &Counted| {
        one.kind == next.kind && one.regional_group == next.regional_group
    };
    for group in counted.chunk_by(is_of_one) {
        let Some(first) = group.first() else { continue };
        let delegations = group.chunk_by(|one, next| one.participant == next.participant);
        let levels: Vec<Rank> =
            delegations.filter_map(<[Counted]>::first).map(|one| one.rank).collect();
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let at = |rank| number(levels.iter().filter(|level| **level == rank).count());
        let mut row: Vec<Cell<'_>> = vec![
            first.kind.as_str().into(),
            first.regional_group.as_deref().into(),
            number(levels.len()).into(),
            group.iter().map(|one| one.members).sum::<i64>().into(),
        ];
        row.extend(of_each(at));
        to.row(&row).await?;
    }
    Ok(())
}
