-- Seats (R48): of a session that is entered by seat, who has one, who waits for one, and to whom one is offered.
--
--     waiting ──► offered ──► taken               withdrawn: from waiting and from offered
--                    └──────► lapsed
--
-- How many there are and how many are gone stands apart from who has them: a mission sees the numbers of all and the rows
-- of its own. The numbers follow the rows by triggers, so that nobody can forget to count, and a constraint judges last.
create table seating (
    session_id    uuid        primary key references session,
    places        integer     not null,
    taken         integer     not null default 0,   -- seats that somebody has, and seats that are offered to somebody
    waiting       integer     not null default 0,   -- groups that wait
    joined        bigint      not null default 0,   -- groups that ever began to wait: each gets the next place
    -- When the first offer lapses that stands; null: none does.
    offer_ends_at timestamptz,

    -- Never one seat too many (R48), under any number of requests and whatever the program does.
    constraint seating_is_never_oversold check (taken <= places),
    constraint seating_counts_are_no_debt check (taken >= 0 and waiting >= 0)
);

-- For the rows below, which name both: nobody's seat hangs on another participant's member.
create table seat (
    seat_id       uuid        primary key,
    session_id    uuid        not null references seating,
    participant   text        not null references participant,
    member_id     uuid,                                -- who sits on it; null: nobody yet
    taken_by      uuid        not null references account,
    taken_at      timestamptz not null,
    given_back_by uuid        references account,
    given_back_at timestamptz,
    version       bigint      not null default 1,

    constraint seat_is_its_participants_member
        foreign key (member_id, participant) references member (member_id, participant),
    constraint seat_is_given_back_by_somebody check ((given_back_at is null) = (given_back_by is null))
);
create index seat_session_idx on seat (session_id, participant, seat_id);
create index seat_participant_idx on seat (participant);
create index seat_member_idx on seat (member_id, participant);
create index seat_taken_by_idx on seat (taken_by);
create index seat_given_back_by_idx on seat (given_back_by);
-- Nobody sits on two seats.
create unique index seat_member_once on seat (session_id, member_id) where given_back_at is null;

create table waiting_group (
    waiting_group_id uuid        primary key,
    session_id       uuid        not null references seating,
    participant      text        not null references participant,
    seats            integer     not null,              -- all of them or none
    state            text        not null default 'waiting',
    position         bigint      not null,              -- the lowest is offered first
    joined_by        uuid        not null references account,
    joined_at        timestamptz not null,
    offer_ends_at    timestamptz,
    settled_at       timestamptz,                       -- when it was taken, lapsed or was withdrawn
    moved_by         uuid        references account,
    moved_at         timestamptz,
    moved_because    text,
    version          bigint      not null default 1,

    constraint waiting_group_wants_some check (seats > 0),
    constraint waiting_group_state_known check (state in ('waiting', 'offered', 'taken', 'lapsed', 'withdrawn')),
    constraint waiting_group_offer_has_an_end check (state <> 'offered' or offer_ends_at is not null),
    constraint waiting_group_move_has_a_reason check (num_nonnulls(moved_by, moved_at, moved_because) in (0, 3)),
    constraint waiting_group_settled_once check ((state in ('waiting', 'offered')) = (settled_at is null)),
    -- Looked at when a move is whole: it gives several groups other places.
    constraint waiting_group_place_once unique (session_id, position) deferrable initially deferred
);
create index waiting_group_participant_idx on waiting_group (participant);
create index waiting_group_joined_by_idx on waiting_group (joined_by);
create index waiting_group_moved_by_idx on waiting_group (moved_by);
-- A delegation waits once for a session.
create unique index waiting_group_once on waiting_group (session_id, participant) where settled_at is null;

-- The seats of a session are those that it lets in. What is let in less than has seats is refused by the constraint.
create function keep_seating() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    if new.access = 'by_seat' then
        insert into seating (session_id, places) values (new.session_id, coalesce(new.places, 0))
        on conflict (session_id) do update set places = excluded.places;
    end if;
    return null;
end
$$;
create trigger session_keeps_its_seating after insert or update on session
    for each row execute function keep_seating();
insert into seating (session_id, places) select session_id, coalesce(places, 0) from session where access = 'by_seat';

create function count_seat() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    if tg_op = 'INSERT' then
        update seating set taken = taken + 1 where session_id = new.session_id and new.given_back_at is null;
    elsif old.given_back_at is null and new.given_back_at is not null then
        update seating set taken = taken - 1 where session_id = new.session_id;
    end if;
    return null;
end
$$;
create trigger seat_is_counted after insert or update of given_back_at on seat
    for each row execute function count_seat();

create function count_waiting_group() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare
    was text := case when tg_op = 'UPDATE' then old.state end;
begin
    update seating s set
        taken = taken + case when new.state = 'offered' then new.seats else 0 end
                      - case when was = 'offered' then new.seats else 0 end,
        waiting = waiting + (new.state = 'waiting')::int - coalesce(was = 'waiting', false)::int,
        offer_ends_at = (select min(g.offer_ends_at) from waiting_group g
                         where g.session_id = s.session_id and g.state = 'offered')
    where session_id = new.session_id;
    return null;
end
$$;
create trigger waiting_group_is_counted after insert or update of state on waiting_group
    for each row execute function count_waiting_group();

-- Whoever gives or takes a seat does so alone.
create function hold_seating(wanted uuid) returns void language plpgsql volatile security definer
set search_path = public, pg_temp as $$
begin
    perform from seating where session_id = wanted for update;
end
$$;

alter table seat enable row level security;
create policy seat_in_scope on seat to ceremony_app
    using (case when (select current_setting('ceremony.scope', true)) = '*' then true
                else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end)
    with check (in_scope(participant));
create policy seat_is_audited on seat for select to ceremony_auditor using (true);
alter table waiting_group enable row level security;
create policy waiting_group_in_scope on waiting_group to ceremony_app
    using (case when (select current_setting('ceremony.scope', true)) = '*' then true
                else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end)
    with check (in_scope(participant));
create policy waiting_group_is_audited on waiting_group for select to ceremony_auditor using (true);

grant select on seating to ceremony_app, ceremony_auditor;
grant update (joined) on seating to ceremony_app;
grant select, insert on seat, waiting_group to ceremony_app;
grant update (member_id, given_back_by, given_back_at, version) on seat to ceremony_app;
grant update (state, position, offer_ends_at, settled_at, moved_by, moved_at, moved_because, version) on waiting_group
    to ceremony_app;
grant select on seat, waiting_group to ceremony_auditor;
