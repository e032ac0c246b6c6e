//! The rules of the schema, each a question to the catalogue and a breach that it finds.

/// A rule that every migration keeps.
pub struct Rule {
    /// What is wanted.
    pub says: &'static str,
    /// Asks for the names of what breaks it.
    pub breaches: &'static str,
    /// Statements after which there is a breach.
    pub breach: &'static str,
}

pub const RULES: &[Rule] = &[
    Rule {
        says: "each foreign key has an index that begins with its columns",
        breaches: "
            select conrelid::regclass || '.' || conname from pg_constraint k
            where contype = 'f' and connamespace = 'public'::regnamespace and not exists (
                select from pg_index i
                where i.indrelid = k.conrelid and i.indpred is null
                  and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey)",
        breach: "create table breach (a uuid primary key, b uuid references account)",
    },
    Rule {
        // But for what comes with an extension, and the constructors of a type, which PostgreSQL makes as its own.
        says: "the owner, who cannot log in, owns everything",
        breaches: "
            select relname from pg_class
            where relnamespace = 'public'::regnamespace and pg_get_userbyid(relowner) <> 'ceremony_owner'
            union all
            select proname from pg_proc
            where pronamespace = 'public'::regnamespace and pg_get_userbyid(proowner) <> 'ceremony_owner'
              and not exists (select from pg_depend d where d.objid = pg_proc.oid and d.deptype in ('e', 'i'))
            union all
            select rolname from pg_roles where rolname = 'ceremony_owner' and rolcanlogin",
        breach: "reset role; create table breach (a uuid primary key)",
    },
    Rule {
        // The register is public, and so is the record of treaty actions. Focal points are guarded since invitations are.
        says: "row-level security judges what is one participant's",
        breaches: "
            select c.relname from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'participant'
              and c.relname not in ('participant', 'act', 'act_slot')
              and (c.relname <> 'focal_point' or to_regclass('public.invitation') is not null)
              and not (c.relrowsecurity and exists (
                  select from pg_policy p where p.polrelid = c.oid
                      and pg_get_expr(p.polqual, p.polrelid) ~ '(in_scope|ceremony.scope)'))",
        breach: "create table breach (a uuid primary key, participant text not null)",
    },
    Rule {
        says: "what hangs on a guarded row is guarded",
        breaches: "
            select k.conrelid::regclass || ' refers to ' || k.confrelid::regclass
            from pg_constraint k join pg_class child on child.oid = k.conrelid join pg_class parent on parent.oid = k.confrelid
            where k.contype = 'f' and parent.relrowsecurity and not child.relrowsecurity
              and child.relname not in ('act', 'act_override')",
        breach: "create table parent (a uuid primary key); alter table parent enable row level security;
                 create table breach (a uuid primary key, b uuid references parent)",
    },
    Rule {
        says: "the service's role owns nothing, and no policy passes it by",
        breaches: "
            select rolname from pg_roles
            where rolname in ('ceremony_app', 'ceremony_auditor', 'ceremony_owner')
              and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication)
            union all
            select member::regrole::text from pg_auth_members
            where member::regrole::text in ('ceremony_app', 'ceremony_auditor')
              and roleid::regrole::text in ('ceremony_owner', 'pg_read_all_data', 'pg_write_all_data')",
        breach: "reset role; grant pg_read_all_data to ceremony_app",
    },
    Rule {
        says: "rows that are for ever can be neither changed nor deleted nor emptied by the service",
        breaches: "
            select c.oid::regclass || ': ' || privilege
            from pg_class c, unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) privilege
            where c.relnamespace = 'public'::regnamespace
              and exists (select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                          where t.tgrelid = c.oid and p.proname = 'refuse_change')
              and (has_table_privilege('ceremony_app', c.oid, privilege)
                   or (privilege = 'UPDATE' and has_any_column_privilege('ceremony_app', c.oid, 'UPDATE')))",
        breach: "grant update (reason) on event to ceremony_app",
    },
    Rule {
        // 8: delete, 16: update, 32: truncate. `A`: also where a session pretends to be a replica.
        says: "rows that are for ever are so for every role: update, delete and truncate have a trigger, always enabled",
        breaches: "
            select c.oid::regclass::text from pg_class c
            join pg_trigger t on t.tgrelid = c.oid join pg_proc p on p.oid = t.tgfoid
            where p.proname = 'refuse_change'
            group by c.oid
            having bit_or(t.tgtype) & 56 <> 56 or bool_or(t.tgenabled <> 'A')
            union all
            select wanted from unnest(array['event', 'act', 'act_declaration', 'act_change', 'act_notification', 'act_override']) wanted
            where to_regclass('public.' || wanted) is not null and not exists (
                select from pg_trigger t join pg_proc p on p.oid = t.tgfoid
                where t.tgrelid = to_regclass('public.' || wanted) and p.proname = 'refuse_change')",
        breach: "alter table event enable trigger event_is_for_ever",
    },
    Rule {
        says: "an auditor reads and writes nothing",
        breaches: "
            select c.oid::regclass || ': ' || privilege
            from pg_class c, unnest(array['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) privilege
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
              and has_table_privilege('ceremony_auditor', c.oid, privilege)",
        breach: "grant delete on event to ceremony_auditor",
    },
    Rule {
        says: "nothing is granted to everybody",
        breaches: "
            select c.oid::regclass::text from pg_class c, aclexplode(c.relacl) acl
            where c.relnamespace = 'public'::regnamespace and acl.grantee = 0
            union all
            select attrelid::regclass || '.' || attname from pg_attribute a, aclexplode(a.attacl) acl
            where acl.grantee = 0 and (select relnamespace from pg_class c where c.oid = a.attrelid) = 'public'::regnamespace",
        breach: "grant select on event to public",
    },
    Rule {
        says: "a moment is a timestamptz and named for what happened: <verb>_at",
        breaches: "
            select table_name || '.' || column_name || ' ' || data_type from information_schema.columns
            where table_schema = 'public'
              and (data_type = 'timestamp without time zone'
                   or (data_type = 'timestamp with time zone') <> (column_name like '%\\_at')
                      and column_name not in ('kept_until', 'installed_on'))",
        breach: "create table breach (a uuid primary key, seen timestamptz)",
    },
    Rule {
        says: "a day is a date and named for what is on it: <verb>_on, …_date, date_of_…",
        breaches: "
            select table_name || '.' || column_name from information_schema.columns
            where table_schema = 'public' and data_type = 'date'
              and column_name !~ '(_on|_date)$' and column_name !~ '^date_of_'",
        breach: "create table breach (a uuid primary key, birthday date)",
    },
    Rule {
        says: "names are in lower case with underscores, tables in the singular",
        breaches: "
            select table_name || '.' || column_name from information_schema.columns
            where table_schema = 'public' and (table_name || column_name) !~ '^[a-z][a-z0-9_]*$'
              and table_name <> '_sqlx_migrations'
            union all
            select table_name from information_schema.tables
            where table_schema = 'public' and table_name ~ '[^s]s$'
              and table_name not in ('_sqlx_migrations', 'full_powers')",
        breach: "create table breaches (a uuid primary key)",
    },
    Rule {
        // A value that came in under an old key would be lost when that key is laid aside.
        says: "a wrapped key comes in under the key in force",
        breaches: "
            select c.relname || '.' || a.attname from pg_class c join pg_attribute a on a.attrelid = c.oid
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'sealed_key'
              and to_regproc('public.refuse_another_key') is not null and not exists (
                  select from pg_trigger t where t.tgrelid = c.oid and a.attnum = any (t.tgattr)
                      and t.tgfoid = to_regproc('public.refuse_another_key'))",
        breach: "create table breach (a uuid primary key, sealed_key bytea not null)",
    },
    Rule {
        // What the database would have called them says what they are made of, not what they claim.
        says: "checks and unique constraints are named as claims",
        breaches: "
            select conrelid::regclass || '.' || conname from pg_constraint
            where connamespace = 'public'::regnamespace and contype in ('c', 'u', 'x')
              and conname ~ '(_check|_key|_excl)[0-9]*$'",
        breach: "create table breach (a uuid primary key, b integer check (b > 0))",
    },
    Rule {
        says: "every row has a key",
        breaches: "
            select c.relname from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
              and not exists (select from pg_index i where i.indrelid = c.oid and i.indisprimary)",
        breach: "create table breach (a uuid not null)",
    },
    Rule {
        // Numbers that no two transactions can share without one waiting for the other have no place in an identity.
        says: "identities are made by the program: no column counts by itself",
        breaches: "
            select c.oid::regclass::text from pg_class c
            where c.relnamespace = 'public'::regnamespace and c.relkind = 'S'",
        breach: "create table breach (a bigserial primary key)",
    },
];
