-- What a mission asks to change of a person whom others have passed on already (R37).
--
--     open ──► accepted | refused | withdrawn         lapsed: the entry itself came to its end before a decision
--
-- What was approved stands as it was approved until an officer decides.
create table change_request (
    change_request_id uuid    primary key,
    participant   text        not null references participant,
    member_id     uuid        not null references member,
    state         text        not null,

    -- Field by field what stood when it was asked for, and what is asked for.
    difference    jsonb       not null,
    -- The same of what is unreadable at rest (R50): which fields, and their values in one box, sealed with the member's
    -- key. The box is forgotten with the decision: what was refused was never true, what was accepted stands in the member.
    sealed_fields     text[]  not null,
    sealed_difference bytea,
    -- Whether it sends the person back to vetting.
    is_material   boolean     not null,
    note          text,                       -- the mission's
    reason        text,                       -- of whoever decided

    requested_by  uuid        not null references account,
    requested_at  timestamptz not null,
    decided_by    uuid        references account,
    decided_at    timestamptz,
    updated_at    timestamptz not null,
    version       bigint      not null default 1,

    constraint change_request_state_known check (state in ('open', 'accepted', 'refused', 'withdrawn', 'lapsed')),
    constraint change_request_decision_is_whole check
        ((state = 'open') = (decided_by is null) and (state = 'open') = (decided_at is null)),
    constraint change_request_refusal_has_reason check (state <> 'refused' or reason is not null),
    constraint change_request_forgets_what_was_sealed check
        ((state = 'open' and cardinality(sealed_fields) > 0) = (sealed_difference is not null))
);
-- One open request for a person, whoever asks at the same moment: two differences from one state cannot both be true.
create unique index change_request_one_open on change_request (member_id) where state = 'open';
-- The officers' queue, the oldest first.
create index change_request_state_idx on change_request (state, requested_at, change_request_id);
create index change_request_participant_idx on change_request (participant, requested_at, change_request_id);
create index change_request_member_idx on change_request (member_id, requested_at, change_request_id);
create index change_request_requested_by_idx on change_request (requested_by);
create index change_request_decided_by_idx on change_request (decided_by);

alter table change_request enable row level security;
create policy change_request_in_scope on change_request to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy change_request_is_audited on change_request for select to ceremony_auditor using (true);

-- What was asked for is never changed; only the decision about it is.
grant select, insert on change_request to ceremony_app;
grant update (state, sealed_difference, reason, decided_by, decided_at, updated_at, version) on change_request
    to ceremony_app;
grant select (change_request_id, participant, member_id, state, sealed_fields, is_material, reason, requested_by,
    requested_at, decided_by, decided_at, updated_at, version) on change_request to ceremony_auditor;

-- What stood when: each version of a delegation and of its members, from when it began until it ended (R39).
--
-- The database writes the versions itself, whatever changes a row; the service reads them and can write none. They hold
-- what a composition shows. What is sealed and where people are reached is not kept a second time: nobody asks for the
-- passport that somebody had a week ago, and what is not kept need not be erased.
create table delegation_version (
    delegation_id    uuid        not null,
    version          bigint      not null,
    began_at         timestamptz not null,
    ended_at         timestamptz,                -- null: it stands
    participant      text        not null,
    stage            text        not null,
    stage_changed_at timestamptz not null,
    stage_reason     text,

    constraint delegation_version_once primary key (delegation_id, version, began_at),
    constraint delegation_version_ends_after_it_began check (ended_at >= began_at)
);
create index delegation_version_participant_idx on delegation_version (participant, began_at);
create unique index delegation_version_one_stands on delegation_version (delegation_id) where ended_at is null;

