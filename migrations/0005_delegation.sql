-- A delegation is one participant's team at the ceremony.
--
--     draft ──► submitted ──► accepted
--                  ├────────► returned ──► submitted
--                  └────────► rejected            withdrawn: from any of them but rejected
--
-- An officer reopens what is accepted, rejected or withdrawn: it is a draft again. The legal transitions live in
-- `delegations::model`; this table only refuses rows that no transition could produce.
create table delegation (
    delegation_id uuid        primary key,
    participant   text        not null references participant,
    stage         text        not null,
    stage_changed_at   timestamptz not null,
    stage_reason  text,
    remarks       text,
    contact_email text,
    created_at    timestamptz not null,
    updated_at    timestamptz not null,
    version       bigint      not null default 1,

    -- One delegation per participant, however many clients ask at once.
    constraint delegation_participant_once unique (participant),
    constraint delegation_stage_known check (stage in
        ('draft', 'submitted', 'returned', 'accepted', 'rejected', 'withdrawn')),
    constraint delegation_refusal_has_reason check
        ((stage in ('returned', 'rejected', 'withdrawn')) = (stage_reason is not null))
);
-- The secretariat's queue: what was submitted first comes first.
create index delegation_stage_idx on delegation (stage, stage_changed_at);

-- A member is a person of a delegation.
--
--     draft ──► submitted ──► pre_approved ──► approved ──► suspended ──► approved
--                                  └──► on_hold ──┘             └──► revoked
--
-- Rejected from any of them but draft, withdrawn from any of them; both are final, and so is revoked.
create table member (
    member_id        uuid        primary key,
    -- Whose delegation: the code is the delegation's key to the world, and what row-level security judges by.
    participant      text        not null,
    family_name      text        not null,
    given_names      text,                       -- null: a person with one name
    badge_name       text        not null,
    native_name      text,
    form_of_address  text,
    function         text        not null,
    rank             text        not null,
    functional_title text,
    affiliation      text,
    nationality      text,
    email            text,
    language         text,

    -- What must not be readable in a dump, a backup or a log (R50): each sealed for its table, column and row with a
    -- key of this member's own, which is stored wrapped by a key that is not in the database. To destroy `sealed_key`
    -- is to destroy them.
    sealed_key          bytea    not null,
    date_of_birth       bytea,
    passport_number     bytea,
    passport_expires_on bytea,

    status           text        not null,
    status_changed_at     timestamptz not null,
    status_reason    text,
    -- Whether the entry still counts: the place of the head and the address of one who does not come are free again.
    stands           boolean     not null generated always as
        (status not in ('rejected', 'revoked', 'withdrawn')) stored,

    -- Family name, then given names, folded; lists are ordered by it, byte by byte.
    sort_name        text        collate "C" not null,
    -- Every name, folded, for searching.
    search_text      text        not null,

    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    version          bigint      not null default 1,

    constraint member_of_a_delegation foreign key (participant) references delegation (participant),
    constraint member_function_known check (function in
        ('head', 'alternate_head', 'representative', 'alternate', 'adviser', 'expert', 'signatory', 'interpreter',
         'security', 'spouse', 'press', 'staff')),
    constraint member_rank_known check (rank in
        ('head_of_state', 'head_of_government', 'vice_president', 'crown_prince', 'deputy_prime_minister', 'minister',
         'vice_minister', 'permanent_representative', 'director', 'official', 'none')),
    constraint member_status_known check (status in
        ('draft', 'submitted', 'pre_approved', 'approved', 'rejected', 'on_hold', 'suspended', 'revoked', 'withdrawn')),
    constraint member_refusal_has_reason check
        ((status in ('rejected', 'on_hold', 'suspended', 'revoked', 'withdrawn')) = (status_reason is not null))
);

-- R33: one head, and at most one alternate head, whoever enters them at the same moment.
create unique index delegation_has_one_head on member (participant) where function = 'head' and stands;
create unique index delegation_has_one_alternate_head on member (participant) where function = 'alternate_head' and stands;
-- R36: an address is one person's, in the whole event.
create unique index member_email_once on member (email) where stands;

-- The orders of the lists: inside a delegation, across all, latest change first, and the queue of each office.
create index member_of_delegation_idx on member (participant, sort_name, member_id);
create index member_name_idx on member (sort_name, member_id);
create index member_updated_idx on member (updated_at, member_id);
create index member_status_idx on member (status, status_changed_at);

-- R38, under the application's own checks: to another mission these rows do not exist.
alter table delegation enable row level security;
alter table member enable row level security;
create policy delegation_in_scope on delegation to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy member_in_scope on member to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy delegation_is_audited on delegation for select to ceremony_auditor using (true);
create policy member_is_audited on member for select to ceremony_auditor using (true);

-- A delegation is withdrawn, never deleted; of members only drafts are, which the statement itself sees to.
grant select, insert, update on delegation to ceremony_app;
grant select, insert, update, delete on member to ceremony_app;
grant select on delegation to ceremony_auditor;
grant select (member_id, participant, family_name, given_names, badge_name, native_name, form_of_address, function,
    rank, functional_title, affiliation, nationality, language, status, status_changed_at, status_reason, stands,
    created_at, updated_at, version) on member to ceremony_auditor;
