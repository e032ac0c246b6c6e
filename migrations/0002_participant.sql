-- The register of participants: who may take part, who may sign (R2, R3), and in which order they stand.
--
-- The rows of the ceremony's own register are loaded at each start, and are changed where they come from, in the
-- ceremony's data. The administrator may add others, with a reason, and change those. No row is ever removed: others
-- refer to it.
create table participant (
    participant    text        primary key,       -- ISO 3166-1 alpha-3, or the organization's own code
    kind           text        not null,
    iso2           text,
    m49            text,
    name_en        text        not null,
    name_fr        text,
    name_es        text,
    name_vi        text,
    depositary_name text       not null,
    formal_name    text        not null,
    regional_group text,
    aliases        text[]      not null default '{}',
    added_reason   text,                          -- null: of the ceremony's own register

    -- The place in the Depositary's tables (R27): compared byte by byte, whatever locale the database has.
    sort_key       bytea       not null,
    -- Every name and code, folded, for searching.
    search_text    text        not null,

    updated_at     timestamptz not null,
    version        bigint      not null default 1,

    constraint participant_code_has_three_letters check (participant ~ '^[A-Z]{3}$'),
    constraint participant_kind_known check (kind in
        ('member_state', 'observer_state', 'non_member_state', 'regional_organization',
         'intergovernmental_organization', 'ngo', 'company', 'academia', 'media')),
    constraint participant_group_is_a_member_states check ((kind = 'member_state') = (regional_group is not null)),

    -- Nobody stands where another stands: two names that differ by accents or case alone would be taken for each other.
    -- Judged at the end of a statement, since names may change places and all keys are made anew with the collation.
    constraint participant_place_once unique (sort_key) deferrable initially immediate
);

-- The member States of a regional organization, for R4 and R19.
create table organization_member (
    organization text not null references participant,
    member       text not null references participant,
    primary key (organization, member)
);
create index organization_member_member_idx on organization_member (member);

grant select, insert, update on participant to ceremony_app;
grant select, insert, delete on organization_member to ceremony_app;
grant select on participant, organization_member to ceremony_auditor;
