-- Fills up the register's delegations to ten thousand members, whose rows are as wide as real ones. A third of a tenth of
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
from generate_series(1, 10000 - (select count(*)::integer from member)) n, (select key_id || decode(repeat('00', 60), 'hex') from installation) as under (sealed),
    (select participant, row_number() over (order by participant) - 1 as place, count(*) over () as all_of_them
     from participant) theirs
where theirs.place = n % theirs.all_of_them;

-- By what they would be known to be entered twice; none of them is.
insert into member_mark (member_id, participant, kind, mark)
select member_id, participant, kind, sha256(convert_to(member_id || kind, 'UTF8'))
from member, unnest(array['passport', 'name_and_birth']) kind where email like 'many.%';

-- What was asked to be changed of every tenth; a tenth of that waits.
insert into change_request (change_request_id, participant, member_id, state, difference, sealed_fields, is_material,
    requested_by, requested_at, decided_by, decided_at, updated_at)
select gen_random_uuid(), participant, member_id, case when waits then 'open' else 'accepted' end, '[]', '{}', false,
    account_id, member.updated_at, case when not waits then account_id end, case when not waits then now() end, now()
from member cross join lateral (select email like 'many.%00@delegate.example' as waits) state,
    (select account_id from account limit 1) somebody
where email like 'many.%0@delegate.example' and status = 'approved';

analyze;
