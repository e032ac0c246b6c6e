-- Side events (R45): what participants ask to organize, who organizes it with them, and what the programme's officers make
-- of it.
--
--     draft ──► submitted ──► accepted ──► (has a session)
--       │          ├────────► rejected
--       └──────────┴──────────────┴──────► withdrawn, while it has no session
--
-- An accepted one that has its place is a session of the programme, and is moved there like any other.
create table side_event (
    side_event_id   uuid        primary key,
    participant     text        not null references participant,     -- the sponsor
    state           text        not null,
    title           jsonb       not null,               -- in each language
    abstract        jsonb,
    preferred_slots text[]      not null default '{}',  -- as the ceremony names them, the most wanted first
    audience        integer     not null,               -- how many are expected
    layout          text,
    equipment       text[]      not null default '{}',
    languages       text[]      not null default '{}',  -- to be interpreted, each from a booth
    material        text,                               -- what is to be shown or handed out
    applied_by      uuid        not null references account,
    created_at      timestamptz not null,
    submitted_at    timestamptz,
    decided_by      uuid        references account,     -- who accepted, rejected or withdrew it
    decided_at      timestamptz,
    decided_because text,
    session_id      uuid        references session,     -- where it takes place
    updated_at      timestamptz not null,
    version         bigint      not null default 1,

    -- For what hangs on it: nothing of one participant hangs on another's.
    constraint side_event_is_of_its_sponsor unique (side_event_id, participant),
    constraint side_event_state_known check (state in ('draft', 'submitted', 'accepted', 'rejected', 'withdrawn')),
    constraint side_event_has_a_title check (title ->> 'en' is not null),
    constraint side_event_expects_somebody check (audience > 0),
    constraint side_event_decision_is_whole
        check (num_nonnulls(decided_by, decided_at) = case when state in ('draft', 'submitted') then 0 else 2 end),
    constraint side_event_rejection_has_a_reason check (state <> 'rejected' or decided_because is not null),
    constraint side_event_submission_has_a_time check (state in ('draft', 'withdrawn') or submitted_at is not null),
    constraint side_event_in_the_programme_is_accepted check (session_id is null or state = 'accepted')
);
create index side_event_participant_idx on side_event (participant, side_event_id);
create index side_event_state_idx on side_event (state, submitted_at);
create index side_event_applied_by_idx on side_event (applied_by);
create index side_event_decided_by_idx on side_event (decided_by);
-- A session is one side event's.
create index side_event_session_idx on side_event (session_id);
create unique index side_event_session_once on side_event (session_id) where session_id is not null;

-- Who is to organize it with the sponsor, and whether they said so themselves.
create table side_event_co_sponsor (
    side_event_id uuid        not null,
    participant   text        not null,                 -- the sponsor, whose row it is
    co_sponsor    text        not null references participant,
    answer        text        not null default 'asked',
    answered_by   uuid        references account,
    answered_at   timestamptz,

    constraint side_event_co_sponsor_once primary key (side_event_id, co_sponsor),
    constraint side_event_co_sponsor_is_of_its_side_event
        foreign key (side_event_id, participant) references side_event (side_event_id, participant),
    constraint side_event_co_sponsor_is_another check (co_sponsor <> participant),
    constraint side_event_co_sponsor_answer_known check (answer in ('asked', 'confirmed', 'declined')),
    constraint side_event_co_sponsor_answer_is_whole
        check (num_nonnulls(answered_by, answered_at) = case answer when 'asked' then 0 else 2 end)
);
create index side_event_co_sponsor_of_idx on side_event_co_sponsor (side_event_id, participant);
create index side_event_co_sponsor_who_idx on side_event_co_sponsor (co_sponsor);
create index side_event_co_sponsor_answered_by_idx on side_event_co_sponsor (answered_by);

-- Who speaks. Somebody of the sponsor's delegation is named by their entry there, too.
create table side_event_speaker (
    side_event_speaker_id uuid    primary key,
    side_event_id         uuid    not null,
    participant           text    not null,
    place                 integer not null,             -- in the order in which they are announced
    name                  text    not null,
    title                 text,
    organization          text,
    member_id             uuid,

    constraint side_event_speaker_is_of_its_side_event
        foreign key (side_event_id, participant) references side_event (side_event_id, participant),
    constraint side_event_speaker_is_its_sponsors_member
        foreign key (member_id, participant) references member (member_id, participant)
);
create index side_event_speaker_idx on side_event_speaker (side_event_id, participant, place);
create index side_event_speaker_member_idx on side_event_speaker (member_id, participant);

-- Whoever is erased (R52) is erased as a speaker, too.
create function forget_speaker() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    update side_event_speaker set name = 'Erased', title = null, organization = null where member_id = new.member_id;
    return null;
end
$$;
create trigger member_is_forgotten_as_speaker after update of erased_at on member
    for each row when (old.erased_at is null and new.erased_at is not null) execute function forget_speaker();

-- What a co-sponsor says changes what the side event is; the co-sponsor itself may not write there.
create function move_side_event() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    update side_event set version = version + 1, updated_at = new.answered_at where side_event_id = new.side_event_id;
    return null;
end
$$;
create trigger side_event_follows_its_co_sponsors after update of answer on side_event_co_sponsor
    for each row when (new.answered_at is not null) execute function move_side_event();

