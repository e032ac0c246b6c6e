-- An override that nobody has approved can be taken back, by any treaty officer, with a reason. It is kept, and never in force.
--
--     proposed ──► approved
--         └──────► withdrawn
alter table full_powers_override
    add column withdrawn_by     uuid references account,
    add column withdrawn_at     timestamptz,
    add column withdrawn_reason text,
    add constraint full_powers_override_withdrawal_is_whole
        check (num_nonnulls(withdrawn_by, withdrawn_at, withdrawn_reason) in (0, 3)),
    add constraint full_powers_override_is_not_both check (approved_by is null or withdrawn_by is null);
create index full_powers_override_withdrawn_by_idx on full_powers_override (withdrawn_by);

-- Approved or withdrawn once, and else never changed.
create or replace function keep_override() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.approved_by is null and old.withdrawn_by is null
        and (new.full_powers_override_id, new.full_powers_id, new.participant, new.lifts, new.reason, new.proposed_by, new.proposed_at)
          = (old.full_powers_override_id, old.full_powers_id, old.participant, old.lifts, old.reason, old.proposed_by, old.proposed_at)
    then
        return new;
    end if;
    raise exception 'an override is approved or withdrawn once, and else never changed or deleted'
        using errcode = 'restrict_violation';
end
$$;

grant update (withdrawn_by, withdrawn_at, withdrawn_reason) on full_powers_override to ceremony_app;
