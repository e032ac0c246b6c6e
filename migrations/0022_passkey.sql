-- Passkeys (WebAuthn): a device signs a challenge, for this service's own name and no other, after it has made sure by a
-- finger or a PIN who holds it. So it is a second factor, and by itself enough.
create table passkey (
    passkey_id    uuid        primary key,
    account_id    uuid        not null references account,

    -- What the device calls it, and the public half of its key (COSE). Neither lets anybody in.
    credential_id bytea       not null,
    public_key    bytea       not null,
    algorithm     integer     not null,

    -- How often it was used, as the device counts. One that falls back is a copy. Synchronized ones do not count: 0.
    sign_count    bigint      not null,

    -- What its owner calls it.
    name          text        not null,
    created_at    timestamptz not null,
    last_used_at  timestamptz,

    constraint passkey_is_of_one_account unique (credential_id),
    constraint passkey_is_counted_upwards check (sign_count >= 0)
);
create index passkey_account_idx on passkey (account_id);

-- A challenge is signed once, and soon. Whichever service asks for it back takes it away.
create table passkey_challenge (
    passkey_challenge_id uuid        primary key,

    -- Who adds a passkey by it; null: anybody answers it who has one.
    account_id           uuid        references account,
    state                jsonb       not null,
    expires_at           timestamptz not null
);
create index passkey_challenge_account_idx on passkey_challenge (account_id);
create index passkey_challenge_expires_idx on passkey_challenge (expires_at);

create or replace function has_second_factor(account uuid) returns boolean language sql stable as $$
    select exists (select from totp where account_id = account and confirmed_at is not null)
        or exists (select from passkey where account_id = account)
$$;

grant select, insert, update, delete on passkey to ceremony_app;
grant select, insert, delete on passkey_challenge to ceremony_app;
grant select (passkey_id, account_id, name, created_at, last_used_at) on passkey to ceremony_auditor;
