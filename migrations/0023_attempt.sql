-- Failed tries: at a login, at one's own password, at a code. They are counted here, so that they hold across services and
-- restarts. How long whoever failed has to wait is the settings' to say (`[tries]`).

-- One counter. What is counted stands here as a keyed hash, whose key is not in the database: a door of somebody (a login,
-- of whoever has an address), the same from one network alone, or a network. Whether an address has an account, this
-- table does not tell: both are counted alike.
--
-- A try is counted before anything is done for it, by the one statement that also asks whether it is granted: a thousand at
-- once come one after the other. Whoever succeeds gets it back.
create table attempt (
    mark     bytea       not null,
    failures integer     not null,
    last_at  timestamptz not null,
    constraint attempt_mark_once primary key (mark),
    constraint attempt_mark_is_sha256 check (octet_length(mark) = 32),
    constraint attempt_failures_are_counted check (failures >= 0)
);
create index attempt_last_idx on attempt (last_at);

grant select, insert, update, delete on attempt to ceremony_app;

-- The networks from which an account has logged in, as keyed hashes. In these its failures are counted apart, so that a
-- flood from elsewhere does not keep it out.
create table known_network (
    account_id uuid        not null references account,
    network    bytea       not null,
    last_at    timestamptz not null,
    constraint known_network_once primary key (account_id, network),
    constraint known_network_is_sha256 check (octet_length(network) = 32)
);
create index known_network_network_idx on known_network (network);
create index known_network_last_idx on known_network (last_at);

grant select, insert, update, delete on known_network to ceremony_app;
