-- The audit trail is read by who did something, and by kind, the latest first (GET /audit).
create index event_account_idx on event (account_id, happened_at, event_id);
create index event_kind_idx on event (kind, happened_at, event_id);
