-- What a participant is called in the language of a report; in English where its name is not known in that one.
create function name_in(participant, language text) returns text language sql stable parallel safe
begin atomic
    select coalesce(case language when 'fr' then ($1).name_fr when 'es' then ($1).name_es when 'vi' then ($1).name_vi end,
                    ($1).name_en);
end;
