//! The rows of which leaves are made.

use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::model::{ActRow, ChangeRow, DeclarationRow, NotificationRow, OverrideRow};

/// Rows of the record in the order of recording: some, or all.
pub async fn acts(
    conn: &mut PgConnection,
    wanted: Option<&[Uuid]>,
) -> Result<Vec<ActRow>, sqlx::Error> {
    sqlx::query_as!(
        ActRow,
        r#"select act_id, kind as "kind?", participant as "participant?", action_id as "action_id?", place, (done_at at time zone 'UTC')::text as done_at,
                  done_offset_minutes, legal_date::text, signatory_name, signatory_office, signatory_capacity, signatory_acting,
                  full_powers_id, ad_referendum, of_act_id, of_recorded_by, reason, recorded_by as "recorded_by?",
                  (recorded_at at time zone 'UTC')::text as recorded_at,
                  coalesce((select jsonb_agg(to_jsonb(d) - 'act_id' order by d.position) from act_declaration d
                            where d.act_id = a.act_id), '[]') as "declarations!: Json<Vec<DeclarationRow>>",
                  coalesce((select jsonb_agg(to_jsonb(c) - 'act_id' order by c.position) from act_change c
                            where c.act_id = a.act_id), '[]') as "changes!: Json<Vec<ChangeRow>>",
                  coalesce((select jsonb_agg(to_jsonb(o) - 'act_id' order by o.full_powers_override_id) from act_override o
                            where o.act_id = a.act_id), '[]') as "overrides!: Json<Vec<OverrideRow>>"
           from act a where $1::uuid[] is null or act_id = any ($1) order by a.recorded_at, a.act_id"#,
        wanted as _,
    )
    .fetch_all(conn)
    .await
}

/// Notifications in the order in which they were noted: some, or all.
pub async fn notifications(
    conn: &mut PgConnection,
    wanted: Option<&[Uuid]>,
) -> Result<Vec<NotificationRow>, sqlx::Error> {
    sqlx::query_as!(
        NotificationRow,
        r#"select act_notification_id, act_id as "act_id?", number as "number?", published_on::text, noted_by as "noted_by?",
                  (noted_at at time zone 'UTC')::text as noted_at
           from act_notification where $1::uuid[] is null or act_notification_id = any ($1)
           order by noted_at, act_notification_id"#,
        wanted as _,
    )
    .fetch_all(conn)
    .await
}
