-- A report that is made again and again without anybody asking, and put where its owner said.
--
--     active ──► stopped     at a word, with its owner's right to the report, or when nothing has arrived five times in a row
--        ◄──────             at its owner's word
create table export_schedule (
    export_schedule_id uuid        primary key,
    account_id         uuid        not null references account,
    -- By which key it was asked for: it goes with that key.
    api_key_id         uuid        references api_key on delete cascade,
    -- Of the request that made it; whatever its runs do is told of that one.
    request_id         text        not null,
    report             text        not null,
    format             text        not null,
    parameters         jsonb       not null,
    every              text        not null,
    -- At which time of the ceremony's day.
    at_time            time,
    -- A name from the settings and never a path, or `mail`.
    destination        text        not null,
    -- Public keys of age; none: it is not encrypted.
    recipients         text[]      not null default '{}',
    state              text        not null default 'active',
    why                text,
    -- How many runs in a row have not arrived.
    failures           integer     not null default 0,
    -- The instant of the next run. It moves on in the transaction that begins that run.
    next_at            timestamptz not null,
    version            bigint      not null default 1,
    created_at         timestamptz not null,
    updated_at         timestamptz not null,

    constraint export_schedule_every_known check (every in ('hour', 'day')),
    constraint export_schedule_day_has_its_time check ((every = 'day') = (at_time is not null)),
    constraint export_schedule_state_known check (state in ('active', 'stopped')),
    constraint export_schedule_why_known check (why in ('asked', 'right_ended', 'failures')),
    constraint export_schedule_stops_for_a_reason check ((state = 'stopped') = (why is not null))
);
create index export_schedule_account_idx on export_schedule (account_id, export_schedule_id);
create index export_schedule_api_key_idx on export_schedule (api_key_id);
create index export_schedule_due_idx on export_schedule (next_at) where state = 'active';

-- One run: an export job like any other, and whether what it made has arrived. It is forgotten with its job.
--
-- A worker has it until `due_at`, by the database's clock, as it has a job or a letter.
create table export_run (
    export_job_id      uuid        primary key references export_job on delete cascade,
    export_schedule_id uuid        not null references export_schedule on delete cascade,
    planned_at         timestamptz not null,
    state              text        not null default 'making',
    why                text,
    attempts           integer     not null default 0,
    due_at             timestamptz not null default now(),
    ended_at           timestamptz,

    -- However many replicas look at the clock.
    constraint export_run_once_for_each_instant unique (export_schedule_id, planned_at),
    constraint export_run_state_known check (state in ('making', 'delivered', 'failed')),
    constraint export_run_why_known check
        (why in ('right_ended', 'not_made', 'no_destination', 'too_large', 'unreachable')),
    constraint export_run_fails_for_a_reason check ((state = 'failed') = (why is not null)),
    constraint export_run_end_has_time check ((state = 'making') = (ended_at is null))
);
create index export_run_due_idx on export_run (due_at) where state = 'making';

-- What is taken away may be every mission's: within a mission's scope there is none of it.
alter table export_schedule enable row level security;
create policy export_schedule_in_scope on export_schedule to ceremony_app
    using ((select current_setting('ceremony.scope', true)) = '*');
create policy export_schedule_is_audited on export_schedule for select to ceremony_auditor using (true);
alter table export_run enable row level security;
create policy export_run_in_scope on export_run to ceremony_app
    using ((select current_setting('ceremony.scope', true)) = '*');
create policy export_run_is_audited on export_run for select to ceremony_auditor using (true);

grant select, insert, delete on export_schedule to ceremony_app;
grant update (state, why, failures, next_at, version, updated_at) on export_schedule to ceremony_app;
grant select, insert on export_run to ceremony_app;
grant update (state, why, attempts, due_at, ended_at) on export_run to ceremony_app;
grant select (export_schedule_id, account_id, api_key_id, request_id, report, format, every, at_time, destination,
              recipients, state, why, failures, next_at, version, created_at, updated_at) on export_schedule
    to ceremony_auditor;
grant select on export_run to ceremony_auditor;
