-- What else belongs to ten thousand members that `members.sql` has made.
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
