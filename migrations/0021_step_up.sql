-- What is grave asks for a factor that was shown just now: a token left lying about, or stolen, then signs nothing.
-- When one was last shown with a login: as it was made, and with each step up since.
alter table token add column proved_at timestamptz;
update token set proved_at = created_at;
alter table token alter column proved_at set not null;
