-- What a second witness said of a checkpoint, word for word (C2SP tlog-cosignature): that it has seen it, when, and that it grew
-- out of all that it had seen before. One line of a signed note for each witness.
create table ledger_cosignature (
    log       text   not null,
    tree_size bigint not null,
    witness   text   not null,
    line      text   not null,
    primary key (log, tree_size, witness),
    constraint ledger_cosignature_is_of_a_checkpoint foreign key (log, tree_size) references ledger_checkpoint
);
-- What a witness has cosigned last.
create index ledger_cosignature_witness_idx on ledger_cosignature (log, witness, tree_size);

-- What is for ever, as one line for each table: whoever changes, deletes or empties its rows is refused, in whatever role, and also
-- where a session pretends to be a replica.
create function keep_for_ever(kept regclass) returns void language plpgsql as $$
begin
    execute format('create trigger %I before update or delete on %s for each row execute function refuse_change()',
                   kept || '_is_for_ever', kept);
    execute format('create trigger %I before truncate on %s for each statement execute function refuse_change()',
                   kept || '_is_not_emptied', kept);
    execute format('alter table %s enable always trigger %I', kept, kept || '_is_for_ever');
    execute format('alter table %s enable always trigger %I', kept, kept || '_is_not_emptied');
end
$$;
revoke all on function keep_for_ever(regclass) from public;

select keep_for_ever('ledger_cosignature');

grant select, insert on ledger_cosignature to ceremony_app;
grant select on ledger_cosignature to ceremony_auditor;
