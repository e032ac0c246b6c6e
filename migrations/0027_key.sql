-- The key under which every other key is wrapped can be exchanged while the service runs: for every service that works on
-- this database at the same moment, and without one value left under the old key.

-- Which key is in force, by its name, which says nothing about it. What is sealed under a key begins with its name. Null
-- until the first start after this migration, which knows the key.
alter table installation add column key_id bytea;
alter table installation add constraint installation_key_is_named_by_eight_bytes check (octet_length(key_id) = 8);
grant update (key_id, key_proof) on installation to ceremony_app;
grant select (key_id) on installation to ceremony_auditor;

-- Whether a value is sealed (or marked) under the key in force. Who asks holds that key until the end of the
-- transaction: the exchange waits for all who sealed under the old one, and whoever comes after it is told. So, when
-- the exchange is committed, every row under the old key can be seen, and none is added.
create function is_under_the_key_in_force(sealed bytea) returns boolean
language plpgsql volatile security definer set search_path = public, pg_temp as $$
begin
    -- Nothing, or what was forgotten.
    if coalesce(octet_length(sealed), 0) = 0 then
        return true;
    end if;
    perform pg_advisory_xact_lock_shared(2025102502);
    return coalesce((select substring(sealed for 8) = key_id from installation), true);
end
$$;

-- A service that still has the old key is told so, as if it had lost a race: it reads its key files anew and tries again.
create function refuse_another_key() returns trigger language plpgsql as $$
begin
    raise exception 'a value of % is sealed under a key that is not in force', tg_table_name
        using errcode = 'serialization_failure', constraint = 'sealed_under_the_key_in_force';
end
$$;

create trigger member_key_is_under_the_key_in_force before insert or update of sealed_key on member
    for each row when (not is_under_the_key_in_force(new.sealed_key)) execute function refuse_another_key();
create trigger member_is_marked_under_the_key_in_force before insert or update of marked_with on member
    for each row when (not is_under_the_key_in_force(new.marked_with)) execute function refuse_another_key();
create trigger document_key_is_under_the_key_in_force before insert or update of sealed_key on document
    for each row when (not is_under_the_key_in_force(new.sealed_key)) execute function refuse_another_key();
create trigger import_key_is_under_the_key_in_force before insert or update of sealed_key on import
    for each row when (not is_under_the_key_in_force(new.sealed_key)) execute function refuse_another_key();
create trigger idempotency_answer_is_under_the_key_in_force before insert or update of answer on idempotency
    for each row when (not is_under_the_key_in_force(new.answer)) execute function refuse_another_key();
create trigger totp_secret_is_under_the_key_in_force before insert or update of sealed on totp
    for each row when (not is_under_the_key_in_force(new.sealed)) execute function refuse_another_key();

revoke all on function is_under_the_key_in_force(bytea) from public;
grant execute on function is_under_the_key_in_force(bytea) to ceremony_app;
-- Wrapped anew, a paper's key is the same key.
grant update (sealed_key) on document to ceremony_app;
