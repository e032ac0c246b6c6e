-- A report that is made while nobody waits at the socket: asked for, made by a worker, fetched in parts of any size.
--
--     waiting ──► running ──► done ──► expired      a day later, or when somebody was erased whom it may name
--        │           ├──────► failed                too large for its format, or tried too often
--        └───────────┴──────► cancelled             at its owner's word, or with their right to it (also when done)
--
-- A worker has a job until `due_at`, by the database's clock, and moves that ahead while it lives. If it dies, the job is
-- due again: `attempts` then says whose it is, and whoever had it before can neither add to it nor end it.
create table export_job (
    export_job_id uuid        primary key,
    account_id    uuid        not null references account,
    -- By which key it was asked for: it is that key's, and ends with it.
    api_key_id    uuid        references api_key on delete set null,
    request_id    text        not null,
    report        text        not null,
    format        text        not null,
    parameters    jsonb       not null,
    state         text        not null default 'waiting',
    -- Why it has no result.
    why           text,
    attempts      integer     not null default 0,
    -- How many rows there are so far.
    row_count     bigint      not null default 0,
    size_bytes    bigint,
    sha256        bytea,
    -- What opens its parts; without it they are nothing.
    sealed_key    bytea,
    created_at    timestamptz not null,
    due_at        timestamptz not null default now(),
    done_at       timestamptz,
    -- Until when the result is kept.
    expires_at    timestamptz,
    ended_at      timestamptz,

    constraint export_job_state_known check
        (state in ('waiting', 'running', 'done', 'failed', 'cancelled', 'expired')),
    constraint export_job_why_known check (why in ('asked', 'right_ended', 'erasure', 'too_large', 'given_up')),
    constraint export_job_fails_for_a_reason check (state not in ('failed', 'cancelled') or why is not null),
    constraint export_job_key_goes_with_its_use check
        ((state in ('waiting', 'running', 'done')) = (sealed_key is not null)),
    constraint export_job_end_has_time check ((state in ('failed', 'cancelled', 'expired')) = (ended_at is not null)),
    constraint export_job_result_is_whole check
        (num_nonnulls(size_bytes, sha256, done_at, expires_at) in (0, 4) and (state <> 'done' or sha256 is not null)),
    constraint export_job_hash_is_sha256 check (octet_length(sha256) = 32)
);
-- However many replicas are asked at once.
create unique index export_job_one_at_a_time on export_job (account_id) where state in ('waiting', 'running');
create index export_job_account_idx on export_job (account_id, export_job_id);
create index export_job_api_key_idx on export_job (api_key_id);
create index export_job_due_idx on export_job (due_at) where state in ('waiting', 'running');
create index export_job_expiry_idx on export_job (expires_at) where state = 'done';
create index export_job_end_idx on export_job (ended_at) where ended_at is not null;

-- Its result, cut into parts of one size, each sealed under the job's own key for its own place.
create table export_part (
    export_job_id uuid    not null references export_job on delete cascade,
    number        integer not null,
    sealed        bytea   not null,
    primary key (export_job_id, number)
);
-- What is encrypted has nothing left to compress.
alter table export_part alter column sealed set storage external;

-- A result may hold what every mission has: within a mission's scope there is none of it.
alter table export_job enable row level security;
create policy export_job_in_scope on export_job to ceremony_app
    using ((select current_setting('ceremony.scope', true)) = '*');
create policy export_job_is_audited on export_job for select to ceremony_auditor using (true);
alter table export_part enable row level security;
create policy export_part_in_scope on export_part to ceremony_app
    using ((select current_setting('ceremony.scope', true)) = '*');

grant select, insert, delete on export_job, export_part to ceremony_app;
grant update (state, why, attempts, row_count, size_bytes, sha256, sealed_key, due_at, done_at, expires_at, ended_at)
    on export_job to ceremony_app;
grant select (export_job_id, account_id, api_key_id, request_id, report, format, state, why, attempts, row_count,
              size_bytes, sha256, created_at, due_at, done_at, expires_at, ended_at) on export_job to ceremony_auditor;

create trigger export_job_is_under_the_key_in_force before insert or update of sealed_key on export_job
    for each row when (not is_under_the_key_in_force(new.sealed_key)) execute function refuse_another_key();

-- Whatever ends a job destroys what it has made, in the same transaction.
create function destroy_export() returns trigger language plpgsql as $$
begin
    delete from export_part where export_job_id = new.export_job_id;
    return null;
end $$;
create trigger export_job_ends_with_its_parts after update of sealed_key on export_job
    for each row when (new.sealed_key is null and old.sealed_key is not null) execute function destroy_export();

-- Ends what stands of an account's jobs, or of a key's: their right to it has ended. Who ends it sees no jobs.
create function end_exports(of_account uuid, of_key uuid) returns void
language sql security definer set search_path = public, pg_temp as $$
    update export_job set state = 'cancelled', why = 'right_ended', sealed_key = null, ended_at = now()
    where account_id = of_account and (of_key is null or api_key_id = of_key) and sealed_key is not null
$$;
revoke all on function end_exports(uuid, uuid) from public;

-- Another office, a closed account, another password: by whichever command, and however somebody races with it.
create function end_exports_of_account() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform end_exports(new.account_id, null);
    return null;
end $$;
revoke all on function end_exports_of_account() from public;
create trigger account_change_ends_exports after update of role, disabled_at, password_hash on account
    for each row when (
        old.role <> new.role or old.password_hash <> new.password_hash
        or (old.disabled_at is null and new.disabled_at is not null))
    execute function end_exports_of_account();

create function end_exports_of_key() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    perform end_exports(old.account_id, old.api_key_id);
    return old;
end $$;
revoke all on function end_exports_of_key() from public;
create trigger api_key_end_ends_exports before delete on api_key
    for each row execute function end_exports_of_key();

-- R52: who was erased stands in no file that is still handed out. What is being made is made anew, without them.
create function forget_exports() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    update export_job set state = 'expired', why = 'erasure', sealed_key = null, ended_at = now() where state = 'done';
    update export_job set state = 'waiting', due_at = now() where state = 'running';
    return null;
end $$;
revoke all on function forget_exports() from public;
create trigger member_erasure_forgets_exports after update of erased_at on member
    for each row when (old.erased_at is null and new.erased_at is not null) execute function forget_exports();
