-- What every write leaves behind.

-- Rows that are for ever: whoever tries to change one is told so, the owner and the superuser included.
-- (A superuser can still take the trigger away; that is what the sealed log outside the database is for.)
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception 'rows of % are never changed or deleted', tg_table_name using errcode = 'restrict_violation';
end
$$;

-- Row-level security (R38): each transaction says whose rows it may see, in `ceremony.scope`: `*` for the organizer's
-- officers, the participants' codes (`FRA,DEU`) for a focal point, nothing for the public. Unset means no row.
create function in_scope(participant text) returns boolean language sql stable as $$
    select current_setting('ceremony.scope', true) = '*'
        or participant = any (string_to_array(current_setting('ceremony.scope', true), ','))
$$;

-- The audit trail (R51): one row per write, stored in the transaction of the write itself by the write door.
-- `before` and `after` name what changed; of sensitive fields they say only that they changed.
create table event (
    event_id    uuid        primary key,
    happened_at timestamptz not null,
    account_id  uuid,                     -- null: the service itself
    participant text,                     -- whose business it is, where it is one participant's
    kind        text        not null,     -- 'delegation.submitted'
    subject     uuid,                     -- what it happened to
    before      jsonb,
    after       jsonb,
    reason      text,
    request_id  text        not null
);
create index event_subject_idx on event (subject, happened_at);
create index event_participant_idx on event (participant, happened_at);
create index event_happened_idx on event (happened_at, event_id);

create trigger event_is_for_ever before update or delete on event for each row execute function refuse_change();
create trigger event_is_not_emptied before truncate on event for each statement execute function refuse_change();
alter table event enable always trigger event_is_for_ever;
alter table event enable always trigger event_is_not_emptied;

alter table event enable row level security;
create policy event_in_scope on event for select to ceremony_app using (in_scope(participant));
create policy event_is_written on event for insert to ceremony_app with check (true);
create policy event_is_audited on event for select to ceremony_auditor using (true);

grant select, insert on event to ceremony_app;
grant select on event to ceremony_auditor;

-- The first answer to each request that carried an Idempotency-Key (R55), written in the transaction of the change.
-- The answer is sealed: it may hold a password that is shown once.
create table idempotency (
    account_id  uuid        not null,
    key         text        not null,
    fingerprint bytea       not null,     -- SHA-256 of method, path, query and body
    answer      bytea       not null,
    replays     integer     not null default 0,
    answered_at timestamptz not null,
    kept_until  timestamptz not null,
    constraint idempotency_key_once primary key (account_id, key)
);
create index idempotency_kept_idx on idempotency (kept_until);

grant select, insert, update, delete on idempotency to ceremony_app;
grant select (account_id, key, answered_at, replays) on idempotency to ceremony_auditor;
