-- Ten thousand members: what a list, a queue and a search ask of each row must be next to nothing.

-- Which scope a transaction has does not change from row to row. A function in a policy is called for each all the same:
-- at ten thousand members that was most of a search. What stands in a sub-select that does not speak of the row is
-- asked once, and the row is compared with the answer. `in_scope` says the same, and stays for what asks about few rows.
do $$
declare
    policy record;
    once constant text := $once$
        case when (select current_setting('ceremony.scope', true)) = '*' then true
             else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end
    $once$;
begin
    for policy in select tablename, policyname, with_check from pg_policies where qual = 'in_scope(participant)' loop
        execute format('alter policy %I on %I using (%s)', policy.policyname, policy.tablename, once);
    end loop;
end
$$;

-- The names of a member, from each word on: people are looked for by the beginning of any word. The database itself
-- keeps them beside the member, so that a search reads those whom it finds and not everybody. An index on patterns would
-- be of no use: under row-level security the planner uses an index only for operators that cannot tell of a row what they
-- see, and `like` is none of them; `^@` is.
create table member_word (
    member_id   uuid not null,
    participant text not null,
    words       text collate "C" not null,

    constraint member_word_once primary key (member_id, words),
    constraint member_word_of_a_member foreign key (member_id, participant)
        references member (member_id, participant) on delete cascade
);
create index member_word_of_member_idx on member_word (member_id, participant);
create index member_word_idx on member_word (words, member_id);

-- The beginning is enough to find few; whether they are meant to the last letter, `search_text` says.
create function words_of(search_text text) returns setof text language sql immutable
set search_path = public, pg_temp as $$
    select distinct left(array_to_string(word[nth:], ' '), 60)
    from unnest(string_to_array(search_text, e'\n')) name,
        lateral (select string_to_array(ltrim(name), ' ')) words (word),
        lateral generate_series(1, cardinality(word)) nth
$$;

create function keep_member_words() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    if tg_op = 'UPDATE' then
        delete from member_word where member_id = new.member_id;
    end if;
    insert into member_word (member_id, participant, words)
    select new.member_id, new.participant, words from words_of(new.search_text) words;
    return null;
end
$$;
create trigger member_words_are_kept after insert on member
    for each row execute function keep_member_words();
create trigger member_words_are_kept_anew after update of search_text on member
    for each row when (old.search_text <> new.search_text) execute function keep_member_words();

insert into member_word (member_id, participant, words)
select member_id, participant, words from member, words_of(search_text) words;

alter table member_word enable row level security;
create policy member_word_in_scope on member_word for select to ceremony_app using (
    case when (select current_setting('ceremony.scope', true)) = '*' then true
         else participant = any ((select string_to_array(current_setting('ceremony.scope', true), ','))::text[]) end
);
grant select on member_word to ceremony_app;
