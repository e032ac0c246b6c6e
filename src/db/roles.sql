-- The roles of the database, made before the first migration by whoever may make roles; running it again changes nothing.
--
--     ceremony_owner     owns every table; nobody logs in as it
--     ceremony_app       the running service; reads and writes what each migration grants, and no more
--     ceremony_auditor   reads
--
-- Neither login has a password: on the server that comes with the service the socket's directory guards them, on a
-- server of one's own the administrator grants `ceremony_app` to the account in DATABASE_URL.
do $$
declare
    wanted text;
    -- From version 16 on, whoever makes a role is its member, but may not yet become it.
    may_become constant text :=
        case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end;
begin
    foreach wanted in array array['ceremony_owner nologin', 'ceremony_app login', 'ceremony_auditor login'] loop
        -- An administrator may have made them, for somebody who may not.
        continue when exists (select from pg_roles where rolname = split_part(wanted, ' ', 1));
        begin
            execute 'create role ' || wanted || ' nosuperuser nocreatedb nocreaterole nobypassrls';
        exception when duplicate_object or unique_violation then
            null;  -- made just now by another process
        end;
    end loop;
    foreach wanted in array array['ceremony_owner', 'ceremony_app'] loop
        if not pg_has_role(current_user, wanted, may_become) then
            execute format('grant %I to %I', wanted, current_user);
        end if;
    end loop;
    execute format('grant create, connect, temporary on database %I to ceremony_owner', current_database());
    execute format('grant connect on database %I to ceremony_app, ceremony_auditor', current_database());
    execute format('revoke temporary on database %I from public', current_database());
end
$$;
grant all on schema public to ceremony_owner;
grant usage on schema public to ceremony_app, ceremony_auditor;
