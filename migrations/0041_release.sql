-- What of the programme has been released (R46): versions of the whole, each for ever as it went out.
--
-- A version holds every session with all that is shown of it, so that it can be read again, compared and printed when the
-- draft has long moved on. Whether somebody may see a session is asked when it is read: an embargo ends by itself.
create table programme_release (
    version     integer     primary key,
    draft       bigint      not null,       -- the version of the draft that was released
    note        text,
    released_by uuid        not null references account,
    released_at timestamptz not null,
    constraint programme_release_counts_from_one check (version > 0)
);
create index programme_release_by_idx on programme_release (released_by);

create table released_session (
    version         integer     not null references programme_release,
    session_id      uuid        not null references session,
    -- How often it was moved or called off in what was released: calendars go by it (RFC 5545, SEQUENCE).
    sequence        integer     not null,
    content         jsonb       not null,

    -- Of the content what the database itself looks at.
    room_id         uuid        references room,
    starts_at       timestamptz not null,
    ends_at         timestamptz not null,
    room_free_at    timestamptz not null,
    access          text        not null,
    embargo_ends_at timestamptz,
    is_cancelled    boolean     not null,

    constraint released_session_once primary key (version, session_id),
    constraint released_session_ends_after_it_starts check (ends_at > starts_at),
    constraint released_session_sequence_is_no_debt check (sequence >= 0),
    -- No version holds two sessions in one room at a time (R44).
    constraint released_session_room_is_free exclude using gist
        (int4range(version, version, '[]') with &&, room_range(room_id, room_id, '[]') with &&,
         tstzrange(starts_at, room_free_at) with &&)
        where (room_id is not null and not is_cancelled)
);
create index released_session_session_idx on released_session (session_id);
create index released_session_room_idx on released_session (room_id);

select keep_for_ever('programme_release');
select keep_for_ever('released_session');

grant select, insert on programme_release, released_session to ceremony_app;
grant select on programme_release, released_session to ceremony_auditor;
