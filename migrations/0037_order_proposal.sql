-- What an officer wants of the record's log: to freeze it for maintenance, to thaw it, to close it for good. A second officer
-- confirms it, and it is ordered. Whoever runs the service orders by themselves, from the server.
create table ledger_order_proposal (
    ledger_order_proposal_id uuid        primary key,
    log                      text        not null,
    kind                     text        not null,
    reason                   text        not null,
    proposed_by              uuid        not null references account,
    proposed_at              timestamptz not null,
    confirmed_by             uuid        references account,
    confirmed_at             timestamptz,

    constraint ledger_order_proposal_kind_known check (kind in ('frozen', 'thawed', 'closed')),
    constraint ledger_order_proposal_says_why check (btrim(reason) <> ''),
    constraint ledger_order_proposal_confirmation_is_whole check ((confirmed_by is null) = (confirmed_at is null)),

    -- Two persons, whatever the program does.
    constraint ledger_order_proposal_by_two_officers check (confirmed_by <> proposed_by)
);
create index ledger_order_proposal_proposed_by_idx on ledger_order_proposal (proposed_by);
create index ledger_order_proposal_confirmed_by_idx on ledger_order_proposal (confirmed_by);

-- What was proposed stays as it was, what was confirmed stays confirmed, and neither ever goes.
create function keep_order_proposal() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.confirmed_by is null
        and (new.ledger_order_proposal_id, new.log, new.kind, new.reason, new.proposed_by, new.proposed_at)
          = (old.ledger_order_proposal_id, old.log, old.kind, old.reason, old.proposed_by, old.proposed_at)
    then
        return new;
    end if;
    raise exception 'an order is confirmed once, and else never changed or deleted' using errcode = 'restrict_violation';
end
$$;
create trigger ledger_order_proposal_is_kept before update or delete on ledger_order_proposal
    for each row execute function keep_order_proposal();
create trigger ledger_order_proposal_is_not_emptied before truncate on ledger_order_proposal
    for each statement execute function keep_order_proposal();
alter table ledger_order_proposal enable always trigger ledger_order_proposal_is_kept;
alter table ledger_order_proposal enable always trigger ledger_order_proposal_is_not_emptied;

grant select, insert on ledger_order_proposal to ceremony_app;
grant update (confirmed_by, confirmed_at) on ledger_order_proposal to ceremony_app;
grant select on ledger_order_proposal to ceremony_auditor;
