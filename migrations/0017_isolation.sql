-- What the policies on rows do not see by themselves (R38): a reference, and what is said of a mission.
--
-- A foreign key looks past row-level security. Where it names a row by its identity alone, a mission's row could hang
-- on another's, and whether it was accepted would tell that the other exists. Each names the participant as well.
alter table document add constraint document_is_of_its_participant unique (document_id, participant);
alter table full_powers
    drop constraint full_powers_signer_is_known,
    drop constraint full_powers_document_id_fkey,
    add constraint full_powers_signer_is_known
        foreign key (member_id, participant) references member (member_id, participant),
    add constraint full_powers_document_is_its_participants
        foreign key (document_id, participant) references document (document_id, participant);
drop index full_powers_member_idx;
drop index full_powers_document_idx;
create index full_powers_member_idx on full_powers (member_id, participant);
create index full_powers_document_idx on full_powers (document_id, participant);

alter table change_request
    drop constraint change_request_member_id_fkey,
    add constraint change_request_is_of_its_participants_member
        foreign key (member_id, participant) references member (member_id, participant);
create index change_request_of_participant_idx on change_request (member_id, participant);

-- An entry of the audit trail about a mission is written by those who may see that mission, or by the service itself.
drop policy event_is_written on event;
create policy event_is_written on event for insert to ceremony_app
    with check (participant is null or in_scope(participant));
