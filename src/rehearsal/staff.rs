//! The people who log in: the administrator, the officers, and a focal point for each participant.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::json;
use tokio::sync::OnceCell;
use zeroize::Zeroizing;

use super::Error;
use super::cast::Part;
use super::client::{Caller, Client};
use crate::access::Role;
use crate::secret;
use crate::text::ParticipantCode;

/// Who makes the other accounts.
#[derive(Clone)]
pub struct Administrator {
    /// The address that they log in with.
    pub email: String,
    /// Their password; a one-time password is replaced at the first login.
    pub password: Zeroizing<String>,
}

/// The officers, each with a login of their own.
pub struct Staff<'a> {
    client: &'a Client,
    accounts: HashMap<String, String>,
    /// Makes accounts.
    pub administrator: Caller<'a>,
    accreditation: [Caller<'a>; 2],
    /// The first treaty officer verifies and records.
    pub treaty: Caller<'a>,
    /// The second confirms.
    pub second_treaty: Caller<'a>,
    /// The host's security.
    pub security: Caller<'a>,
}

/// A participant's focal point, who logs in when there is something to do.
pub struct FocalPoint<'a> {
    staff: &'a Staff<'a>,
    code: ParticipantCode,
    caller: OnceCell<Caller<'a>>,
}

#[derive(Deserialize)]
struct Account {
    id: String,
    email: String,
}

#[derive(Deserialize)]
struct Invited {
    initial_password: String,
}

#[derive(Deserialize)]
struct Login {
    token: String,
    must_change_password: bool,
}

/// Who is to have an account.
struct Newcomer<'p> {
    email: String,
    name: String,
    role: Role,
    participant: Option<&'p ParticipantCode>,
}

impl<'a> Staff<'a> {
    /// Logs in the administrator, and makes the officers where they are not there yet.
    pub async fn gather(client: &'a Client, administrator: &Administrator) -> Result<Self, Error> {
        let administrator = log_in_administrator(client, administrator).await?;
        let accounts: Vec<Account> = administrator.list("/accounts").await?;
        let accounts = accounts.into_iter().map(|account| (account.email, account.id)).collect();
        let door = Door { client, administrator: &administrator, accounts: &accounts };
        let officer = |role: Role, number: u8| Newcomer {
            email: officer_address(role, number),
            name: format!("EXEMPLAR Officer {} {number}", role.as_str()),
            role,
            participant: None,
        };
        Ok(Self {
            client,
            accreditation: [
                door.enter(&officer(Role::Accreditation, 1)).await?,
                door.enter(&officer(Role::Accreditation, 2)).await?,
            ],
            treaty: door.enter(&officer(Role::Treaty, 1)).await?,
            second_treaty: door.enter(&officer(Role::Treaty, 2)).await?,
            security: door.enter(&officer(Role::Security, 1)).await?,
            administrator: administrator.clone(),
            accounts,
        })
    }

    /// The accreditation officer who looks after a participant.
    pub fn accreditation(&self, part: &Part) -> &Caller<'a> {
        let [first, second] = &self.accreditation;
        if part.number.is_multiple_of(2) { first } else { second }
    }

    /// Any accreditation officer: all of them see all delegations.
    pub fn any_accreditation(&self) -> &Caller<'a> {
        let [first, _] = &self.accreditation;
        first
    }

    /// The focal point of a participant.
    pub fn focal_point(&'a self, part: &Part) -> FocalPoint<'a> {
        FocalPoint { staff: self, code: part.participant.code.clone(), caller: OnceCell::new() }
    }
}

impl<'a> FocalPoint<'a> {
    /// Logged in; with an account made, and the one-time password replaced, where that is needed.
    pub async fn here(&self) -> Result<&Caller<'a>, Error> {
        let Staff { client, administrator, accounts, .. } = self.staff;
        let door = Door { client, administrator, accounts };
        let newcomer = Newcomer {
            email: format!("{}@rehearsal.example", self.code.as_str().to_lowercase()),
            name: format!("EXEMPLAR Focal Point {}", self.code),
            role: Role::FocalPoint,
            participant: Some(&self.code),
        };
        self.caller.get_or_try_init(|| door.enter(&newcomer)).await
    }
}

