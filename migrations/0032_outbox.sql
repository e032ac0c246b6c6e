-- What the service writes to people: a row for each letter, made in the transaction of what it tells of, sent by a worker.
--
--     waiting ──► delivered
--        ├──────► failed        refused for good, or tried for too long ──► waiting, where an officer sends it again
--        └──────► cancelled     what it told of is over, or there is nobody to read it
--
-- Neither address nor name stands here: who reads a letter, and where, is looked up when it is sent. So there is nothing
-- of a person to forget (R52), and whoever changed their address is written to at the new one. What lets somebody in
-- stands here sealed, and only as long as the letter waits.
--
-- Every moment in this table is by the database's clock: it is the one that the workers of all replicas share.
alter table invitation add constraint invitation_of_one_participant unique (invitation_id, participant);

create table message (
    message_id    uuid        primary key,
    kind          text        not null,
    -- Who reads it: one of these.
    account_id    uuid        references account,
    invitation_id uuid,
    -- Whose business it is, where it is one participant's.
    participant   text,
    sealed        bytea,
    state         text        not null default 'waiting',
    attempts      integer     not null default 0,
    -- Of what went wrong last, its class: `unreachable`, `refused`.
    trouble       text,
    created_at    timestamptz not null default now(),
    -- From when on any worker may take it. Whoever takes it moves this ahead: it is theirs until then, and anybody's
    -- again if they die over it.
    due_at        timestamptz not null default now(),
    -- Since when it is tried: what an officer sends again is tried for as long as what is new.
    queued_at     timestamptz not null default now(),
    ended_at      timestamptz,

    constraint message_state_known check (state in ('waiting', 'delivered', 'failed', 'cancelled')),
    -- An office's invitation has no participant, and is looked up when its letter is sent.
    constraint message_invitation_is_its_participants
        foreign key (invitation_id, participant) references invitation (invitation_id, participant),
    constraint message_has_one_reader check (num_nonnulls(account_id, invitation_id) = 1),
    constraint message_end_is_whole check ((state = 'waiting') = (ended_at is null)),
    -- What lets somebody in is not kept for longer than it has to be carried.
    constraint message_is_emptied_at_its_end check (state = 'waiting' or sealed is null)
);
create index message_due_idx on message (due_at) where state = 'waiting';
create index message_account_idx on message (account_id);
create index message_invitation_idx on message (invitation_id, participant);
create index message_participant_idx on message (participant, message_id);

-- Decisions on many members are one letter to each reader: while it waits, nothing is added to it. A letter that a worker
-- has taken is none of these any more, since it may be on its way.
create unique index message_gathers_decisions on message (account_id, participant)
    where kind = 'members_decided' and state = 'waiting' and attempts = 0;

-- A mission may cause letters: to its own focal points, to whom it invites, to the account itself. It reads none.
alter table message enable row level security;
create policy message_in_scope on message to ceremony_app using (
    case when (select current_setting('ceremony.scope', true)) = '*' then true
         else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end
) with check (in_scope(participant) or (participant is null and invitation_id is null));
create policy message_is_audited on message for select to ceremony_auditor using (true);

grant select, insert on message to ceremony_app;
grant update (sealed, state, attempts, trouble, due_at, queued_at, ended_at) on message to ceremony_app;
grant select (message_id, kind, account_id, invitation_id, participant, state, attempts, trouble, created_at, due_at,
              queued_at, ended_at) on message to ceremony_auditor;

create trigger message_is_under_the_key_in_force before insert or update of sealed on message
    for each row when (not is_under_the_key_in_force(new.sealed)) execute function refuse_another_key();

-- The language in which somebody is written to.
alter table account
    add column language text not null default 'en',
    add constraint account_language_known check (language in ('en', 'fr', 'es', 'vi'));
alter table invitation
    add column language text not null default 'en',
    add constraint invitation_language_known check (language in ('en', 'fr', 'es', 'vi'));
