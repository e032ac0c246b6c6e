-- What a checklist asks of papers: whose they are, until when they hold, and whether the original was seen.
--
-- Only what happened is stored. That a paper is missing or has expired follows from the other rows and from the day;
-- `delegations::checklist` says so when it is asked.

-- A paper of a person is the paper of a member of the same participant, which the pair of columns sees to: a mission
-- cannot hang its paper on another's member.
alter table member add constraint member_of_one_participant unique (member_id, participant);

alter table document
    add column member_id        uuid,                              -- null: of the mission as a whole, or of nobody yet
    add column expires_on       date,                              -- the last day on which it holds
    add column original_seen_by uuid        references account,    -- who had the original in hands
    add column original_seen_at timestamptz,
    add constraint document_of_a_member foreign key (member_id, participant) references member (member_id, participant),
    add constraint document_of_the_mission_is_of_no_member check
        (member_id is null or kind not in ('note_verbale', 'letter', 'appointment_of_focal_point')),
    -- Until when a passport is valid is sealed in its holder's row (R50); a copy does not say it in clear.
    add constraint document_of_a_passport_has_no_expiry check (expires_on is null or kind <> 'passport'),
    add constraint document_original_seen_is_whole check ((original_seen_by is null) = (original_seen_at is null));
create index document_member_idx on document (member_id, participant);
create index document_original_seen_by_idx on document (original_seen_by);

-- Whose a paper is, its upload says for good; the rest is decided later.
grant update (expires_on, original_seen_by, original_seen_at) on document to ceremony_app;
grant select (member_id, expires_on, original_seen_by, original_seen_at) on document to ceremony_auditor;
