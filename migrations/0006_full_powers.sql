-- Full powers: the claim that a person may sign for a participant, and what the secretariat made of it (R6–R10).
--
--     lodged ──► verified ──► confirmed
--        ├───────────┴─────► refused
--        └───────────┴───────────┴─────► revoked
--
-- The gaps of R7 and the legal transitions live in `full_powers::model`; this table only refuses rows that no
-- transition could produce.
create table full_powers (
    full_powers_id       uuid        primary key,
    participant          text        not null references participant,
    member_id            uuid        not null constraint full_powers_signer_is_known references member,

    -- As they shall stand in the record: a member's entry may change afterwards, what was checked may not.
    signer_name          text        not null,
    signer_office        text        not null,

    basis                text        not null,
    acting               boolean     not null,     -- whether the office of the basis is held by acting in it

    -- What the paper says; what it does not say is null, and a gap.
    treaty               text,
    names_person         boolean     not null,
    acts                 text[]      not null,
    issued_on            date,
    issuer_name          text,
    issuer_office        text,
    issuer_participant   text,                     -- where it is another than the signer's, which is a gap
    expires_on           date,
    document_id          uuid        references document,

    lodged_by            uuid        not null references account,
    lodged_at            timestamptz not null,
    original_received_by uuid        references account,
    original_received_at timestamptz,

    stage                text        not null,
    verified_by          uuid        references account,
    verified_at          timestamptz,
    confirmed_by         uuid        references account,
    confirmed_at         timestamptz,
    closed_by            uuid        references account,     -- who refused or revoked them
    closed_at            timestamptz,
    reason               text,
    updated_at           timestamptz not null,
    version              bigint      not null default 1,

    constraint full_powers_basis_known check (basis in
        ('full_powers', 'head_of_state', 'head_of_government', 'foreign_minister')),
    constraint full_powers_only_an_office_is_acted_in check (not acting or basis <> 'full_powers'),
    constraint full_powers_acts_known check (acts <@ array['represent', 'negotiate', 'sign']),
    constraint full_powers_issuer_is_whole check ((issuer_name is null) = (issuer_office is null)),
    constraint full_powers_issuer_office_known check (issuer_office in
        ('head_of_state', 'head_of_government', 'foreign_minister', 'other')),
    constraint full_powers_expire_after_issue check (expires_on >= issued_on),

    constraint full_powers_stage_known check (stage in ('lodged', 'verified', 'confirmed', 'refused', 'revoked')),
    constraint full_powers_marks_are_whole check (
        (original_received_by is null) = (original_received_at is null)
        and (verified_by is null) = (verified_at is null)
        and (confirmed_by is null) = (confirmed_at is null)
        and (closed_by is null) = (closed_at is null)),
    constraint full_powers_marks_fit_the_stage check (case stage
        when 'lodged' then verified_by is null and confirmed_by is null
        when 'verified' then verified_by is not null and confirmed_by is null
        when 'confirmed' then verified_by is not null and confirmed_by is not null
        when 'refused' then confirmed_by is null
        else verified_by is not null or confirmed_by is null end),
    constraint full_powers_closing_has_reason check (
        (stage in ('refused', 'revoked')) = (closed_by is not null)
        and (stage in ('refused', 'revoked')) = (reason is not null)),

    -- R9: two persons, whatever the program does.
    constraint full_powers_confirmed_by_a_second_officer check (confirmed_by <> verified_by),

    -- For references that must be of the same participant.
    constraint full_powers_of_participant unique (full_powers_id, participant)
);
create index full_powers_participant_idx on full_powers (participant, full_powers_id);
create index full_powers_stage_idx on full_powers (stage, full_powers_id);
create index full_powers_member_idx on full_powers (member_id);
create index full_powers_document_idx on full_powers (document_id);
create index full_powers_lodged_by_idx on full_powers (lodged_by);
create index full_powers_original_received_by_idx on full_powers (original_received_by);
create index full_powers_verified_by_idx on full_powers (verified_by);
create index full_powers_confirmed_by_idx on full_powers (confirmed_by);
create index full_powers_closed_by_idx on full_powers (closed_by);

-- The hour at which a participant is to sign (R9). The offset is kept as it was given: the hour is the place's.
create table appointment (
    appointment_id    uuid        primary key,
    participant       text        not null references participant,
    full_powers_id    uuid        not null,
    place             text        not null,
    signs_at          timestamptz not null,
    signs_offset_minutes integer  not null,
    made_by           uuid        not null references account,
    made_at           timestamptz not null,
    cancelled_by      uuid        references account,
    cancelled_at      timestamptz,
    reason            text,                        -- why it was cancelled
    updated_at        timestamptz not null,
    version           bigint      not null default 1,

    constraint appointment_is_its_participants
        foreign key (full_powers_id, participant) references full_powers (full_powers_id, participant),
    constraint appointment_offset_is_of_a_day check (signs_offset_minutes between -1439 and 1439),
    constraint appointment_cancellation_is_whole check (
        (cancelled_by is null) = (cancelled_at is null) and (cancelled_by is null) = (reason is null))
);
-- One hour for one signer. A substitute has full powers of their own.
create unique index appointment_standing_once on appointment (full_powers_id) where cancelled_at is null;
create index appointment_full_powers_idx on appointment (full_powers_id, participant);
create index appointment_participant_idx on appointment (participant, appointment_id);
create index appointment_made_by_idx on appointment (made_by);
create index appointment_cancelled_by_idx on appointment (cancelled_by);

-- A mission's papers do not exist for another (R38).
alter table full_powers enable row level security;
create policy full_powers_in_scope on full_powers to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy full_powers_are_audited on full_powers for select to ceremony_auditor using (true);
alter table appointment enable row level security;
create policy appointment_in_scope on appointment to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy appointment_is_audited on appointment for select to ceremony_auditor using (true);

-- What was lodged is never changed; only what the secretariat makes of it is.
grant select, insert on full_powers, appointment to ceremony_app;
grant update (original_received_by, original_received_at, stage, verified_by, verified_at, confirmed_by, confirmed_at,
              closed_by, closed_at, reason, updated_at, version) on full_powers to ceremony_app;
grant update (cancelled_by, cancelled_at, reason, updated_at, version) on appointment to ceremony_app;
grant select on full_powers, appointment to ceremony_auditor;
