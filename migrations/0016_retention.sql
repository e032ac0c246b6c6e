-- What is not kept for ever: personal data have a purpose and a day until which they are kept (R52).
--
-- Which day, the ceremony's `retention.toml` says. Here is how something is forgotten: a member's values are taken out of
-- every row that repeats them, and with the name goes the member's key, so that what was sealed with it cannot be opened
-- by anybody any more. What remains of a member is the row that others refer to.

-- The audit trail is for ever, and what it says of a person is not (R51, R52). Of an entry about a member, the personal
-- values and the reason, in which people are named, too, are put aside here, where they can be forgotten; the entry says
-- in clear which of them changed, and keeps a salted hash of what was put aside. The database does it, whatever writes.
create table event_detail (
    event_id    uuid  not null primary key,   -- written before the entry, in the same statement
    participant text  not null,
    member_id   uuid  not null,               -- the member may be a draft that was removed
    salt        bytea not null,               -- goes with the values: without it the hash says nothing to who guesses
    before      jsonb,
    after       jsonb,
    reason      text
);
create index event_detail_member_idx on event_detail (member_id);
create index event_detail_participant_idx on event_detail (participant);
alter table event_detail enable row level security;
create policy event_detail_in_scope on event_detail for select to ceremony_app using (in_scope(participant));
create policy event_detail_is_audited on event_detail for select to ceremony_auditor using (true);
grant select on event_detail to ceremony_app, ceremony_auditor;
alter table event add column detail_hash bytea;     -- SHA-256 of salt, before, after and reason; null: nothing put aside

-- What describes a person, and is told with its value. What is sealed, and the address, are never told (R51).
create function personal_fields() returns text[] language sql immutable as $$
    select array['family_name', 'given_names', 'badge_name', 'native_name', 'form_of_address', 'functional_title',
        'affiliation', 'nationality', 'language']
$$;

-- Those of the values told that are personal.
create function personal_of(told jsonb) returns jsonb language sql immutable as $$
    select jsonb_object_agg(key, value)
    from jsonb_each(case when jsonb_typeof(told) = 'object' then told else '{}' end)
    where key = any (personal_fields()) and value <> 'null'
$$;

create function event_detail_hash(salt bytea, before jsonb, after jsonb, reason text) returns bytea
language sql immutable as $$
    select sha256(salt || convert_to(jsonb_build_array(before, after, reason)::text, 'UTF8'))
$$;

create function put_detail_aside() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare
    salt    constant bytea := uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid());
    was     constant jsonb := personal_of(new.before);
    is_now  constant jsonb := personal_of(new.after);
    changed constant jsonb := (select jsonb_object_agg(key, 'changed') from jsonb_object_keys(is_now) key);
begin
    if new.participant is null or coalesce(was::text, is_now::text, new.reason) is null then
        return new;
    end if;
    insert into event_detail (event_id, participant, member_id, salt, before, after, reason)
    values (new.event_id, new.participant, new.subject, salt, was, is_now, new.reason)
    -- That an entry is there already the entry's own key says, to whoever may write one.
    on conflict do nothing;
    new.detail_hash := event_detail_hash(salt, was, is_now, new.reason);
    new.before := new.before - array(select jsonb_object_keys(coalesce(was, '{}')));
    new.after := new.after || coalesce(changed, '{}');
    new.reason := null;
    return new;
end
$$;
create trigger event_detail_is_put_aside before insert on event
    for each row when (new.kind like 'member.%' and new.subject is not null) execute function put_detail_aside();

-- Entries from before are told like those that come: once, by their owner.
alter table event disable trigger event_is_for_ever;
with old as (
    select event_id, participant, subject, personal_of(before) as before, personal_of(after) as after, reason,
           uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) as salt
    from event where kind like 'member.%' and subject is not null and participant is not null),
aside as (
    insert into event_detail (event_id, participant, member_id, salt, before, after, reason)
    select event_id, participant, subject, salt, before, after, reason from old
    where coalesce(before::text, after::text, reason) is not null
    returning *)
