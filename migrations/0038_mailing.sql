-- Letters to many: an officer writes one and says to whom, a second one looks at both and lets it go.
--
--     draft ──► approved          withdrawn: from both; what has not left yet does not leave
--
-- What was written is never changed: whoever finds a fault withdraws it and writes another, which is looked at anew.
create table mailing (
    mailing_id   uuid        primary key,
    audience     text        not null,
    filter       jsonb       not null,      -- of the audience's list, by the names of its parameters
    subject      jsonb       not null,      -- by language
    words        jsonb       not null,
    state        text        not null default 'draft',
    readers      integer,                   -- how many letters there were, once it was approved
    made_by      uuid        not null references account,
    made_at      timestamptz not null,
    approved_by  uuid        references account,
    approved_at  timestamptz,
    withdrawn_by uuid        references account,
    withdrawn_at timestamptz,
    updated_at   timestamptz not null,
    version      bigint      not null default 1,

    constraint mailing_audience_known check (audience in ('focal_points', 'members')),
    constraint mailing_state_known check (state in ('draft', 'approved', 'withdrawn')),
    constraint mailing_is_approved_by_another check (approved_by <> made_by),
    constraint mailing_approval_is_whole check (num_nonnulls(approved_by, approved_at, readers) in (0, 3)),
    constraint mailing_withdrawal_is_whole
        check ((withdrawn_at is null) = (withdrawn_by is null) and (withdrawn_at is null) = (state <> 'withdrawn')),
    constraint mailing_that_left_was_approved check (state <> 'approved' or approved_at is not null)
);
create index mailing_made_by_idx on mailing (made_by);
create index mailing_approved_by_idx on mailing (approved_by);
create index mailing_withdrawn_by_idx on mailing (withdrawn_by);

grant select, insert on mailing to ceremony_app;
grant update (state, readers, approved_by, approved_at, withdrawn_by, withdrawn_at, updated_at, version) on mailing
    to ceremony_app;
grant select on mailing to ceremony_auditor;

-- A member reads letters, too, and has no account. Who was entered by mistake and is taken off again takes the traces of
-- their letters along.
alter table message
    add column member_id uuid,
    add column mailing_id uuid references mailing,
    drop constraint message_has_one_reader,
    add constraint message_has_one_reader check (num_nonnulls(account_id, invitation_id, member_id) = 1),
    add constraint message_member_is_its_participants
        foreign key (member_id, participant) references member (member_id, participant) on delete cascade,
    add constraint message_to_a_member_has_a_participant check (member_id is null or participant is not null),
    add constraint message_of_a_mailing_says_which check ((kind = 'announcement') = (mailing_id is not null));
create index message_member_idx on message (member_id, participant);
create index message_mailing_idx on message (mailing_id);
grant select (member_id, mailing_id) on message to ceremony_auditor;
