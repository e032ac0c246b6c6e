-- An uploaded paper: what is known of it. The content is not here.
--
-- The content lies in the file store, sealed with a key of the document's own, under the SHA-256 of the sealed bytes.
-- The file is durable before its row commits, so that a row never points at nothing. A crash between the two leaves
-- a file without a row: it cannot be opened by anybody, since its key was never stored, and it is swept later.
--
--     received ──► verified ──► refused      a paper found wanting later
--         └───────────────────► refused      for good: a better paper is a new upload
--
-- The legal transitions live in `documents::model`; this table only refuses rows that no transition could produce.
create table document (
    document_id   uuid        primary key,
    participant   text        not null constraint document_participant_known references participant,
    kind          text        not null,
    state         text        not null,
    reason        text,                       -- why it was refused

    -- For people: neither the type nor the place of the content depends on it.
    file_name     text        not null,
    media_type    text        not null,       -- as the content shows it, never as it was declared
    size_bytes    bigint      not null,
    sha256        bytea       not null,       -- of the plain content: checked at each reading

    sealed_key    bytea       not null,       -- the document's key, wrapped; without it the content is gone
    sealed_sha256 bytea       not null,       -- of the sealed bytes: their name in the file store

    uploaded_by   uuid        not null references account,
    uploaded_at   timestamptz not null,
    decided_by    uuid        references account,
    decided_at    timestamptz,
    updated_at    timestamptz not null,
    version       bigint      not null default 1,

    constraint document_kind_known check (kind in
        ('note_verbale', 'letter', 'appointment_of_focal_point', 'passport', 'photo', 'full_powers', 'credentials',
         'press_card')),
    constraint document_state_known check (state in ('received', 'verified', 'refused')),
    constraint document_media_type_known check (media_type in ('application/pdf', 'image/jpeg', 'image/png')),
    constraint document_is_not_empty check (size_bytes > 0),
    constraint document_hashes_are_sha256 check (octet_length(sha256) = 32 and octet_length(sealed_sha256) = 32),
    constraint document_decision_is_whole check
        ((state = 'received') = (decided_by is null) and (state = 'received') = (decided_at is null)),
    constraint document_refusal_has_reason check ((state = 'refused') = (reason is not null)),
    -- Each upload has a key of its own: two rows with one file would be a row that was tampered with.
    constraint document_content_once unique (sealed_sha256)
);
create index document_participant_idx on document (participant, document_id);
create index document_state_idx on document (state, document_id);
create index document_uploaded_by_idx on document (uploaded_by);
create index document_decided_by_idx on document (decided_by);

-- A mission's papers do not exist for another (R38).
alter table document enable row level security;
create policy document_in_scope on document to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy document_is_audited on document for select to ceremony_auditor using (true);

-- What was uploaded is never changed; only the decision about it is.
grant select, insert on document to ceremony_app;
grant update (state, reason, decided_by, decided_at, updated_at, version) on document to ceremony_app;
grant select (document_id, participant, kind, state, reason, media_type, size_bytes, sha256, uploaded_by, uploaded_at,
              decided_by, decided_at, updated_at, version) on document to ceremony_auditor;
