-- What else belongs to a person (R36): further passports, and who might be the same person twice.

-- Further passports, of other nationalities or second ones: one box for all of them, sealed as the first is (R50).
alter table member add column other_passports bytea;

-- By what two entries may be known to be of one person: keyed hashes of each passport's number, and of name and date of
-- birth. The key comes from the key outside the database, so that a copy of this table says neither a number nor,
-- by trying them all, whose it is. Nothing is refused for it: officers are warned, missions are not.
create table member_mark (
    member_id   uuid  not null,
    kind        text  not null,
    mark        bytea not null,
    participant text  not null,
    constraint member_mark_once primary key (member_id, kind, mark),
    constraint member_mark_of_a_member foreign key (member_id, participant)
        references member (member_id, participant) on delete cascade,
    constraint member_mark_kind_known check (kind in ('passport', 'name_and_birth')),
    constraint member_mark_is_of_sha256 check (octet_length(mark) = 32)
);
create index member_mark_of_member_idx on member_mark (member_id, participant);
-- Who else has it.
create index member_mark_idx on member_mark (mark, kind, member_id);

-- With which key a member's marks were made; null where they are still to be made, which the service does at its start
-- and every ten minutes. Rows from before this migration are such, and whatever changes what the marks are made of
-- without making them anew.
alter table member add column marked_with bytea;
create function member_marks_are_stale() returns trigger language plpgsql as $$
begin
    new.marked_with := null;
    return new;
end
$$;
create trigger member_marks_go_stale
    before update of family_name, given_names, date_of_birth, passport_number, other_passports on member
    for each row execute function member_marks_are_stale();

-- A mission could only compare its own people.
alter table member_mark enable row level security;
create policy member_mark_in_scope on member_mark to ceremony_app
    using (in_scope(participant)) with check (in_scope(participant));
grant select, insert, delete on member_mark to ceremony_app;