update event e set
    detail_hash = event_detail_hash(aside.salt, aside.before, aside.after, aside.reason),
    before = e.before - array(select jsonb_object_keys(coalesce(aside.before, '{}'))),
    after = e.after || coalesce((select jsonb_object_agg(key, 'changed') from jsonb_object_keys(aside.after) key), '{}'),
    reason = null
from aside where aside.event_id = e.event_id;
alter table event enable always trigger event_is_for_ever;

-- Whose business an answer is that is kept for a retry; null: of nobody in particular, or of several.
alter table idempotency add column about text;

-- Who was erased. To the service such rows do not exist any more: no list, no search, no step finds them.
alter table member add column erased_at timestamptz;
alter table member add constraint member_has_a_key_until_erased
    check ((erased_at is null) = (octet_length(sealed_key) > 0));
alter policy member_in_scope on member using (
    erased_at is null
    and case when (select current_setting('ceremony.scope', true)) = '*' then true
             else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end
);

-- A request about somebody who is erased lapses; nobody decided it.
alter table change_request drop constraint change_request_decision_is_whole;
alter table change_request add constraint change_request_decision_is_whole check (case state
    when 'open' then decided_by is null and decided_at is null
    when 'lapsed' then decided_at is not null
    else decided_by is not null and decided_at is not null end);

-- What may not be forgotten for now, and why: a person's data, or all of a delegation's.
create table legal_hold (
    legal_hold_id uuid        primary key,
    participant   text        not null references participant,
    member_id     uuid,                       -- null: the whole delegation
    reason        text        not null,
    placed_by     uuid        not null references account,
    placed_at     timestamptz not null,
    lifted_by     uuid        references account,
    lifted_at     timestamptz,
    lifted_reason text,
    version       bigint      not null default 1,
    constraint legal_hold_of_a_member foreign key (member_id, participant) references member (member_id, participant),
    constraint legal_hold_lifting_is_whole check (num_nonnulls(lifted_by, lifted_at, lifted_reason) in (0, 3))
);
create index legal_hold_participant_idx on legal_hold (participant, legal_hold_id);
create index legal_hold_member_idx on legal_hold (member_id, participant);
create index legal_hold_placed_by_idx on legal_hold (placed_by);
create index legal_hold_lifted_by_idx on legal_hold (lifted_by);

-- Officers' business: a mission does not learn that its data are held.
alter table legal_hold enable row level security;
create policy legal_hold_is_the_officers on legal_hold to ceremony_app
    using (in_scope(participant) and current_setting('ceremony.scope', true) = '*')
    with check (in_scope(participant));
create policy legal_hold_is_audited on legal_hold for select to ceremony_auditor using (true);
grant select, insert on legal_hold to ceremony_app;
grant update (lifted_by, lifted_at, lifted_reason, version) on legal_hold to ceremony_app;
grant select on legal_hold to ceremony_auditor;

-- That something was forgotten, for ever: what, of whom, when, by which rule or at whose word, and how much it was.
-- It names nobody: a member is an identity that leads nowhere any more.
create table erasure_certificate (
    erasure_certificate_id uuid primary key,
    issued_at   timestamptz not null,
    account_id  uuid        references account,     -- null: the service, by its rules
    rule        text        not null,               -- 'period', 'request'
    reason      text,
    data        text[]      not null,               -- which data
    members     uuid[]      not null,               -- of whom
    counts      jsonb       not null,
    constraint erasure_certificate_rule_known check (rule in ('period', 'request')),
    constraint erasure_certificate_of_a_request_has_reason
        check ((rule = 'request') = (reason is not null) and (rule = 'request') = (account_id is not null))
);
create index erasure_certificate_account_idx on erasure_certificate (account_id);
create index erasure_certificate_members_idx on erasure_certificate using gin (members);
create trigger erasure_certificate_is_for_ever before update or delete on erasure_certificate
    for each row execute function refuse_change();
create trigger erasure_certificate_is_not_emptied before truncate on erasure_certificate
    for each statement execute function refuse_change();
alter table erasure_certificate enable always trigger erasure_certificate_is_for_ever;
alter table erasure_certificate enable always trigger erasure_certificate_is_not_emptied;
grant select, insert on erasure_certificate to ceremony_app;
grant select on erasure_certificate to ceremony_auditor;

