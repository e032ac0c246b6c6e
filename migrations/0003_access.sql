-- Who may log in.
create table account (
    account_id           uuid        primary key,
    email                text        not null,
    name                 text        not null,
    role                 text        not null,
    password_hash        text        not null,    -- Argon2id, PHC string
    must_change_password boolean     not null,
    disabled_at          timestamptz,
    created_at           timestamptz not null,
    updated_at           timestamptz not null,
    version              bigint      not null default 1,
    constraint account_email_once unique (email),
    constraint account_role_known check (role in
        ('administrator', 'accreditation', 'treaty', 'programme', 'security', 'gate', 'auditor', 'focal_point'))
);

-- A focal point speaks for a participant (R38). One person may speak for several, and several for one.
create table focal_point (
    focal_point_id uuid        primary key,
    account_id     uuid        not null references account,
    participant    text        not null references participant,
    appointed_at   timestamptz not null,
    ended_at       timestamptz,
    constraint focal_point_ends_after_it_began check (ended_at >= appointed_at)
);
create unique index focal_point_appointed_once on focal_point (account_id, participant) where ended_at is null;
create index focal_point_account_idx on focal_point (account_id);
create index focal_point_participant_idx on focal_point (participant);

-- What a login gives. The token itself is never stored, only its SHA-256: a copy of this table lets nobody in.
create table token (
    token_id     uuid        primary key,
    account_id   uuid        not null references account,
    hash         bytea       not null,
    created_at   timestamptz not null,
    last_used_at timestamptz not null,
    expires_at   timestamptz not null,
    constraint token_hash_once unique (hash),
    constraint token_hash_is_sha256 check (octet_length(hash) = 32)
);
create index token_account_idx on token (account_id);
create index token_expires_idx on token (expires_at);

grant select, insert, update on account, focal_point to ceremony_app;
grant select, insert, update, delete on token to ceremony_app;
grant select (account_id, email, name, role, disabled_at, created_at, updated_at) on account to ceremony_auditor;
grant select on focal_point to ceremony_auditor;
