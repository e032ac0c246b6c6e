-- An override of R6–R9 for what nobody foresaw (R12): one treaty officer proposes it with a reason, a second one
-- approves it. It lifts what it names and nothing else, of one set of full powers.
--
--     proposed ──► approved
--
-- What can be lifted is the secretariat's own way of checking. That full powers were revoked, refused or have expired, or
-- that the signer is of no delegation, nobody lifts (R10, R11).
create table full_powers_override (
    full_powers_override_id uuid        primary key,
    full_powers_id          uuid        not null,
    participant             text        not null references participant,
    lifts                   text[]      not null,
    reason                  text        not null,
    proposed_by             uuid        not null references account,
    proposed_at             timestamptz not null,
    approved_by             uuid        references account,
    approved_at             timestamptz,

    constraint full_powers_override_is_its_participants
        foreign key (full_powers_id, participant) references full_powers (full_powers_id, participant),
    constraint full_powers_override_lifts_what_can_be_lifted check (
        cardinality(lifts) > 0 and lifts <@ array['not_verified', 'not_confirmed', 'original_not_received',
            'office_not_held', 'no_appointment', 'appointed_elsewhere']),
    constraint full_powers_override_says_why check (btrim(reason) <> ''),
    constraint full_powers_override_approval_is_whole check ((approved_by is null) = (approved_at is null)),

    -- Two persons, whatever the program does.
    constraint full_powers_override_by_two_officers check (approved_by <> proposed_by),

    -- For the record, which refers to what was approved, and by whom.
    constraint full_powers_override_as_approved unique (full_powers_override_id, full_powers_id, approved_by)
);
create index full_powers_override_of_full_powers_idx on full_powers_override (full_powers_id, participant);
create index full_powers_override_participant_idx on full_powers_override (participant);
create index full_powers_override_proposed_by_idx on full_powers_override (proposed_by);
create index full_powers_override_approved_by_idx on full_powers_override (approved_by);

-- What was proposed stays as it was, what was approved stays approved, and neither ever goes.
create function keep_override() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.approved_by is null
        and (new.full_powers_override_id, new.full_powers_id, new.participant, new.lifts, new.reason, new.proposed_by, new.proposed_at)
          = (old.full_powers_override_id, old.full_powers_id, old.participant, old.lifts, old.reason, old.proposed_by, old.proposed_at)
    then
        return new;
    end if;
    raise exception 'an override is approved once, and else never changed or deleted' using errcode = 'restrict_violation';
end
$$;
create trigger full_powers_override_is_kept before update or delete on full_powers_override
    for each row execute function keep_override();
create trigger full_powers_override_is_not_emptied before truncate on full_powers_override
    for each statement execute function keep_override();
alter table full_powers_override enable always trigger full_powers_override_is_kept;
alter table full_powers_override enable always trigger full_powers_override_is_not_emptied;

alter table full_powers_override enable row level security;
create policy full_powers_override_in_scope on full_powers_override to ceremony_app
    using (case when (select current_setting('ceremony.scope', true)) = '*' then true
                else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end)
    with check (in_scope(participant));
create policy full_powers_override_is_audited on full_powers_override for select to ceremony_auditor using (true);

grant select, insert on full_powers_override to ceremony_app;
grant update (approved_by, approved_at) on full_powers_override to ceremony_app;
grant select on full_powers_override to ceremony_auditor;

-- By which overrides an act stands, beside it for ever: what each of them lifted for this act, why, and by which two
-- officers. A copy, as the signatory's name is one: the record is whole without any other table.
alter table act add constraint act_by_its_full_powers unique (act_id, full_powers_id);
create table act_override (
    act_id                  uuid   not null,
    full_powers_override_id uuid   not null,
    full_powers_id          uuid   not null,
    lifted                  text[] not null,
    reason                  text   not null,
    proposed_by             uuid   not null references account,
    approved_by             uuid   not null references account,

    primary key (act_id, full_powers_override_id),
    constraint act_override_is_of_the_full_powers_used
        foreign key (act_id, full_powers_id) references act (act_id, full_powers_id),
    -- Who approved it is never null here, so that what nobody has approved is not found.
    constraint act_override_was_approved
        foreign key (full_powers_override_id, full_powers_id, approved_by)
        references full_powers_override (full_powers_override_id, full_powers_id, approved_by),
    constraint act_override_by_two_officers check (approved_by <> proposed_by),
    constraint act_override_lifted_something check (cardinality(lifted) > 0)
);
create index act_override_act_idx on act_override (act_id, full_powers_id);
create index act_override_override_idx on act_override (full_powers_override_id, full_powers_id, approved_by);
create index act_override_proposed_by_idx on act_override (proposed_by);
create index act_override_approved_by_idx on act_override (approved_by);

create trigger act_override_is_for_ever before update or delete on act_override
    for each row execute function refuse_change();
create trigger act_override_is_not_emptied before truncate on act_override
    for each statement execute function refuse_change();
alter table act_override enable always trigger act_override_is_for_ever;
alter table act_override enable always trigger act_override_is_not_emptied;

grant select, insert on act_override to ceremony_app;
grant select on act_override to ceremony_auditor;