-- Whether somebody's data are held.
create function is_held(of_participant text, of_member uuid) returns boolean
language sql stable security definer set search_path = public, pg_temp as $$
    select exists (select from legal_hold where participant = of_participant and lifted_at is null
                   and (member_id is null or member_id = of_member))
$$;

-- Forgets data of members who are not held, wherever they stand; with the name the whole person. Gives how many rows it
-- changed of what, and the names of the files that belong to nothing any more. The service itself may neither change a
-- version nor delete a paper: it may call this.
create function forget(of_members uuid[], data text[], moment timestamptz, out counts jsonb, out files bytea[])
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    ids          uuid[];
    missions     text[];
    is_erasure   constant boolean := 'name' = any (data);
    -- Of change requests' differences, what goes with the data.
    fields       constant text[] := array(
        select field from (values
            ('passport', 'passport_number'), ('passport', 'passport_expires_on'), ('passport', 'other_passports'),
            ('date_of_birth', 'date_of_birth'), ('email', 'email'), ('language', 'language'),
            ('titles', 'form_of_address'), ('titles', 'functional_title'), ('titles', 'affiliation'),
            ('nationality', 'nationality'), ('name', 'family_name'), ('name', 'given_names'), ('name', 'badge_name'),
            ('name', 'native_name')) as belongs (datum, field)
        where datum = any (data));
    nobody       constant text := 'Erased';
    members      bigint := 0;
    versions     bigint := 0;
    requests     bigint := 0;
    papers       bigint := 0;
    answers      bigint := 0;
    lists        bigint := 0;
begin
    select array_agg(member_id), array_agg(distinct participant) into ids, missions from (
        select member_id, participant from member
        where member_id = any (of_members) and erased_at is null and in_scope(participant)
          and not is_held(participant, member_id)
        order by member_id for update) as free;
    files := array[]::bytea[];
    if ids is not null then
        update member set
            passport_number = case when 'passport' = any (data) then null else passport_number end,
            passport_expires_on = case when 'passport' = any (data) then null else passport_expires_on end,
            other_passports = case when 'passport' = any (data) then null else other_passports end,
            date_of_birth = case when 'date_of_birth' = any (data) then null else date_of_birth end,
            email = case when 'email' = any (data) then null else email end,
            language = case when 'language' = any (data) then null else language end,
            form_of_address = case when 'titles' = any (data) then null else form_of_address end,
            functional_title = case when 'titles' = any (data) then null else functional_title end,
            affiliation = case when 'titles' = any (data) then null else affiliation end,
            nationality = case when 'nationality' = any (data) then null else nationality end,
            family_name = case when is_erasure then nobody else family_name end,
            given_names = case when is_erasure then null else given_names end,
            badge_name = case when is_erasure then nobody else badge_name end,
            native_name = case when is_erasure then null else native_name end,
            sort_name = case when is_erasure then lower(nobody) else sort_name end,
            search_text = case when is_erasure then '' else search_text end,
            status_reason = case when is_erasure and status_reason is not null then nobody else status_reason end,
            sealed_key = case when is_erasure then '' else sealed_key end,
            erased_at = case when is_erasure then moment end,
            updated_at = moment, version = version + 1
        where member_id = any (ids);
        get diagnostics members = row_count;
        delete from member_mark where member_id = any (ids) and (is_erasure
            or kind = 'passport' and 'passport' = any (data)
            or kind = 'name_and_birth' and 'date_of_birth' = any (data));
        -- After the member, whose change has just made a version of its own.
        update member_version set
            language = case when 'language' = any (data) then null else language end,
            form_of_address = case when 'titles' = any (data) then null else form_of_address end,
            functional_title = case when 'titles' = any (data) then null else functional_title end,
            affiliation = case when 'titles' = any (data) then null else affiliation end,
            nationality = case when 'nationality' = any (data) then null else nationality end,
            family_name = case when is_erasure then nobody else family_name end,
            given_names = case when is_erasure then null else given_names end,
            badge_name = case when is_erasure then nobody else badge_name end,
            native_name = case when is_erasure then null else native_name end,
            sort_name = case when is_erasure then lower(nobody) else sort_name end,
            status_reason = case when is_erasure and status_reason is not null then nobody else status_reason end
        where member_id = any (ids);
        get diagnostics versions = row_count;
        -- Whoever had an open request on their table has it no more.
        if exists (select from pg_attribute where attrelid = 'change_request'::regclass and attname = 'assigned_to') then
            execute 'update change_request set assigned_to = null where member_id = any ($1)' using ids;
        end if;
        update change_request set
            difference = (select coalesce(jsonb_agg(change order by place), '[]')
                          from jsonb_array_elements(difference) with ordinality as changes (change, place)
                          where change ->> 'field' <> all (fields)),
            sealed_difference = null,
            note = case when is_erasure then null else note end,
            reason = case when is_erasure and reason is not null then nobody else reason end,
            decided_at = case when state = 'open' then moment else decided_at end,
            state = case when state = 'open' then 'lapsed' else state end,
            updated_at = moment, version = version + 1
        where member_id = any (ids);
        get diagnostics requests = row_count;
        if 'identity_papers' = any (data) then
            with gone as (
                delete from document where member_id = any (ids) and kind in ('passport', 'photo', 'press_card')
                    and not exists (select from full_powers where full_powers.document_id = document.document_id)
                returning sealed_sha256)
            select coalesce(array_agg(sealed_sha256), files), count(*) into files, papers from gone;
        end if;
        if is_erasure then
            delete from event_detail where member_id = any (ids);
        else
            update event_detail set before = before - fields, after = after - fields where member_id = any (ids);
        end if;
        -- A retry gets no answer any more that repeats what was forgotten, nor is anything done twice for it.
        update idempotency set answer = ''
        where kept_until < 'infinity' and answer <> '' and (about is null or about = any (missions));
        get diagnostics answers = row_count;
        -- Lists that were imported hold their rows until they have no use any more; that is now.
        if to_regclass('public.import') is not null then
            update import set content = null, sealed_key = null, updated_at = moment, version = version + 1,
                state = case when state = 'previewed' then 'expired' else state end
            where content is not null and participant = any (missions);
            get diagnostics lists = row_count;
        end if;
    end if;
    counts := jsonb_build_object('members', members, 'versions', versions, 'change_requests', requests,
        'papers', papers, 'kept_answers', answers, 'imported_lists', lists);
