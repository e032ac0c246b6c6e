-- Focal points whole (R38): one primary and backups, each appointed by a document, each until a day; and the invitations
-- by which people come in and set their own password.
--
--     invited ──► in force ──► expired              ended: from any of them, for good
--
-- Only what happened is stored. That an appointment is over follows from the day, at each request.

alter table document add constraint document_of_one_participant unique (document_id, participant);

alter table focal_point
    -- Nobody yet, while the person is invited.
    alter column account_id drop not null,
    add column is_primary   boolean     not null default false,
    -- The paper of this participant that appoints the person; null: it is still to come.
    add column document_id  uuid,
    -- The last day on which the person speaks for the participant; null: nobody said.
    add column expires_on   date,
    add column appointed_by uuid        references account,    -- null: the keeper of the server, or nobody wrote it down
    add column ended_by     uuid        references account,
    add column end_reason   text,
    add column updated_at   timestamptz,
    add column version      bigint      not null default 1,
    add constraint focal_point_document_is_its_participants
        foreign key (document_id, participant) references document (document_id, participant),
    add constraint focal_point_end_is_whole check (ended_at is not null or (ended_by is null and end_reason is null)),
    add constraint focal_point_of_one_participant unique (focal_point_id, participant);

-- Who was there first was the one to turn to.
update focal_point f set is_primary = f.ended_at is null and not exists (
        select from focal_point other
        where other.participant = f.participant and other.ended_at is null
          and (other.appointed_at, other.focal_point_id) < (f.appointed_at, f.focal_point_id)),
    updated_at = coalesce(f.ended_at, f.appointed_at);
alter table focal_point
    alter column updated_at set not null,
    alter column is_primary drop default;

-- One primary at a time, however many are appointed or handed over to at once.
create unique index focal_point_one_primary on focal_point (participant) where is_primary and ended_at is null;
create index focal_point_document_idx on focal_point (document_id, participant);
create index focal_point_appointed_by_idx on focal_point (appointed_by);
create index focal_point_ended_by_idx on focal_point (ended_by);

-- Who speaks for a mission is that mission's business.
alter table focal_point enable row level security;
create policy focal_point_in_scope on focal_point to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy focal_point_is_audited on focal_point for select to ceremony_auditor using (true);

-- For whom an account speaks on a day: what a request's scope is made of, and so what has to be known before there is
-- a scope. It tells nothing but codes, of one account.
create function speaks_for(account uuid, today date) returns text[] language sql stable security definer
set search_path = public, pg_temp as $$
    select coalesce(array_agg(f.participant order by f.participant), '{}')
    from focal_point f
    where f.account_id = account and f.ended_at is null and (f.expires_on is null or f.expires_on >= today)
$$;
revoke execute on function speaks_for from public;
grant execute on function speaks_for to ceremony_app;

-- Whom an appointment is of, and of whose, is never changed: only who came in on it, and how it goes on.
revoke update on focal_point from ceremony_app;
grant update (account_id, is_primary, document_id, expires_on, ended_at, ended_by, end_reason, updated_at, version)
    on focal_point to ceremony_app;

-- An invitation: whoever brings its code comes in, once, with a password of their own.
--
--     open ──► accepted | withdrawn          expired: open past its hour, until a fresh code is made
--
-- The code itself is never stored, only its SHA-256: a copy of this table lets nobody in.
create table invitation (
    invitation_id  uuid        primary key,
    -- The appointment that it is for; null: for an office of the organizer.
    focal_point_id uuid,
    participant    text,
    email          text        not null,
    name           text        not null,
    role           text        not null,
    hash           bytea       not null,
    invited_by     uuid        not null references account,
    invited_at     timestamptz not null,
    expires_at     timestamptz not null,
    accepted_by    uuid        references account,
    accepted_at    timestamptz,
    withdrawn_by   uuid        references account,
    withdrawn_at   timestamptz,
    updated_at     timestamptz not null,
    version        bigint      not null default 1,

    constraint invitation_code_once unique (hash),
    constraint invitation_hash_is_sha256 check (octet_length(hash) = 32),
    constraint invitation_role_known check (role in
        ('administrator', 'accreditation', 'treaty', 'programme', 'security', 'gate', 'auditor', 'focal_point')),
    constraint invitation_of_a_focal_point_is_whole check
        ((role = 'focal_point') = (focal_point_id is not null) and (focal_point_id is null) = (participant is null)),
    constraint invitation_ends_after_it_began check (expires_at > invited_at),
    constraint invitation_is_accepted_by_somebody check ((accepted_at is null) = (accepted_by is null)),
    constraint invitation_is_withdrawn_by_somebody check ((withdrawn_at is null) = (withdrawn_by is null)),
    constraint invitation_comes_to_one_end check (accepted_at is null or withdrawn_at is null),
    -- A fresh code replaces the old one in its row, so that never two are good for one appointment.
    constraint invitation_to_an_appointment_once unique (focal_point_id, participant),
    constraint invitation_is_of_its_participant
        foreign key (focal_point_id, participant) references focal_point (focal_point_id, participant)
);
create index invitation_invited_by_idx on invitation (invited_by);
create index invitation_accepted_by_idx on invitation (accepted_by);
create index invitation_withdrawn_by_idx on invitation (withdrawn_by);

alter table invitation enable row level security;
create policy invitation_in_scope on invitation to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy invitation_is_audited on invitation for select to ceremony_auditor using (true);

-- Who is invited, and to what, is never changed.
grant select, insert on invitation to ceremony_app;
grant update (hash, invited_by, invited_at, expires_at, accepted_by, accepted_at, withdrawn_by, withdrawn_at, updated_at,
              version) on invitation to ceremony_app;
grant select (invitation_id, focal_point_id, participant, role, invited_by, invited_at, expires_at, accepted_by,
              accepted_at, withdrawn_by, withdrawn_at, updated_at, version) on invitation to ceremony_auditor;
