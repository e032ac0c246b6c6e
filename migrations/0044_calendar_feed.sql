-- Feeds of the released programme for people's calendars: of a room, of a delegation, of a member.
--
-- A calendar cannot log in: the address itself lets in, to what stands there and nothing else. It is shown once, ends at a
-- word, and of its secret there is only the SHA-256.
create table calendar_feed (
    calendar_feed_id uuid        primary key,
    room_id          uuid        references room,
    participant      text        references participant,
    member_id        uuid,
    hash             bytea       not null,
    made_by          uuid        not null references account,
    made_at          timestamptz not null,
    revoked_by       uuid        references account,
    revoked_at       timestamptz,
    version          bigint      not null default 1,

    constraint calendar_feed_hash_once unique (hash),
    constraint calendar_feed_hash_is_sha256 check (octet_length(hash) = 32),
    constraint calendar_feed_is_of_one_thing check ((room_id is null) <> (participant is null)),
    constraint calendar_feed_is_its_participants_member
        foreign key (member_id, participant) references member (member_id, participant),
    constraint calendar_feed_member_has_a_participant check (member_id is null or participant is not null),
    constraint calendar_feed_is_revoked_by_somebody check ((revoked_at is null) = (revoked_by is null))
);
create index calendar_feed_room_idx on calendar_feed (room_id);
create index calendar_feed_participant_idx on calendar_feed (participant);
create index calendar_feed_member_idx on calendar_feed (member_id, participant);
create index calendar_feed_made_by_idx on calendar_feed (made_by);
create index calendar_feed_revoked_by_idx on calendar_feed (revoked_by);

alter table calendar_feed enable row level security;
create policy calendar_feed_in_scope on calendar_feed to ceremony_app
    using (case when (select current_setting('ceremony.scope', true)) = '*' then true
                else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end)
    with check (current_setting('ceremony.scope', true) = '*' or in_scope(participant));
create policy calendar_feed_is_audited on calendar_feed for select to ceremony_auditor using (true);

-- Whose feed a secret opens: what has to be known before there is a scope. It tells nothing to whoever lacks the secret.
create function calendar_feed_of(secret_hash bytea) returns table (room_id uuid, participant text, member_id uuid)
language sql stable security definer set search_path = public, pg_temp as $$
    select f.room_id, f.participant, f.member_id from calendar_feed f
    where f.hash = secret_hash and f.revoked_at is null
$$;
revoke execute on function calendar_feed_of from public;
grant execute on function calendar_feed_of to ceremony_app;

grant select, insert on calendar_feed to ceremony_app;
grant update (revoked_by, revoked_at, version) on calendar_feed to ceremony_app;
grant select (calendar_feed_id, room_id, participant, member_id, made_by, made_at, revoked_by, revoked_at, version)
    on calendar_feed to ceremony_auditor;