end
$$;

-- The same for papers that identify persons and were handed in for nobody in particular.
create function forget_loose_papers(out papers bigint, out files bytea[])
language sql security definer set search_path = public, pg_temp as $$
    with gone as (
        delete from document
        where member_id is null and kind in ('passport', 'photo', 'press_card') and in_scope(participant)
            and not is_held(participant, null)
            and not exists (select from full_powers where full_powers.document_id = document.document_id)
        returning sealed_sha256)
    select count(*), coalesce(array_agg(sealed_sha256), array[]::bytea[]) from gone
$$;

-- The same for drafts that their missions removed, of which versions and entries of the trail are left.
create function forget_removed(out members bigint) language plpgsql security definer
set search_path = public, pg_temp as $$
declare
    ids constant uuid[] := array(
        select distinct v.member_id from member_version v
        where v.family_name <> 'Erased' and in_scope(v.participant) and not is_held(v.participant, v.member_id)
          and not exists (select from member m where m.member_id = v.member_id));
begin
    update member_version set family_name = 'Erased', given_names = null, badge_name = 'Erased', native_name = null,
        form_of_address = null, functional_title = null, affiliation = null, nationality = null, language = null,
        sort_name = 'erased', status_reason = case when status_reason is not null then 'Erased' end
    where member_id = any (ids);
    delete from event_detail where member_id = any (ids);
    members := cardinality(ids);
end
$$;

revoke all on function is_held(text, uuid), forget(uuid[], text[], timestamptz), forget_loose_papers(), forget_removed(),
    put_detail_aside() from public;
grant execute on function is_held(text, uuid), forget(uuid[], text[], timestamptz), forget_loose_papers(), forget_removed()
    to ceremony_app;