-- The sponsor sees its own, and whoever is asked to organize it as well sees it once it is handed in, until they say no.
alter table side_event_co_sponsor enable row level security;
create policy side_event_co_sponsor_in_scope on side_event_co_sponsor to ceremony_app
    using (case when (select current_setting('ceremony.scope', true)) = '*' then true
                else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[])
                     or co_sponsor = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end)
    with check (in_scope(participant) or in_scope(co_sponsor));
-- Nobody names themselves, and nobody answers for another: an officer does neither.
create policy side_event_co_sponsor_is_named_by_the_sponsor on side_event_co_sponsor as restrictive for insert
    to ceremony_app with check (in_scope(participant) and answer = 'asked');
create policy side_event_co_sponsor_is_dropped_by_the_sponsor on side_event_co_sponsor as restrictive for delete
    to ceremony_app using (in_scope(participant));
create policy side_event_co_sponsor_answers_itself on side_event_co_sponsor as restrictive for update
    to ceremony_app using (in_scope(co_sponsor));
create policy side_event_co_sponsor_is_audited on side_event_co_sponsor for select to ceremony_auditor using (true);

alter table side_event enable row level security;
create policy side_event_in_scope on side_event to ceremony_app
    using (case when (select current_setting('ceremony.scope', true)) = '*' then true
                else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[])
                     or state <> 'draft' and exists (
                         select from side_event_co_sponsor c
                         where c.side_event_id = side_event.side_event_id and c.answer <> 'declined' and c.co_sponsor
                             = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[])) end)
    with check (in_scope(participant));
create policy side_event_is_audited on side_event for select to ceremony_auditor using (true);

alter table side_event_speaker enable row level security;
create policy side_event_speaker_in_scope on side_event_speaker to ceremony_app
    using (case when (select current_setting('ceremony.scope', true)) = '*' then true
                else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[])
                     or exists (select from side_event e where e.side_event_id = side_event_speaker.side_event_id) end)
    with check (in_scope(participant));
create policy side_event_speaker_is_audited on side_event_speaker for select to ceremony_auditor using (true);

grant select, insert on side_event to ceremony_app;
grant update (state, title, abstract, preferred_slots, audience, layout, equipment, languages, material, submitted_at,
              decided_by, decided_at, decided_because, session_id, updated_at, version) on side_event to ceremony_app;
grant select, insert, delete on side_event_co_sponsor, side_event_speaker to ceremony_app;
grant update (answer, answered_by, answered_at) on side_event_co_sponsor to ceremony_app;
grant select on side_event, side_event_co_sponsor to ceremony_auditor;
grant select (side_event_speaker_id, side_event_id, participant, place, member_id) on side_event_speaker to ceremony_auditor;

-- What a programme officer thinks of an application: one review each. Officers' business, of which a mission learns nothing
-- but the decision.
create table side_event_review (
    side_event_id uuid        not null,
    participant   text        not null,
    reviewed_by   uuid        not null references account,
    scores        jsonb       not null,                 -- 1 to 5 for each of the ceremony's criteria
    comment       text,
    reviewed_at   timestamptz not null,

    constraint side_event_review_once primary key (side_event_id, reviewed_by),
    constraint side_event_review_is_of_its_side_event
        foreign key (side_event_id, participant) references side_event (side_event_id, participant)
);
create index side_event_review_of_idx on side_event_review (side_event_id, participant);
create index side_event_review_by_idx on side_event_review (reviewed_by);
alter table side_event_review enable row level security;
create policy side_event_review_is_the_officers on side_event_review to ceremony_app
    using (in_scope(participant) and current_setting('ceremony.scope', true) = '*')
    with check (current_setting('ceremony.scope', true) = '*');
create policy side_event_review_is_audited on side_event_review for select to ceremony_auditor using (true);
grant select, insert on side_event_review to ceremony_app;
grant update (scores, comment, reviewed_at) on side_event_review to ceremony_app;
grant select on side_event_review to ceremony_auditor;

-- A proposal which accepted side events get which rooms and slots, with why, and why others get none. It changes nothing
-- before it is applied.
create table allocation (
    allocation_id uuid        primary key,
    state         text        not null,
    seed          bigint      not null,
    proposal      jsonb       not null,
    proposed_by   uuid        not null references account,
    proposed_at   timestamptz not null,
    applied_by    uuid        references account,
    applied_at    timestamptz,
    version       bigint      not null default 1,

    constraint allocation_state_known check (state in ('proposed', 'applied')),
    constraint allocation_application_is_whole
        check (num_nonnulls(applied_by, applied_at) = case state when 'applied' then 2 else 0 end)
);
create index allocation_proposed_by_idx on allocation (proposed_by);
create index allocation_applied_by_idx on allocation (applied_by);
alter table allocation enable row level security;
create policy allocation_is_the_officers on allocation to ceremony_app
    using (current_setting('ceremony.scope', true) = '*') with check (current_setting('ceremony.scope', true) = '*');
create policy allocation_is_audited on allocation for select to ceremony_auditor using (true);
grant select, insert on allocation to ceremony_app;
grant update (state, applied_by, applied_at, version) on allocation to ceremony_app;
grant select on allocation to ceremony_auditor;
