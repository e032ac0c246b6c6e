-- A log of as many entries as `ceremony.wanted` says, each like one of the record in length, with the whole tree over them.
-- The hash of a subtree stands at the position of its last leaf's hash, and as many further as it is high.
insert into ledger_leaf (log, leaf_index, subject, content, salt)
select 'treaty', n, case when n > 0 then gen_random_uuid() end,
       convert_to('{"entry":"synthetic","number":' || n || ',"of":"' || repeat('x', 280) || '"}', 'UTF8'), ''
from generate_series(0, current_setting('ceremony.wanted')::bigint - 1) n;

-- The tree is made level by level, and then stored as a log stores it: in the order of positions.
create temporary table made (position bigint primary key, hash bytea not null);

create function pg_temp.place(leaf bigint, height int) returns bigint language sql immutable as
    $$ select 2 * leaf - bit_count(leaf::bit(64)) + height $$;

insert into made (position, hash)
select pg_temp.place(leaf_index, 0), sha256('\x00' || content) from ledger_leaf;

do $$
declare
    height int := 1;
    wanted constant bigint := current_setting('ceremony.wanted');
begin
    while (1::bigint << height) <= wanted loop
        insert into made (position, hash)
        select pg_temp.place(last, height), sha256('\x01' || l.hash || r.hash)
        from generate_series((1::bigint << height) - 1, wanted - 1, 1::bigint << height) last
        join made l on l.position = pg_temp.place(last - (1::bigint << (height - 1)), height - 1)
        join made r on r.position = pg_temp.place(last, height - 1);
        height := height + 1;
    end loop;
end
$$;

insert into ledger_hash (log, position, hash) select 'treaty', position, hash from made order by position;
drop table made;
