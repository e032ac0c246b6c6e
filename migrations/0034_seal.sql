-- The audit trail as a log of the ledger (R51). A write stores its event and waits for nobody; a sealer comes after it, gives
-- what is committed its place in the log, and signs.
--
-- In what order transactions commit, no column of theirs can tell: the one that began first may be the last. So each event
-- leaves a mark, in its own transaction, which the sealer sees when it is committed and takes away when it has entered the
-- event. What was rolled back leaves none; nothing is passed over, and nobody waits for a lock.
create table event_unsealed (
    event_id uuid primary key
);
-- Whatever comes in goes within a second: dead rows are to be taken away as often.
alter table event_unsealed set (autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);

-- The database does it, so that no writer can forget to.
create function await_seal() returns trigger language plpgsql security definer set search_path = public, pg_temp as $$
begin
    insert into event_unsealed select event_id from told;
    return null;
end
$$;
revoke all on function await_seal() from public;
create trigger event_awaits_its_seal after insert on event
    referencing new table as told for each statement execute function await_seal();
alter table event enable always trigger event_awaits_its_seal;

-- What was told before there was a sealer is the first that it finds.
insert into event_unsealed select event_id from event;

-- Whose event it is, a mark does not say: it is for the sealer, who sees everybody's, and within a mission's scope there is none.
alter table event_unsealed enable row level security;
create policy event_unsealed_is_the_sealers on event_unsealed to ceremony_app
    using ((select current_setting('ceremony.scope', true)) = '*');
create policy event_unsealed_is_audited on event_unsealed for select to ceremony_auditor using (true);

grant select, delete on event_unsealed to ceremony_app;
grant select on event_unsealed to ceremony_auditor;
