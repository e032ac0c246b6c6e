-- What shows, beside the password, that it is they.

-- An app and the service share a secret, of which both make the same code every thirty seconds (TOTP, RFC 6238). It is
-- sealed under the key outside the database: a copy of this table makes no code.
create table totp (
    account_id   uuid        primary key references account,
    sealed       bytea       not null,
    enrolled_at  timestamptz not null,

    -- Null until a first code has shown that the app has the secret; until then nobody is asked for one.
    confirmed_at timestamptz,

    -- A code works once. Here is the step of the last one that did; whoever uses one moves it on by the same statement.
    used_step    bigint      not null default 0,

    -- How many codes were tried in a step, right or wrong: more than a few is guessing.
    tried_step   bigint      not null default 0,
    tries        integer     not null default 0,

    constraint totp_tries_are_counted check (tries >= 0)
);

-- Codes on paper for the day on which the app is lost, each good once. They are as long as a key: a copy of the hashes
-- lets nobody in.
create table recovery_code (
    account_id uuid        not null references account,
    hash       bytea       not null,
    made_at    timestamptz not null,
    used_at    timestamptz,
    constraint recovery_code_is_ones_own primary key (account_id, hash),
    constraint recovery_code_hash_is_sha256 check (octet_length(hash) = 32)
);

-- Whether the password alone is not enough for an account.
create function has_second_factor(account uuid) returns boolean language sql stable as $$
    select exists (select from totp where account_id = account and confirmed_at is not null)
$$;
revoke execute on function has_second_factor(uuid) from public;
grant execute on function has_second_factor(uuid) to ceremony_app;

grant select, insert, update, delete on totp, recovery_code to ceremony_app;
grant select (account_id, enrolled_at, confirmed_at) on totp to ceremony_auditor;
grant select (account_id, made_at, used_at) on recovery_code to ceremony_auditor;
