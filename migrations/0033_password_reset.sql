-- Whoever forgot their password gets a code by mail.
--
-- Asking changes nothing that depends on whether there is such an account: a row is written for any address, and the
-- worker looks for the account afterwards. So neither the answer nor its time tells of it.

create table password_reset_request (
    password_reset_request_id uuid        primary key,
    -- Keyed hash of the address: one that waits is enough, however often somebody asks.
    mark                      bytea       not null,
    sealed                    bytea       not null,     -- the address
    asked_at                  timestamptz not null,
    constraint password_reset_request_waits_once unique (mark)
);
create index password_reset_request_asked_idx on password_reset_request (asked_at);
create trigger password_reset_request_is_under_the_key_in_force before insert or update of sealed on password_reset_request
    for each row when (not is_under_the_key_in_force(new.sealed)) execute function refuse_another_key();
grant select, insert, delete on password_reset_request to ceremony_app;
grant update (sealed) on password_reset_request to ceremony_app;

-- What was sent. The code itself is never stored, only its SHA-256: a copy of this table lets nobody in. One for each
-- account: a fresh code replaces the one before, and using it removes it.
create table password_reset (
    account_id uuid        primary key references account,
    hash       bytea       not null,
    made_at    timestamptz not null,
    expires_at timestamptz not null,
    constraint password_reset_code_once unique (hash),
    constraint password_reset_hash_is_sha256 check (octet_length(hash) = 32),
    constraint password_reset_ends_after_it_began check (expires_at > made_at)
);
create index password_reset_expires_idx on password_reset (expires_at);
grant select, insert, update, delete on password_reset to ceremony_app;
grant select (account_id, made_at, expires_at) on password_reset to ceremony_auditor;
