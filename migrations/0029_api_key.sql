-- Keys for other systems. A key does a part of what its account may do, until a day, and can be taken away alone.
--
-- The key itself is never stored, only its SHA-256: a copy of this table lets nobody in. The account's rights are not
-- copied either; they are asked for at each request.
create table api_key (
    api_key_id   uuid        primary key,
    account_id   uuid        not null references account,
    name         text        not null,
    hash         bytea       not null,
    scopes       text[]      not null,
    -- The one participant whose business it is for; null: every one of its account's. It is the account's key and not the
    -- participant's, so nothing of a mission stands here.
    bound_to     text        references participant,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    -- A day and not a moment: enough to find keys that nobody uses, and one write a day.
    last_used_on date,

    constraint api_key_hash_once unique (hash),
    constraint api_key_hash_is_sha256 check (octet_length(hash) = 32),
    constraint api_key_has_a_scope check (cardinality(scopes) > 0),
    constraint api_key_ends_after_it_began check (expires_at > created_at)
);
create index api_key_account_idx on api_key (account_id, api_key_id);
create index api_key_bound_to_idx on api_key (bound_to);

-- What a key may do is never changed: whoever wants another makes another.
grant select, insert, delete on api_key to ceremony_app;
grant update (last_used_on) on api_key to ceremony_app;
grant select (api_key_id, account_id, name, scopes, bound_to, created_at, expires_at, last_used_on) on api_key
    to ceremony_auditor;

-- Which key a write came by, beside the account on whose behalf it was. Null: by a login, or the service itself.
alter table event add column api_key_id uuid;
