-- Who is asked to organize a side event with its sponsor sees who speaks there, and takes nobody away.
--
-- A policy for all that somebody does judges what is deleted by what is seen.
create policy side_event_speaker_is_dropped_by_the_sponsor on side_event_speaker as restrictive for delete
    to ceremony_app using (in_scope(participant));
