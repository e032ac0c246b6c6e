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

create trigger ledger_cosignature_is_for_ever before update or delete on ledger_cosignature
    for each row execute function refuse_change();
create trigger ledger_cosignature_is_not_emptied before truncate on ledger_cosignature
    for each statement execute function refuse_change();
alter table ledger_cosignature enable always trigger ledger_cosignature_is_for_ever;
alter table ledger_cosignature enable always trigger ledger_cosignature_is_not_emptied;

grant select, insert on ledger_cosignature to ceremony_app;
grant select on ledger_cosignature to ceremony_auditor;
