-- A member list that came as a file: seen first, then taken in whole or not at all.
--
--     previewed ──► committed ──► rolled_back      while nothing was built on it
--         └───────► expired                        a day later
--
-- The legal transitions live in `delegations::imports::model`; this table only refuses rows that no transition could
-- produce. Nothing of a preview stands in `member` before it is committed.
create table import (
    import_id       uuid        primary key,
    participant     text        not null constraint import_participant_known references participant,
    state           text        not null,
    format          text        not null,

    -- What the preview found, for lists: how many rows there are of each kind.
    new_count       integer     not null,
    changed_count   integer     not null,
    unchanged_count integer     not null,
    faulty_count    integer     not null,

    -- The rows of a preview, with passports and dates of birth; after the commit, what is needed to take it back.
    -- Sealed with a key of the import's own; both are gone when they have no use any more.
    sealed_key      bytea,
    content         bytea,

    created_by      uuid        not null references account,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    committed_at    timestamptz,
    rolled_back_at  timestamptz,
    updated_at      timestamptz not null,
    version         bigint      not null default 1,

    constraint import_state_known check (state in ('previewed', 'committed', 'rolled_back', 'expired')),
    constraint import_format_known check (format in ('csv', 'xlsx')),
    constraint import_content_comes_with_its_key_and_goes_with_it check ((content is null) = (sealed_key is null)),
    constraint import_content_goes_with_its_use check
        ((state <> 'previewed' or content is not null) and (state in ('previewed', 'committed') or content is null)),
    constraint import_commit_has_time check
        ((state in ('committed', 'rolled_back')) = (committed_at is not null)),
    constraint import_rollback_has_time check ((state = 'rolled_back') = (rolled_back_at is not null)),
    -- A list with a faulty cell is mended first.
    constraint import_commits_no_fault check (committed_at is null or faulty_count = 0)
);
create index import_participant_idx on import (participant, import_id);
create index import_created_by_idx on import (created_by);
-- What is to be forgotten next.
create index import_expiry_idx on import (expires_at) where state = 'previewed';

-- R38: a mission's lists do not exist for another.
alter table import enable row level security;
create policy import_in_scope on import to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy import_is_audited on import for select to ceremony_auditor using (true);

grant select, insert on import to ceremony_app;
grant update (state, sealed_key, content, committed_at, rolled_back_at, updated_at, version) on import to ceremony_app;
grant select (import_id, participant, state, format, new_count, changed_count, unchanged_count, faulty_count,
    created_by, created_at, expires_at, committed_at, rolled_back_at, updated_at, version) on import to ceremony_auditor;

-- R36: an address is one person's in the whole event, and row-level security hides the others' rows. Which of these
-- addresses somebody outside a delegation has is answered without saying who: no more than the unique index on
-- `member` says to whoever enters a person, but for a whole list at once.
create function taken_outside(delegation_of text, addresses text[]) returns setof text
language sql stable security definer set search_path = public, pg_temp as $$
    select email from member where email = any (addresses) and stands and participant <> delegation_of
$$;
revoke all on function taken_outside(text, text[]) from public;
grant execute on function taken_outside(text, text[]) to ceremony_app;
