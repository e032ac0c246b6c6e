-- Backups are taken from the command line, and the trail is told of each. How old the last one is, every look at the measures
-- asks: this index has nothing but backups in it, so that it costs neither the trail nor whoever asks.
create index event_backup_idx on event (happened_at) where kind = 'backup.taken';

-- A dump of the schema must go back in. What has no name, pg_dump writes as an empty one where a field of it is asked for, which
-- no server reads; so the participant gets a name.
create or replace function name_in(named participant, language text) returns text language sql stable parallel safe
begin atomic
    select coalesce(case language when 'fr' then (named).name_fr when 'es' then (named).name_es when 'vi' then (named).name_vi end,
                    (named).name_en);
end;
