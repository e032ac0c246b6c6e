-- The signing session (R30, R31): who signs when at which table.
--
-- A session is a table and a day there: Ha Noi on the 25th of October, the desk in New York on any day of its window. It
-- comes into being with the first appointment of its day; a row is written when somebody first does something in it.
create table signing_session (
    place      text        not null,
    held_on    date        not null,

    -- By which strategy the running order was made, and the seed of the lot.
    strategy   text,
    seed       text,
    ordered_by uuid        references account,
    ordered_at timestamptz,
    moved_at   timestamptz,                 -- when something last happened in it
    version    bigint      not null default 0,

    constraint signing_session_once primary key (place, held_on),
    constraint signing_session_order_is_whole check (
        (strategy is null) = (ordered_by is null) and (strategy is null) = (ordered_at is null)),
    constraint signing_session_only_an_order_has_a_seed check (seed is null or strategy is not null)
);
create index signing_session_ordered_by_idx on signing_session (ordered_by);

-- For the turns below, which name both.
alter table appointment add constraint appointment_of_participant unique (appointment_id, participant);

-- An appointment's turn at the table. Without a row it is expected, and has no place in the running order yet.
--
--     expected ──► called ──► at_the_table ──► signed
--        ├───────────┼──────────────┴────────► deferred ──► called
--        └───────────┴──────► absent ────────► deferred
--
-- The legal steps live in `treaty::session::model`. A signature moves the turn to signed in its own transaction, from
-- wherever it is: the running order serves the record, and never stands in its way.
create table signing_turn (
    appointment_id uuid        primary key,
    participant    text        not null,
    place          text        not null,
    held_on        date        not null,
    state          text        not null,
    state_by       uuid        references account,
    state_at       timestamptz,
    reason         text,                    -- why it was deferred, or who was not there
    act_id         uuid        references act,

    -- The place in the running order, and why it is this one: the criterion that decided, with its value, or an officer.
    position       integer,
    placed_by      text,
    placed_value   text,
    moved_from     integer,
    moved_by       uuid        references account,
    moved_at       timestamptz,
    moved_because  text,
    version        bigint      not null default 1,

    constraint signing_turn_is_its_participants
        foreign key (appointment_id, participant) references appointment (appointment_id, participant),
    constraint signing_turn_of_a_session foreign key (place, held_on) references signing_session (place, held_on),
    constraint signing_turn_state_known check (state in
        ('expected', 'called', 'at_the_table', 'signed', 'deferred', 'absent')),
    constraint signing_turn_signed_by_an_act check ((state = 'signed') = (act_id is not null)),
    constraint signing_turn_place_says_why check (
        (position is null) = (placed_by is null) and (position is null) = (placed_value is null)),
    constraint signing_turn_position_counts_from_one check (position > 0),
    constraint signing_turn_move_has_a_reason check (
        num_nonnulls(moved_from, moved_by, moved_at, moved_because) in (0, 4))
);
create index signing_turn_appointment_idx on signing_turn (appointment_id, participant);
create index signing_turn_session_idx on signing_turn (place, held_on);
create index signing_turn_participant_idx on signing_turn (participant);
create index signing_turn_act_idx on signing_turn (act_id);
create index signing_turn_state_by_idx on signing_turn (state_by);
create index signing_turn_moved_by_idx on signing_turn (moved_by);

-- One is called, and one stands at a table, whatever the program does and however many officers call at once.
create unique index signing_turn_one_is_called on signing_turn (place) where state = 'called';
create unique index signing_turn_one_is_at_the_table on signing_turn (place) where state = 'at_the_table';

alter table signing_turn enable row level security;
create policy signing_turn_in_scope on signing_turn to ceremony_app
    using (case when (select current_setting('ceremony.scope', true)) = '*' then true
                else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end)
    with check (in_scope(participant));
create policy signing_turn_is_audited on signing_turn for select to ceremony_auditor using (true);

-- Who does something in a session does it alone. A session that nobody has touched yet begins here.
create function lock_signing_session(place_wanted text, day_wanted date) returns void language plpgsql volatile as $$
begin
    insert into signing_session (place, held_on) values (place_wanted, day_wanted) on conflict do nothing;
    perform from signing_session where place = place_wanted and held_on = day_wanted for update;
end
$$;

grant select, insert on signing_session, signing_turn to ceremony_app;
grant update (strategy, seed, ordered_by, ordered_at, moved_at, version) on signing_session to ceremony_app;
grant update (state, state_by, state_at, reason, act_id, position, placed_by, placed_value, moved_from, moved_by, moved_at,
              moved_because, version) on signing_turn to ceremony_app;
grant select on signing_session, signing_turn to ceremony_auditor;
