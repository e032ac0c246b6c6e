-- Who works on what waits. Each stage of an approval (R41) has its queue: what has stood longest comes first, and an
-- officer takes it, so that no two look at the same paper. The queues are not tables: a queue is what stands in a stage.
--
--     delegations     delegation submitted          the secretariat
--     pre-approval    member submitted              the secretariat
--     clearance       member pre-approved           the host's security
--     on-hold         member on hold                the host's security
--     changes         change request open           the secretariat
--
-- A step leads into another queue, where nobody has it yet.
alter table delegation add column assigned_to uuid constraint delegation_assigned_to_account references account;
alter table delegation add constraint delegation_assigned_while_it_waits
    check (assigned_to is null or stage = 'submitted');
create index delegation_assigned_idx on delegation (assigned_to, stage_changed_at, delegation_id);

alter table member add column assigned_to uuid constraint member_assigned_to_account references account;
alter table member add constraint member_assigned_while_it_waits
    check (assigned_to is null or status in ('submitted', 'pre_approved', 'on_hold'));
create index member_assigned_idx on member (assigned_to, status_changed_at, member_id);

-- The order of a queue ends with the identity, so that a page begins where the last one ended.
drop index member_status_idx;
create index member_status_idx on member (status, status_changed_at, member_id);
create index member_since_idx on member (status_changed_at, member_id);
-- Few are guards, or monarchs: a list of them does not read everybody.
create index member_function_idx on member (function);
create index member_rank_idx on member (rank);

grant select (assigned_to) on member to ceremony_auditor;

alter table change_request add column assigned_to uuid
    constraint change_request_assigned_to_account references account;
alter table change_request add constraint change_request_assigned_while_it_waits
    check (assigned_to is null or state = 'open');
create index change_request_assigned_idx on change_request (assigned_to, requested_at, change_request_id);

grant update (assigned_to) on change_request to ceremony_app;
grant select (assigned_to) on change_request to ceremony_auditor;

-- The same question, asked so that the planner expects an answer of yes for many rows: of two conditions joined by `or`
-- it expects one row in a hundred to pass, and reads and sorts the whole table where an index gives the order.
create or replace function in_scope(participant text) returns boolean language sql stable as $$
    select case when current_setting('ceremony.scope', true) = '*' then true
                else participant = any (string_to_array(current_setting('ceremony.scope', true), ',')) end
$$;

-- R33: how many of a category a delegation may announce is configuration; an officer makes an exception for one
-- delegation, with a reason. The latest exception stands; those before it stay, to be read.
create table quota_override (
    quota_override_id uuid        primary key,
    participant       text        not null references participant,
    category          text        not null,
    max_members       integer     not null,
    reason            text        not null,
    account_id        uuid        not null constraint quota_override_made_by_account references account,
    made_at           timestamptz not null,

    constraint quota_override_limit_is_a_number_of_people check (max_members between 0 and 65535)
);
create index quota_override_participant_idx on quota_override (participant, made_at, quota_override_id);
create index quota_override_account_idx on quota_override (account_id);

alter table quota_override enable row level security;
create policy quota_override_in_scope on quota_override to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
create policy quota_override_is_audited on quota_override for select to ceremony_auditor using (true);

grant select, insert on quota_override to ceremony_app;
grant select on quota_override to ceremony_auditor;
