-- Photographs come as one archive, each matched with a person by the name of its file: seen first, taken in whole, taken
-- back whole, like a list of members.

alter table import drop constraint import_format_known;
alter table import add constraint import_format_known check (format in ('csv', 'xlsx', 'zip'));
alter table import add constraint import_is_of_its_participant unique (import_id, participant);

-- By which import a paper came, where it came by one.
alter table document add column import_id uuid;
alter table document add constraint document_of_an_import foreign key (import_id, participant)
    references import (import_id, participant);
create index document_import_idx on document (import_id, participant);
grant select (import_id) on document to ceremony_auditor;

-- A paper that came by itself is never taken away by the service, and one that came by an import only with all of it,
-- while nobody has looked at it. What is under a legal hold stays. Whether that was all of them, who asks compares.
create function take_back_papers(of_import uuid) returns table (document_id uuid, member_id uuid, sealed_sha256 bytea)
language sql security definer set search_path = public, pg_temp as $$
    delete from document d
    where d.import_id = of_import and in_scope(d.participant) and not is_held(d.participant, d.member_id)
      and d.state = 'received' and d.decided_at is null and d.original_seen_at is null
    returning d.document_id, d.member_id, d.sealed_sha256
$$;
revoke all on function take_back_papers(uuid) from public;
grant execute on function take_back_papers(uuid) to ceremony_app;
