-- Devices, which are no persons: the scanner at a gate has a token of its own, that opens what its profile needs.
--
-- Its row stays when the token has ended, since what the device did refers to it. Of the token there is only the SHA-256.
create table device (
    device_id    uuid        primary key,
    name         text        not null,
    profile      text        not null,
    hash         bytea       not null,
    made_by      uuid        not null references account,
    made_at      timestamptz not null,
    expires_at   timestamptz not null,
    revoked_by   uuid        references account,
    revoked_at   timestamptz,
    last_used_on date,
    version      bigint      not null default 1,

    constraint device_hash_once unique (hash),
    constraint device_hash_is_sha256 check (octet_length(hash) = 32),
    constraint device_profile_known check (profile in ('gate')),
    constraint device_ends_after_it_began check (expires_at > made_at),
    constraint device_is_revoked_by_somebody check ((revoked_at is null) = (revoked_by is null))
);
create index device_made_by_idx on device (made_by);
create index device_revoked_by_idx on device (revoked_by);

grant select, insert on device to ceremony_app;
grant update (revoked_by, revoked_at, last_used_on, version) on device to ceremony_app;
grant select (device_id, name, profile, made_by, made_at, expires_at, revoked_by, revoked_at, last_used_on, version)
    on device to ceremony_auditor;
