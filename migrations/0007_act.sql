-- The record of treaty actions (R13–R16): it only ever grows.
--
-- An entry is an action of a participant, or says something of an earlier entry: that it is corrected, certified or
-- withdrawn. What stands is derived from the entries (`treaty::model`) and stored nowhere.
create table act (
    act_id              uuid        primary key,
    kind                text        not null,
    participant         text        not null references participant,
    action_id           uuid        not null,    -- the action that it is, or is in the end about

    -- An action: what was done, where, and when (R16). The legal date is that of the place at that moment.
    place               text,
    done_at             timestamptz,
    done_offset_minutes integer,                 -- the offset of the clock at the table, as it was given
    legal_date          date,
    signatory_name      text,
    signatory_office    text,
    signatory_capacity  text,
    signatory_acting    boolean,
    full_powers_id      uuid,
    ad_referendum       boolean,

    -- Something said of an earlier entry, and why.
    of_act_id           uuid,
    of_recorded_by      uuid,                    -- who recorded that entry: held true by the foreign key below
    reason              text,

    recorded_by         uuid        not null references account,
    recorded_at         timestamptz not null,

    constraint act_kind_known check (kind in
        ('signature', 'ad_referendum_confirmation', 'ratification', 'acceptance', 'approval', 'accession',
         'notice_of_not_becoming_party', 'denunciation', 'correction', 'recording_withdrawn', 'certification')),
    constraint act_says_what_was_done_or_of_which_entry check (case
        when kind in ('correction', 'recording_withdrawn', 'certification') then
            of_act_id is not null and of_recorded_by is not null and num_nonnulls(place, done_at, done_offset_minutes,
                legal_date, signatory_name, full_powers_id, ad_referendum) = 0
        else of_act_id is null and of_recorded_by is null and action_id = act_id
            and num_nonnulls(place, done_at, done_offset_minutes, legal_date, ad_referendum) = 5 end),
    constraint act_signatory_is_whole check (
        num_nonnulls(signatory_name, signatory_office, signatory_capacity, signatory_acting) in (0, 4)),
    constraint act_signatory_capacity_known check (signatory_capacity in
        ('full_powers', 'head_of_state', 'head_of_government', 'foreign_minister')),
    constraint act_only_a_signature_is_ad_referendum check (not ad_referendum or kind = 'signature'),
    constraint act_done_offset_is_of_a_day check (done_offset_minutes between -1439 and 1439),
    constraint act_has_a_reason check ((kind in ('correction', 'recording_withdrawn')) = (reason is not null)),

    -- R6: nobody signs without a name, an office, and what entitles them.
    constraint act_signature_is_entitled check (
        kind <> 'signature' or (signatory_name is not null and full_powers_id is not null)),
    constraint act_full_powers_are_its_participants
        foreign key (full_powers_id, participant) references full_powers (full_powers_id, participant),

    -- R15, R32: a second officer certifies, and only the recorder withdraws, whatever the program does.
    constraint act_certified_by_a_second_officer check (kind <> 'certification' or of_recorded_by <> recorded_by),
    constraint act_withdrawn_by_its_recorder check (kind <> 'recording_withdrawn' or of_recorded_by = recorded_by),
    constraint act_itself unique (act_id, participant, action_id, recorded_by),
    constraint act_is_of_an_entry_of_the_same_action
        foreign key (of_act_id, participant, action_id, of_recorded_by)
        references act (act_id, participant, action_id, recorded_by)
);
-- An entry is certified or withdrawn, and once.
create unique index act_settled_once on act (of_act_id) where kind in ('certification', 'recording_withdrawn');
create index act_of_idx on act (of_act_id, participant, action_id, of_recorded_by);
create index act_recorded_idx on act (recorded_at, act_id);
create index act_participant_idx on act (participant, recorded_at);
create index act_action_idx on act (action_id);
create index act_full_powers_idx on act (full_powers_id, participant);
create index act_recorded_by_idx on act (recorded_by);

-- Declarations and reservations, word for word (R17).
create table act_declaration (
    act_id               uuid     not null references act,
    position             integer  not null,
    kind                 text     not null,
    language             text     not null,
    words                text     not null,
    translation_language text,
    translation          text,
    primary key (act_id, position),
    constraint act_declaration_kind_known check (kind in ('declaration', 'reservation', 'declaration_of_competence')),
    constraint act_declaration_translation_is_whole check ((translation is null) = (translation_language is null))
);

-- What a correction corrects: each field with both values (R15).
create table act_change (
    act_id    uuid    not null references act,
    position  integer not null,
    field     text    not null,
    old_value text    not null,
    new_value text    not null,
    primary key (act_id, position),
    constraint act_change_of_a_field_once unique (act_id, field),
    constraint act_change_field_known check (field in
        ('kind', 'place', 'done_at', 'legal_date', 'signatory_name', 'signatory_office', 'ad_referendum')),
    constraint act_change_changes check (old_value <> new_value)
);

-- What the Depositary published of an action, typed in later and never minted here (R16).
create table act_notification (
    act_notification_id uuid        primary key,
    act_id              uuid        not null references act,
    number              text        not null,
    published_on        date,                    -- the date that the Depositary gives the action
    noted_by            uuid        not null references account,
    noted_at            timestamptz not null,
    constraint act_notification_once unique (act_id, number)
);
create index act_notification_noted_by_idx on act_notification (noted_by);

-- One standing signature, one standing consent to be bound, and so on, for each participant (R5, R18), whatever the
-- program does and however many ask at once. A withdrawn recording gives its place back.
create table act_slot (
    participant text not null references participant,
    slot        text not null,
    act_id      uuid not null references act,
    constraint act_slot_once primary key (participant, slot),
    constraint act_slot_known check (slot in
        ('signature', 'ad_referendum_confirmation', 'consent', 'notice_of_not_becoming_party', 'denunciation'))
);
create index act_slot_act_idx on act_slot (act_id);

-- Who adds to the record does it alone: the rules look at what stands, of all participants, and the times of recording
-- rise in the order in which entries become visible (R28). Gives the time of the last entry.
create function lock_record() returns timestamptz language plpgsql volatile as $$
begin
    perform pg_advisory_xact_lock(18, 16);
    return (select max(recorded_at) from act);
end
$$;

-- Nothing recorded is ever changed or deleted (R15, R25).
do $$
declare
    kept text;
begin
    foreach kept in array array['act', 'act_declaration', 'act_change', 'act_notification'] loop
        execute format('create trigger %I before update or delete on %I for each row execute function refuse_change()',
                       kept || '_is_for_ever', kept);
        execute format('create trigger %I before truncate on %I for each statement execute function refuse_change()',
                       kept || '_is_not_emptied', kept);
        execute format('alter table %I enable always trigger %I', kept, kept || '_is_for_ever');
        execute format('alter table %I enable always trigger %I', kept, kept || '_is_not_emptied');
    end loop;
end
$$;

grant select, insert on act, act_declaration, act_change, act_notification to ceremony_app;
grant select, insert, delete on act_slot to ceremony_app;
grant select on act, act_declaration, act_change, act_notification, act_slot to ceremony_auditor;