create table member_version (
    member_id         uuid        not null,
    version           bigint      not null,
    began_at          timestamptz not null,
    ended_at          timestamptz,               -- null: it stands; of the last version: the draft was removed
    participant       text        not null,
    family_name       text        not null,
    given_names       text,
    badge_name        text        not null,
    native_name       text,
    form_of_address   text,
    function          text        not null,
    rank              text        not null,
    functional_title  text,
    affiliation       text,
    nationality       text,
    language          text,
    status            text        not null,
    status_changed_at timestamptz not null,
    status_reason     text,
    sort_name         text        collate "C" not null,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,

    constraint member_version_once primary key (member_id, version, began_at),
    constraint member_version_ends_after_it_began check (ended_at >= began_at)
);
create index member_version_participant_idx on member_version (participant, began_at);
create unique index member_version_one_stands on member_version (member_id) where ended_at is null;

-- A version begins when the transaction that made it says that it was, which the row carries as `updated_at`; but never
-- before the one that it follows, which a transaction that waited for the row could otherwise claim. A removal leaves no
-- row to carry its moment: the door for writes says it in `ceremony.now`.
create function remember_delegation() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare
    moment timestamptz;
begin
    update delegation_version v set ended_at = greatest(new.updated_at, v.began_at)
    where v.delegation_id = new.delegation_id and v.ended_at is null
    returning v.ended_at into moment;
    insert into delegation_version (delegation_id, version, began_at, participant, stage, stage_changed_at, stage_reason)
    values (new.delegation_id, new.version, coalesce(moment, new.updated_at), new.participant, new.stage,
        new.stage_changed_at, new.stage_reason);
    return null;
end
$$;

create function remember_member() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare
    moment timestamptz;
begin
    if tg_op = 'DELETE' then
        moment := coalesce(nullif(current_setting('ceremony.now', true), '')::timestamptz, now());
        update member_version v set ended_at = greatest(moment, v.began_at)
        where v.member_id = old.member_id and v.ended_at is null;
        return null;
    end if;
    update member_version v set ended_at = greatest(new.updated_at, v.began_at)
    where v.member_id = new.member_id and v.ended_at is null
    returning v.ended_at into moment;
    insert into member_version (member_id, version, began_at, participant, family_name, given_names, badge_name,
        native_name, form_of_address, function, rank, functional_title, affiliation, nationality, language, status,
        status_changed_at, status_reason, sort_name, created_at, updated_at)
    values (new.member_id, new.version, coalesce(moment, new.updated_at), new.participant, new.family_name,
        new.given_names, new.badge_name, new.native_name, new.form_of_address, new.function, new.rank,
        new.functional_title, new.affiliation, new.nationality, new.language, new.status, new.status_changed_at,
        new.status_reason, new.sort_name, new.created_at, new.updated_at);
    return null;
end
$$;

-- A change is what counts as one: each raises the row's version.
create trigger delegation_is_remembered after insert on delegation
    for each row execute function remember_delegation();
create trigger delegation_change_is_remembered after update on delegation
    for each row when (old.version < new.version) execute function remember_delegation();
create trigger member_is_remembered after insert or delete on member
    for each row execute function remember_member();
create trigger member_change_is_remembered after update on member
    for each row when (old.version < new.version) execute function remember_member();

-- What is there already stands since its last change; what it was before nobody wrote down.
insert into delegation_version (delegation_id, version, began_at, participant, stage, stage_changed_at, stage_reason)
select delegation_id, version, updated_at, participant, stage, stage_changed_at, stage_reason from delegation;
insert into member_version (member_id, version, began_at, participant, family_name, given_names, badge_name, native_name,
    form_of_address, function, rank, functional_title, affiliation, nationality, language, status, status_changed_at,
    status_reason, sort_name, created_at, updated_at)
select member_id, version, updated_at, participant, family_name, given_names, badge_name, native_name, form_of_address,
    function, rank, functional_title, affiliation, nationality, language, status, status_changed_at, status_reason,
    sort_name, created_at, updated_at from member;

alter table delegation_version enable row level security;
alter table member_version enable row level security;
create policy delegation_version_in_scope on delegation_version for select to ceremony_app
    using (in_scope(participant));
create policy member_version_in_scope on member_version for select to ceremony_app using (in_scope(participant));
create policy delegation_version_is_audited on delegation_version for select to ceremony_auditor using (true);
create policy member_version_is_audited on member_version for select to ceremony_auditor using (true);

grant select on delegation_version, member_version to ceremony_app, ceremony_auditor;
