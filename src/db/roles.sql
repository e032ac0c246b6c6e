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
begin
    foreach wanted in array array['ceremony_owner nologin', 'ceremony_app login', 'ceremony_auditor login'] loop
        begin
            execute 'create role ' || wanted || ' nosuperuser nocreatedb nocreaterole nobypassrls';
        exception when duplicate_object or unique_violation then
            null;  -- made earlier, or just now by another process
        end;
    end loop;
    if not pg_has_role(current_user, 'ceremony_owner', 'member') then
        execute format('grant ceremony_owner, ceremony_app to %I', current_user);
    end if;
    execute format('grant create, connect, temporary on database %I to ceremony_owner', current_database());
    execute format('grant connect on database %I to ceremony_app, ceremony_auditor', current_database());
    execute format('revoke temporary on database %I from public', current_database());
end
$$;
grant all on schema public to ceremony_owner;
grant usage on schema public to ceremony_app, ceremony_auditor;