/// A token of the first officer of a role.
pub async fn token(client: &Client, role: Role) -> Result<String, Error> {
    let email = officer_address(role, 1);
    let password = client.notebook.password(&email);
    let login = log_in(client, &email, &password).await?;
    login.map(|login| login.token).ok_or(Error::Shut(email))
}

fn officer_address(role: Role, number: u8) -> String {
    format!("{}-{number}@rehearsal.example", role.as_str())
}

/// The way in.
struct Door<'d, 'a> {
    client: &'a Client,
    administrator: &'d Caller<'a>,
    accounts: &'d HashMap<String, String>,
}

impl<'a> Door<'_, 'a> {
    /// Logs somebody in who has the password that follows from the seed; gives it to who has not.
    async fn enter(&self, newcomer: &Newcomer<'_>) -> Result<Caller<'a>, Error> {
        let Newcomer { email, name, role, participant } = newcomer;
        let own = self.client.notebook.password(email);
        let invited = if let Some(id) = self.accounts.get(email) {
            if let Some(login) = log_in(self.client, email, &own).await? {
                return Ok(self.client.known(email, login.token));
            }
            // The last run ended between the two passwords. A new key each time: the answer to an old one would hold
            // a password that is none any more.
            let key = format!("rehearsal.reset.{}", secret::random_text());
            self.administrator.act(&format!("/accounts/{id}/reset-password"), &key).await?
        } else {
            let wanted = json!({
                "email": email, "name": name, "role": role, "participant": participant,
            });
            let key = format!("rehearsal.account.{email}");
            self.administrator.post("/accounts", &key, &wanted).await?
        };
        let Invited { initial_password } = invited.json()?;
        let initial_password = Zeroizing::new(initial_password);
        let login = log_in(self.client, email, &initial_password).await?;
        let login = login.ok_or_else(|| Error::Shut(email.clone()))?;
        replace_password(self.client, login, email, &initial_password).await
    }
}

/// Given password first; that of the rehearsal, if an earlier run had to replace it.
async fn log_in_administrator<'a>(
    client: &'a Client,
    administrator: &Administrator,
) -> Result<Caller<'a>, Error> {
    let Administrator { email, password } = administrator;
    if let Some(login) = log_in(client, email, password).await? {
        if login.must_change_password {
            return replace_password(client, login, email, password).await;
        }
        return Ok(client.known(email, login.token));
    }
    let own = client.notebook.password(email);
    let login = log_in(client, email, &own).await?;
    login.map(|login| client.known(email, login.token)).ok_or_else(|| Error::Shut(email.clone()))
}

/// A login, or nothing where address or password are wrong.
async fn log_in(client: &Client, email: &str, password: &str) -> Result<Option<Login>, Error> {
    let credentials = json!({ "email": email, "password": password });
    match client.anybody().post_plain("/auth/login", &credentials).await {
        Ok(reply) => reply.json().map(Some),
        Err(Error::Refused { status: 401, .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn replace_password<'a>(
    client: &'a Client,
    login: Login,
    email: &str,
    current: &str,
) -> Result<Caller<'a>, Error> {
    let own = client.notebook.password(email);
    let caller = client.known(email, login.token);
    let change = json!({ "current": current, "new": own.as_str() });
    match caller.post_plain("/auth/password", &change).await {
        Ok(_) => Ok(caller),
        // The answer to a first try was lost: then the new password is in force.
        Err(Error::Refused { status: 422, .. }) => {
            let login = log_in(client, email, &own).await?;
            login
                .map(|login| client.known(email, login.token))
                .ok_or_else(|| Error::Shut(email.to_owned()))
        }
        Err(error) => Err(error),
    }
}
