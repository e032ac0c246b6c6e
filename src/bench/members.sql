-- Fills up the register's delegations to as many members as `ceremony.wanted` says, whose rows are as wide as real ones. A third of a tenth of
-- them waits in each stage; of the others most are approved. Invented, every one.
insert into delegation (delegation_id, participant, stage, stage_changed_at, created_at, updated_at)
select gen_random_uuid(), participant, 'submitted', now(), now(), now() from participant
on conflict (participant) do nothing;

insert into member (member_id, participant, family_name, given_names, badge_name, form_of_address, function, rank,
    functional_title, affiliation, nationality, email, language, sealed_key, date_of_birth, passport_number,
    passport_expires_on, status, status_changed_at, status_reason, sort_name, search_text, created_at, updated_at,
    marked_with)
select gen_random_uuid(), theirs.participant, 'SAMPLE ' || n, 'Exemplar', 'Exemplar Sample', 'Ms.',
    (array['adviser', 'expert', 'staff', 'representative'])[1 + n % 4],
    case when n % 100 = 0 then 'minister' else 'official' end, 'Director of Samples', 'Ministry of Examples', 'FRA',
    'many.' || n || '@delegate.example', 'en', sealed, sealed, sealed, sealed,
    coalesce((array['submitted', 'pre_approved', 'on_hold', 'draft'])[1 + n % 32], 'approved'),
    now() - make_interval(mins => n), case when n % 32 = 2 then 'an invented reason' end,
    'sample ' || n || e'\texemplar', ' exemplar sample' || e'\n exemplar sample ' || n || e'\n sample ' || n || ' exemplar',
    now(), now() - make_interval(mins => n), (select marked_with from member where marked_with is not null limit 1)
from generate_series(1, current_setting('ceremony.wanted')::integer - (select count(*)::integer from member)) n, (select key_id || decode(repeat('00', 60), 'hex') from installation) as under (sealed),
    (select participant, row_number() over (order by participant) - 1 as place, count(*) over () as all_of_them
     from participant) theirs
where theirs.place = n % theirs.all_of_them;

analyze;
