//! Which tokens open which route: the one place that says so, for every kind of token.

use crate::text::choices;

choices! {
    /// What an API key may do: a resource and a verb. `read` is GET, `write` everything else. A report has a scope of its
    /// own, for keys that fetch it and nothing else; `reports:read` is all of them.
    KeyScope {
        /// Full powers' appointments to sign.
        ReadAppointments = "appointments:read",
        /// The same, to make and to cancel them.
        WriteAppointments = "appointments:write",
        /// The audit trail, and whether it and the record are as they were signed.
        ReadAudit = "audit:read",
        /// What missions ask to change of members.
        ReadChangeRequests = "change-requests:read",
        /// The same, to ask, decide and take back.
        WriteChangeRequests = "change-requests:write",
        /// Delegations, their history, checklist and composition.
        ReadDelegations = "delegations:read",
        /// The same, with every step of a delegation.
        WriteDelegations = "delegations:write",
        /// Uploaded papers and their content.
        ReadDocuments = "documents:read",
        /// The same, to upload, verify and refuse.
        WriteDocuments = "documents:write",
        /// Proofs of what was forgotten.
        ReadErasureCertificates = "erasure-certificates:read",
        /// Who speaks for participants.
        ReadFocalPoints = "focal-points:read",
        /// Full powers.
        ReadFullPowers = "full-powers:read",
        /// The same, to lodge them and to verify, refuse or revoke them.
        WriteFullPowers = "full-powers:write",
        /// Lists of members that came as files.
        ReadImports = "imports:read",
        /// The same, to upload them and to take them in or back.
        WriteImports = "imports:write",
        /// What may not be forgotten for now.
        ReadLegalHolds = "legal-holds:read",
        /// Members, as list, file or item, the passport masked.
        ReadMembers = "members:read",
        /// The same, with every step of a member, alone or in batches.
        WriteMembers = "members:write",
        /// The register.
        ReadParticipants = "participants:read",
        /// The same, to add and to change.
        WriteParticipants = "participants:write",
        /// Seats of the programme's sessions, and the waiting lists.
        ReadSeats = "seats:read",
        /// The same, to book them and to give them back.
        WriteSeats = "seats:write",
        /// The programme, its rooms and sessions.
        ReadProgramme = "programme:read",
        /// The same, to plan and to release it.
        WriteProgramme = "programme:write",
        /// Side events.
        ReadSideEvents = "side-events:read",
        /// The same, to apply for them, to review them and to give them their places.
        WriteSideEvents = "side-events:write",
        /// What waits for officers.
        ReadQueues = "queues:read",
        /// The same, to take the next.
        WriteQueues = "queues:write",
        /// Every report.
        ReadReports = "reports:read",
        /// The delegations report alone.
        ReportDelegations = "reports:delegations",
        /// The report on missing papers alone.
        ReportMissingDocuments = "reports:missing-documents",
        /// The list of participants alone.
        ReportParticipants = "reports:participants",
        /// Speakers' lists.
        ReadSpeakers = "speakers:read",
        /// The same, to inscribe, to exchange places and to run them.
        WriteSpeakers = "speakers:write",
        /// What is still held of people.
        ReadRetention = "retention:read",
        /// The record of treaty actions, and who signs next.
        ReadTreaty = "treaty:read",
    }
}

/// What a route asks of the token that somebody comes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Nothing: it is for everybody.
    Everybody,
    /// Any token that stands: the route tells what it is.
    AnyToken,
    /// A person's login. What keeps accounts, lets people in, shows a passport or makes a record that is for ever is done
    /// by somebody, not by a program with somebody's key.
    Login,
    /// A person's login, or a device of the gate's profile.
    Gate,
    /// A person's login, or a key with this scope.
    Key(KeyScope),
}

