-- A password that was chosen beside a second factor may be shorter than one that stands alone. Once the last factor is gone,
-- whoever took it away, its owner can do nothing but choose a longer one, or add a factor again.
alter table account add column password_needs_factor boolean not null default false;
-- How long those are that were chosen before, nobody knows.
update account set password_needs_factor = has_second_factor(account_id);

-- Whether somebody must add a second factor before anything else: their office wants one, or their password does not stand alone.
create function must_add_factor(account uuid, role text, password_needs_factor boolean, offices_need_one boolean)
returns boolean language sql stable as $$
    select (password_needs_factor or offices_need_one and role <> 'focal_point') and not has_second_factor(account)
$$;
revoke execute on function must_add_factor(uuid, text, boolean, boolean) from public;
grant execute on function must_add_factor(uuid, text, boolean, boolean) to ceremony_app;
