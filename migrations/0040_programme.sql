-- The programme (R44, R46): rooms, and what takes place in them.
--
-- What stands here is the draft. It is edited all day by several people, and nobody but the programme's officers sees it
-- before it is released.

-- A range that holds one identity: with it a constraint can say "the same room" by what PostgreSQL itself brings. The
-- extension that is usually taken for this is missing on some servers.
create type room_range as range (subtype = uuid);

-- The programme as a whole: its version rises with every change of a room or a session, and whoever writes holds its row.
-- So two changes are judged one after the other, and a release is of what its officer has looked at.
create table programme (
    is_the_one boolean primary key default true,
    version    bigint  not null default 0,
    constraint programme_is_one check (is_the_one)
);
insert into programme (version) values (0);

create function hold_programme() returns void language plpgsql volatile as $$
begin
    perform from programme for update;
end
$$;

create table room (
    room_id            uuid        primary key,
    -- By which the ceremony's starting programme knows it; null for what officers added.
    frame_key          text,
    name               jsonb       not null,            -- in each language
    capacity           integer     not null,            -- persons, however it is furnished
    layouts            jsonb       not null default '[]',
    turn_round_minutes integer     not null,            -- between two sessions
    booths             integer     not null default 0,  -- for interpreters
    languages          text[]      not null default '{}',
    equipment          text[]      not null default '{}',
    availability       jsonb       not null default '[]',   -- spans of time; none: always
    created_at         timestamptz not null,
    updated_at         timestamptz not null,
    version            bigint      not null default 1,

    constraint room_frame_key_once unique (frame_key),
    constraint room_has_a_name check (name ->> 'en' is not null),
    constraint room_holds_somebody check (capacity > 0),
    constraint room_turn_round_is_no_debt check (turn_round_minutes >= 0),
    constraint room_booths_are_no_debt check (booths >= 0)
);

-- An item of the programme. It keeps its identity when it moves and when it is cancelled: calendars and seats refer to it.
create table session (
    session_id        uuid        primary key,
    frame_key         text,
    kind              text        not null,
    title             jsonb       not null,             -- in each language
    abstract          jsonb,
    room_id           uuid        references room,      -- null: to be announced
    layout            text,
    starts_at         timestamptz not null,
    ends_at           timestamptz not null,
    -- When the next session can begin in the room; kept by a trigger.
    room_free_at      timestamptz not null,
    people            jsonb       not null default '[]',    -- chairs and speakers, as they are announced
    access            text        not null,
    places            integer,                          -- how many are let in; null: as many as the room holds
    equipment         text[]      not null default '{}',
    languages         text[]      not null default '{}',    -- to be interpreted
    embargo_ends_at   timestamptz,                      -- not public before
    cancelled_at      timestamptz,
    cancelled_by      uuid        references account,
    cancelled_because text,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    version           bigint      not null default 1,

    constraint session_frame_key_once unique (frame_key),
    constraint session_has_a_title check (title ->> 'en' is not null),
    constraint session_ends_after_it_starts check (ends_at > starts_at),
    constraint session_layout_is_of_a_room check (layout is null or room_id is not null),
    constraint session_access_known check (access in ('public', 'accredited', 'by_seat')),
    constraint session_places_are_some check (places > 0),
    constraint session_cancellation_is_whole
        check (num_nonnulls(cancelled_at, cancelled_by, cancelled_because) in (0, 3)),

    -- One session at a time in a room, turn-round time included (R44), whatever the program does.
    constraint session_room_is_free exclude using gist
        (room_range(room_id, room_id, '[]') with &&, tstzrange(starts_at, room_free_at) with &&)
        where (room_id is not null and cancelled_at is null)
);
create index session_room_idx on session (room_id, starts_at);
create index session_starts_idx on session (starts_at, session_id);
create index session_cancelled_by_idx on session (cancelled_by);

-- The turn-round time is the room's. The room is held meanwhile, so that it does not get another one unseen.
create function keep_room_free_at() returns trigger language plpgsql as $$
declare
    turn_round integer := 0;
begin
    if new.room_id is not null then
        select turn_round_minutes into turn_round from room where room_id = new.room_id for share;
    end if;
    new.room_free_at := new.ends_at + coalesce(turn_round, 0) * interval '1 minute';
    return new;
end
$$;
create trigger session_keeps_room_free_at before insert or update on session
    for each row execute function keep_room_free_at();

create function turn_round_anew() returns trigger language plpgsql as $$
begin
    update session set room_free_at = ends_at where room_id = new.room_id;
    return null;
end
$$;
create trigger room_turns_round_anew after update of turn_round_minutes on room
    for each row when (old.turn_round_minutes <> new.turn_round_minutes) execute function turn_round_anew();

create function move_programme() returns trigger language plpgsql as $$
begin
    update programme set version = version + 1;
    return null;
end
$$;
create trigger programme_follows_rooms after insert or update on room
    for each statement execute function move_programme();
create trigger programme_follows_sessions after insert or update on session
    for each statement execute function move_programme();

grant select on programme to ceremony_app, ceremony_auditor;
grant update (version) on programme to ceremony_app;
grant select, insert on room, session to ceremony_app;
grant update (name, capacity, layouts, turn_round_minutes, booths, languages, equipment, availability, updated_at, version)
    on room to ceremony_app;
grant update (kind, title, abstract, room_id, layout, starts_at, ends_at, room_free_at, people, access, places, equipment,
              languages, embargo_ends_at, cancelled_at, cancelled_by, cancelled_because, updated_at, version)
    on session to ceremony_app;
grant select on room, session to ceremony_auditor;
