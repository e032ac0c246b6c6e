//! Every title of every file about delegations and of every report, and who is to see it.

use super::Class::{self, Access, Contact, Erasure, Known, Paper, Planned, Protocol, Staff, Trail};

/// Who sees which column of what.
pub const OF_FILES: &[(&str, Class, &str)] = &[
    (
        "members.csv",
        Protocol,
        "id, family_name, given_names, badge_name, native_name, form_of_address, function, rank, functional_title, affiliation, \
         nationality, language",
    ),
    ("members.csv", Contact, "date_of_birth, passport_number, passport_expires_on, email"),
    (
        "import-template.csv",
        Contact,
        "id, family_name, given_names, badge_name, native_name, form_of_address, function, rank, functional_title, affiliation, \
         date_of_birth, nationality, passport_number, passport_expires_on, email, language",
    ),
    (
        "composition.csv",
        Protocol,
        "Code, As of, Function, Title, Family name, Given names, Position, Affiliation, Rank, Status",
    ),
    (
        "delegations.csv",
        Protocol,
        "Code, Participant, Kind, Regional group, Stage, Since, Head of delegation, Rank of the head, Members, Draft, In review, \
         Approved",
    ),
    (
        "participants.csv",
        Protocol,
        "Code, Participant, Kind, Function, Title, Family name, Given names, Position, Affiliation, Rank, Status",
    ),
    (
        "missing-documents.csv",
        Protocol,
        "Code, Participant, Stage, Family name, Given names, Item, Level, Needed to, State, Waits for",
    ),
    (
        "level-of-participation.csv, level-of-participation-by-group.csv",
        Protocol,
        "Code, Participant, Kind, Regional group, Level, Delegations, Members, Heads of State, Heads of Government, \
         Vice-Presidents, Crown Princes, Deputy Prime Ministers, Ministers, Vice-Ministers, Permanent Representatives, Directors, \
         Officials, No rank",
    ),
    (
        "full-powers.csv",
        Paper,
        "Code, Signer, Office, Basis, Acting, Full powers needed, Stage, Gaps, Bars to signing, Issued, Expires, \
         Original received, Place, Appointment",
    ),
    (
        "signatories.csv",
        Paper,
        "Code, Participant, Signatory, Office, Capacity, Acting, Place, Date, Signed at, Ad referendum, Lifted, Corrected",
    ),
    (
        "running-order.csv",
        Paper,
        "Day, Place, No., Code, Participant, Signer, Office, Rank, Appointment, State, Since, Reason",
    ),
    (
        "vetting.csv",
        Known,
        "Code, Participant, Family name, Given names, Name in native script, Nationality, Status, Since, Photo, Passport, \
         Identity",
    ),
    (
        "treaty-status.csv",
        Staff,
        "Code, Participant, Signature, Signature (text), Deposit, Ratification; Acceptance (A); Approval (AA); Accession (a), \
         No intention to become a party, Denunciation",
    ),
    (
        "programme.csv",
        Staff,
        "Day, From, Until, Room, Kind, Title, With, Access, Places, Languages, Cancelled, Starts at (UTC), Ends at (UTC)",
    ),
    (
        "side-events.csv",
        Planned,
        "Code, Participant, Title, State, Audience, Preferred slots, Co-sponsors, Room, Starts at (UTC), Submitted at",
    ),
    (
        "seating.csv",
        Planned,
        "Session, Starts at (UTC), Code, Participant, Seats, Of these assigned",
    ),
    (
        "speakers.csv",
        Planned,
        "Session, Starts at (UTC), No., Code, Statement, Speaker, Office, Rank, Language, On behalf of, State, From, Until, \
         Inscribed at",
    ),
    (
        "accounts.csv",
        Access,
        "E-mail, Name, Role, Speaks for, Disabled, Must change the password, Second factor, API keys, Logins that stand, \
         Last login, Created at",
    ),
    (
        "audit-trail.csv",
        Trail,
        "Happened at, Event, Code, Subject, Account, API key, Reason, Fields, Request, Entry of the log, Identity",
    ),
    ("still-held.csv", Erasure, "Data, Purpose, Kept until, Due, Rows, On legal hold"),
];
