-- What screens show of the ceremony (`GET /treaty/stream`): its position rises with everything in it that changes.
--
-- The position is common to all services on this database and outlives them, so that a screen that lost its service goes on
-- at another one. It moves at the very end of a transaction, whoever began it: nobody waits for it while holding up others,
-- and nobody can forget to move it.
create table board (
    is_the_one boolean primary key default true,
    position   bigint  not null,
    constraint board_is_one check (is_the_one)
);
insert into board (position) values (0);

create function move_board() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
    update board set position = position + 1;
    perform pg_notify('board', '');
    return null;
end
$$;
create constraint trigger board_follows_the_record after insert on act
    deferrable initially deferred for each row execute function move_board();
create constraint trigger board_follows_the_turns after insert or update on signing_turn
    deferrable initially deferred for each row execute function move_board();
create constraint trigger board_follows_the_appointments after insert or update on appointment
    deferrable initially deferred for each row execute function move_board();

grant select on board to ceremony_app, ceremony_auditor;
