-- What belongs together: this database, the key file under which its secrets are sealed, and the store of the papers.
-- All three are put back from backups and pointed at by settings, each on its own; a start finds out whether they fit.

-- Which installation this is. The store of the papers has the same identity in its file `installation`: a service that
-- finds two does not start, or it would take the papers of the other for rubbish.
create table installation (
    installation_id uuid        primary key,
    -- A known text, sealed under the key file at the first start: another key file does not open it, and a lost one is not
    -- made anew.
    key_proof       bytea       not null,
    made_at         timestamptz not null,
    is_the_only     boolean     not null default true,
    constraint installation_once unique (is_the_only),
    constraint installation_is_one check (is_the_only)
);
grant select, insert on installation to ceremony_app;
grant select (installation_id, made_at) on installation to ceremony_auditor;

-- Files of the store that no document knows, as a crash between file and row leaves them. They are taken away when they
-- have been here for a week, by the clock of this database: whoever puts back an older dump finds here no file that came
-- after it, and has a week to notice.
create table orphan_file (
    sealed_sha256 bytea       not null,
    seen_at       timestamptz not null default now(),
    constraint orphan_file_once primary key (sealed_sha256),
    constraint orphan_file_is_named_by_sha256 check (octet_length(sealed_sha256) = 32)
);
create index orphan_file_seen_idx on orphan_file (seen_at);
grant select, insert, delete on orphan_file to ceremony_app;
grant select on orphan_file to ceremony_auditor;
