-- Speakers' lists (R49): who speaks in a session, in which order and why, and when they did.
--
--     listed ──► called ──► speaking ──► spoken          withdrawn: from listed and from called
--
-- The place follows from two columns: the class of the speaker's level and the time of inscription. An exchange of places
-- exchanges these, and a new level writes one's own anew; nothing else moves anybody.

-- What is said, as it is handed in: under embargo until it was said.
alter table document drop constraint document_kind_known;
alter table document add constraint document_kind_known check (kind in
    ('note_verbale', 'letter', 'appointment_of_focal_point', 'passport', 'photo', 'full_powers', 'credentials',
     'press_card', 'statement'));

create table statement (
    statement_id  uuid        primary key,
    session_id    uuid        not null references session,
    participant   text        not null references participant,
    kind          text        not null,
    state         text        not null default 'listed',
    speaker       text        not null,
    title         text,
    rank          text        not null,
    language      text        not null,
    on_behalf_of  text,                                -- a group, which it speaks for as well
    preferred     text,                                -- when the mission would like to speak
    document_id   uuid,                                -- what is going to be said
    inscribed_by  uuid        not null references account,
    inscribed_at  timestamptz not null,

    place_class   integer     not null,
    place_at      timestamptz not null,
    -- With whom the mission would exchange its place; done when both say so.
    swap_with     text,
    swapped_at    timestamptz,

    called_at     timestamptz,
    started_at    timestamptz,
    ended_at      timestamptz,
    -- Of replies which one it is: the right is used at most so often.
    reply_number  integer,
    version       bigint      not null default 1,

    constraint statement_swaps_with_somebody foreign key (swap_with) references participant,
    constraint statement_text_is_its_participants
        foreign key (document_id, participant) references document (document_id, participant),
    constraint statement_kind_known check (kind in ('statement', 'reply')),
    constraint statement_state_known check (state in ('listed', 'called', 'speaking', 'spoken', 'withdrawn')),
    constraint statement_ends_after_it_started check (ended_at >= started_at),
    constraint statement_spoken_has_its_times check (
        (state in ('speaking', 'spoken')) = (started_at is not null) and (state = 'spoken') = (ended_at is not null)),
    constraint statement_reply_is_numbered check ((kind = 'reply') = (reply_number is not null)),
    constraint statement_reply_at_most_twice check (reply_number between 1 and 2)
);
create index statement_session_idx on statement (session_id, place_class, place_at);
create index statement_participant_idx on statement (participant);
create index statement_inscribed_by_idx on statement (inscribed_by);
create index statement_document_idx on statement (document_id, participant);
create index statement_swap_idx on statement (swap_with);
-- A mission is inscribed once, replies to each number once, and one speaks at a time.
create unique index statement_inscribed_once on statement (session_id, participant)
    where kind = 'statement' and state <> 'withdrawn';
create unique index statement_reply_once on statement (session_id, participant, reply_number)
    where kind = 'reply' and state <> 'withdrawn';
create unique index statement_one_speaks on statement (session_id) where state = 'speaking';
create unique index statement_one_is_called on statement (session_id) where state = 'called';

alter table statement enable row level security;
create policy statement_in_scope on statement to ceremony_app
    using (case when (select current_setting('ceremony.scope', true)) = '*' then true
                else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end)
    with check (in_scope(participant));
create policy statement_is_audited on statement for select to ceremony_auditor using (true);

grant select, insert on statement to ceremony_app;
grant update (state, speaker, title, rank, language, on_behalf_of, preferred, document_id, place_class, place_at, swap_with, swapped_at,
              called_at, started_at, ended_at, version) on statement to ceremony_app;
grant select on statement to ceremony_auditor;
