//! Who can get in, by what, and since when they have not: for the regular review of who still should. No secret, and
//! nothing that one could be guessed from.

use deserr::Deserr;
use futures_util::TryStreamExt as _;
use serde::Serialize;

use crate::access::{Action, ROLES, Role};
use crate::input::Faults;
use crate::page::AnyOf;
use crate::reports::columns as c;
use crate::reports::export::{Broken, Sink};
use crate::reports::report::{Filter, Report, Source, parameters};
use crate::reports::words;

pub const REPORT: Report = Report {
    name: "accounts",
    titles: [
        "Accounts and access",
        "Comptes et accès",
        "Cuentas y acceso",
        "Tài khoản và quyền truy cập",
    ],
    seen_by: &[Action::ReviewAccounts],
    columns: &[
        c::text("email", ["E-mail", "Courriel", "Correo electrónico", "Thư điện tử"]),
        c::text("name", ["Name", "Nom", "Nombre", "Họ tên"]),
        c::code("role", words::ROLES, ["Role", "Rôle", "Función", "Vai trò"]),
        c::text("participants", ["Speaks for", "Représente", "Representa a", "Đại diện cho"]),
        c::truth("disabled", ["Disabled", "Désactivé", "Desactivada", "Đã khóa"]),
        c::truth(
            "must_change_password",
            [
                "Must change the password",
                "Doit changer le mot de passe",
                "Debe cambiar la contraseña",
                "Phải đổi mật khẩu",
            ],
        ),
        c::truth(
            "second_factor",
            ["Second factor", "Second facteur", "Segundo factor", "Yếu tố thứ hai"],
        ),
        c::number("api_keys", ["API keys", "Clés d'API", "Claves de API", "Khóa API"]),
        c::number(
            "logins",
            ["Logins that stand", "Sessions ouvertes", "Sesiones abiertas", "Phiên đang mở"],
        ),
        c::moment(
            "last_login_at",
            ["Last login", "Dernière connexion", "Último acceso", "Đăng nhập gần nhất"],
        ),
        c::moment("created_at", ["Created at", "Créé le", "Creada el", "Tạo lúc"]),
    ],
    parameters: parameters::<Roles>,
    order: |asked| asked.of(fill),
};

/// Which accounts.
#[derive(Debug, Serialize, Deserr, utoipa::IntoParams)]
#[deserr(error = Faults, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Roles {
    /// Of any of these roles, divided by commas; of all where nothing is said.
    #[deserr(default = AnyOf(ROLES.to_vec()))]
    #[param(value_type = Option<String>)]
    role: AnyOf<Role>,
}

impl Filter for Roles {}

async fn fill(asked: Roles, from: &mut Source, to: &mut Sink) -> Result<(), Broken> {
    let mut rows = sqlx::query!(
        r#"select email, name, role, speaks_for(account_id, $2) as "participants!", disabled_at is not null as "disabled!",
                  must_change_password, has_second_factor(account_id) as "second_factor!", created_at,
                  (select count(*) from api_key k where k.account_id = a.account_id and k.expires_at > $3) as "api_keys!",
                  (select count(*) from token t where t.account_id = a.account_id and t.expires_at > $3) as "logins!",
                  (select max(happened_at) from event e where e.subject = a.account_id and e.kind = 'account.logged_in')
                      as last_login_at
           from account a
           where role = any ($1)
           order by array_position($1, role), email"#,
        &asked.role.0 as _,
        from.now.date_naive(),
        from.now,
    )
    .fetch(&mut *from.tx);
    while let Some(row) = rows.try_next().await? {
        to.row(&[
            row.email.into(),
            row.name.into(),
            row.role.into(),
            row.participants.join(" ").into(),
            row.disabled.into(),
            row.must_change_password.into(),
            row.second_factor.into(),
            row.api_keys.into(),
            row.logins.into(),
            row.last_login_at.into(),
            row.created_at.into(),
        ])
        .await?;
    }
    Ok(())
}