impl Reach {
    /// What a route asks for, by its method and the pattern of its path, in which a report is called by its name; none for a
    /// route that nobody has thought of.
    #[must_use]
    pub fn of(method: &str, pattern: &str) -> Option<Self> {
        let Some(path) = pattern.strip_prefix("/api/v1/") else { return Some(Self::Everybody) };
        let is_read = method.eq_ignore_ascii_case("get") || method.eq_ignore_ascii_case("head");
        let parts: Vec<&str> = path.split(['/', '.', ':']).collect();
        match (is_read, parts.as_slice()) {
            (_, ["auth", "me"]) => return Some(Self::AnyToken),
            (_, ["gate", ..]) => return Some(Self::Gate),
            (true, ["signing", ..]) => return Some(Self::Key(KeyScope::ReadTreaty)),
            (true, ["sessions", _, "seating" | "waiting-list", ..]) => {
                return Some(Self::Key(KeyScope::ReadSeats));
            }
            (false, ["sessions", _, "replies"]) => return Some(Self::Key(KeyScope::WriteSpeakers)),
            (false, ["sessions", _, "waiting-list", ..]) => {
                return Some(Self::Key(KeyScope::WriteSeats));
            }
            (true, ["rooms" | "sessions"] | ["rooms" | "sessions", _]) => {
                return Some(Self::Key(KeyScope::ReadProgramme));
            }
            (
                false,
                ["rooms" | "sessions"] | ["rooms" | "sessions", _] | ["sessions", _, "cancel"],
            ) => {
                return Some(Self::Key(KeyScope::WriteProgramme));
            }
            (true, ["overrides", ..]) => return Some(Self::Key(KeyScope::ReadFullPowers)),
            (
                _,
                [
                    "auth" | "accounts" | "invitations" | "api-keys" | "devices" | "messages"
                    | "letters" | "mailings" | "calendar-feeds",
                    ..,
                ]
                | ["ledger", "orders", ..]
                | ["delegations", _, "members", _, "passport" | "erase"],
            )
            | (
                false,
                ["delegations", _, "focal-points", ..]
                | ["legal-holds" | "overrides" | "signing" | "treaty", ..]
                | ["full-powers", _, "confirm" | "overrides"],
            ) => return Some(Self::Login),
            // Whoever trusts nobody asks for proofs; the address of a calendar lets in by itself.
            (_, ["ledger" | "calendars", ..]) => return Some(Self::Everybody),
            (true, ["reports", report, _]) => {
                let own = KeyScope::parse(&format!("reports:{report}"));
                return Some(Self::Key(own.unwrap_or(KeyScope::ReadReports)));
            }
            // Which report is asked for, the address of a job or a schedule does not say.
            (true, ["reports" | "exports" | "statistics", ..])
            | (false, ["exports"])
            | (_, ["jobs" | "export-schedules", ..]) => {
                return Some(Self::Key(KeyScope::ReadReports));
            }
            _ => {}
        }
        // The innermost part of the address that a scope is named for: `/delegations/{code}/members` is of members.
        let verb = if is_read { "read" } else { "write" };
        let scoped =
            parts.iter().rev().find_map(|part| KeyScope::parse(&format!("{part}:{verb}")).ok());
        scoped.map(Self::Key)
    }
}

impl KeyScope {
    /// Whether a key that has this scope may do what asks for another.
    #[must_use]
    pub fn covers(self, wanted: Self) -> bool {
        self == wanted || (self == Self::ReadReports && wanted.as_str().starts_with("reports:"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_asks_for_the_scope_of_its_innermost_resource() {
        for (method, pattern, reach) in [
            ("get", "/health/live", Some(Reach::Everybody)),
            ("get", "/api/v1/auth/me", Some(Reach::AnyToken)),
            ("post", "/api/v1/auth/password", Some(Reach::Login)),
            ("get", "/api/v1/delegations", Some(Reach::Key(KeyScope::ReadDelegations))),
            (
                "post",
                "/api/v1/delegations/{code}/submit",
                Some(Reach::Key(KeyScope::WriteDelegations)),
            ),
            (
                "get",
                "/api/v1/delegations/{code}/members.csv",
                Some(Reach::Key(KeyScope::ReadMembers)),
            ),
            ("get", "/api/v1/delegations/{code}/members/{id}/passport", Some(Reach::Login)),
            ("post", "/api/v1/members:batch", Some(Reach::Key(KeyScope::WriteMembers))),
            (
                "get",
                "/api/v1/reports/participants.csv",
                Some(Reach::Key(KeyScope::ReportParticipants)),
            ),
            (
                "get",
                "/api/v1/reports/what-has-no-scope.xlsx",
                Some(Reach::Key(KeyScope::ReadReports)),
            ),
            ("get", "/api/v1/reports/members.of.csv", Some(Reach::Key(KeyScope::ReadReports))),
            ("get", "/api/v1/exports/{id}", Some(Reach::Key(KeyScope::ReadReports))),
            ("post", "/api/v1/exports", Some(Reach::Key(KeyScope::ReadReports))),
            ("post", "/api/v1/export-schedules/{id}/stop", Some(Reach::Key(KeyScope::ReadReports))),
            ("delete", "/api/v1/jobs/{id}", Some(Reach::Key(KeyScope::ReadReports))),
            ("post", "/api/v1/treaty/acts", Some(Reach::Login)),
            ("get", "/api/v1/what-nobody-thought-of", None),
        ] {
            assert_eq!(Reach::of(method, pattern), reach, "{method} {pattern}");
        }
    }

    #[test]
    fn a_scope_covers_itself_and_all_reports_cover_each() {
        assert!(KeyScope::ReadReports.covers(KeyScope::ReportParticipants));
        assert!(!KeyScope::ReportParticipants.covers(KeyScope::ReadReports));
        assert!(!KeyScope::WriteMembers.covers(KeyScope::ReadMembers));
    }
}
