-- Logins by a ministry's own identity provider (OpenID Connect).
--
-- Who somebody is, issuer and subject say together; an address never does, since who has it is for its provider to say.
create table account_identity (
    account_identity_id uuid        primary key,
    issuer              text        not null,
    subject             text        not null,
    account_id          uuid        not null references account,
    -- Whether the account was made because the settings grant its role to a claim: then they have to go on doing so.
    is_granted          boolean     not null,
    linked_at           timestamptz not null,
    last_used_at        timestamptz,
    constraint account_identity_opens_one unique (issuer, subject)
);
create index account_identity_account_idx on account_identity (account_id);

-- What a login began with is good once. Until it is answered, its browser keeps it, sealed, and nothing of it stands here: a
-- stranger who only begins writes nothing. The first answer leaves the hash here, in the transaction of the login.
create table oidc_answer (
    state_hash  bytea       not null,
    answered_at timestamptz not null,
    expires_at  timestamptz not null,
    constraint oidc_answer_once primary key (state_hash),
    constraint oidc_answer_state_is_sha256 check (octet_length(state_hash) = 32)
);
create index oidc_answer_expires_idx on oidc_answer (expires_at);

-- Whether a login came in by a provider that told of no second factor, to an account that has one: until ours was shown with
-- it, it is good for nothing else.
alter table token add column is_half boolean not null default false;

grant select, insert, delete, update (last_used_at) on account_identity to ceremony_app;
grant select, insert, delete on oidc_answer to ceremony_app;
grant select (account_identity_id, issuer, account_id, is_granted, linked_at, last_used_at) on account_identity to ceremony_auditor;
