-- A log is frozen for maintenance and thawed again, or closed for good, by whoever runs the service. The last order counts.
create table ledger_order (
    log        text        not null,
    number     integer     not null,
    kind       text        not null,
    reason     text        not null,
    ordered_at timestamptz not null,
    primary key (log, number),
    constraint ledger_order_kind_known check (kind in ('frozen', 'thawed', 'closed'))
);

-- What was ordered is never changed, nor is a log that was closed ever opened by forgetting that.
create trigger ledger_order_is_for_ever before update or delete on ledger_order for each row execute function refuse_change();
create trigger ledger_order_is_not_emptied before truncate on ledger_order for each statement execute function refuse_change();
alter table ledger_order enable always trigger ledger_order_is_for_ever;
alter table ledger_order enable always trigger ledger_order_is_not_emptied;

grant select, insert on ledger_order to ceremony_app;
grant select on ledger_order to ceremony_auditor;
