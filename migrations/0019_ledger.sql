-- The ledger (R23–R26): logs that only grow. Each is a Merkle tree as RFC 6962 has it, whose size and root are signed. What
-- an entry says is its writer's affair; the ledger keeps its exact bytes.
--
--     one transaction    entry ──► its hash, and those of the subtrees that it completes
--     the next one       re-hashed ──► checkpoint, signed ──► a receipt for each entry that it covers
--
-- Between the two an entry has no receipt. Whoever comes next, a retry or a start, finishes that with the same bytes.

create table ledger_leaf (
    log        text   not null,
    leaf_index bigint not null,
    subject    uuid,                        -- what it is about, by which its writer finds it; none: the log itself
    content    bytea  not null,             -- the exact bytes that are hashed
    salt       bytea  not null,             -- of the hash of what must not stand in the entry, since it is for ever (R26)
    primary key (log, leaf_index),
    constraint ledger_leaf_of_a_subject_once unique (log, subject),
    constraint ledger_leaf_first_is_about_the_log check ((leaf_index = 0) = (subject is null)),
    -- A bundle of entries writes the length of each in two bytes (C2SP tlog-tiles).
    constraint ledger_leaf_fits_into_a_bundle check (octet_length(content) between 1 and 65535)
);

-- The hashes of complete subtrees, leaves included, by the order in which they become known: those of one leaf follow one
-- another, and whatever is asked of the tree needs about twice the logarithm of its size.
create table ledger_hash (
    log      text   not null,
    position bigint not null,
    hash     bytea  not null,
    primary key (log, position),
    constraint ledger_hash_is_sha256 check (octet_length(hash) = 32)
);

-- What was signed: the note, word for word.
create table ledger_checkpoint (
    log       text   not null,
    tree_size bigint not null,
    note      text   not null,
    primary key (log, tree_size),
    constraint ledger_checkpoint_covers_something check (tree_size > 0)
);

-- The proof that an entry is in the log, as it was given to whoever made it.
create table ledger_receipt (
    log        text   not null,
    leaf_index bigint not null,
    tree_size  bigint not null,
    receipt    text   not null,
    primary key (log, leaf_index),
    constraint ledger_receipt_is_of_an_entry foreign key (log, leaf_index) references ledger_leaf,
    constraint ledger_receipt_is_of_a_checkpoint foreign key (log, tree_size) references ledger_checkpoint,
    constraint ledger_receipt_is_covered check (leaf_index < tree_size)
);
create index ledger_receipt_checkpoint_idx on ledger_receipt (log, tree_size);

-- Who adds to a log or signs it does it alone. Gives the number of the next entry: under the lock, so that there is no gap.
create function lock_log(wanted text) returns bigint language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock(6962, hashtext(wanted));
    return (select coalesce(max(leaf_index) + 1, 0) from ledger_leaf where log = wanted);
end
$$;

-- Nothing in a log is ever changed or deleted (R25).
do $$
declare
    kept text;
begin
    foreach kept in array array['ledger_leaf', 'ledger_hash', 'ledger_checkpoint', 'ledger_receipt'] loop
        execute format('create trigger %I before update or delete on %I for each row execute function refuse_change()',
                       kept || '_is_for_ever', kept);
        execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()',
                       kept || '_is_not_emptied', kept);
        execute format('alter table %I enable always trigger %I', kept, kept || '_is_for_ever');
        execute format('alter table %I enable always trigger %I', kept, kept || '_is_not_emptied');
    end loop;
end
$$;

grant select, insert on ledger_leaf, ledger_hash, ledger_checkpoint, ledger_receipt to ceremony_app;
grant select on ledger_leaf, ledger_hash, ledger_checkpoint, ledger_receipt to ceremony_auditor;
