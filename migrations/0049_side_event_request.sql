-- Who is asked to organize a side event as well is written to. A sponsor may not write to other missions, so the service
-- does, once for each request, when it is handed in.

alter table side_event_co_sponsor add column told_at timestamptz;
grant update (told_at) on side_event_co_sponsor to ceremony_app;
create index side_event_co_sponsor_untold_idx on side_event_co_sponsor (side_event_id)
    where answer = 'asked' and told_at is null;
