-- A little of everything that the schema of 0007 can hold: later migrations are applied over rows, as they will be where
-- the service runs. Identities are short, so that references can be read.
insert into participant (participant, kind, name_en, depositary_name, formal_name, regional_group, sort_key, search_text, updated_at)
values ('FRA', 'member_state', 'France', 'France', 'the French Republic', 'weog', '\x02', 'france fra', now()),
       ('DEU', 'member_state', 'Germany', 'Germany', 'the Federal Republic of Germany', 'weog', '\x03', 'germany deu', now());
insert into participant (participant, kind, name_en, depositary_name, formal_name, sort_key, search_text, updated_at)
values ('EUE', 'regional_organization', 'European Union', 'European Union', 'the European Union', '\x01', 'european union', now());
insert into organization_member values ('EUE', 'FRA'), ('EUE', 'DEU');

insert into account (account_id, email, name, role, password_hash, must_change_password, created_at, updated_at)
values ('00000000-0000-0000-0000-0000000000a1', 'administrator@test.example', 'Administrator', 'administrator', 'none', false, now(), now()),
       ('00000000-0000-0000-0000-0000000000a2', 'treaty@test.example', 'First Officer', 'treaty', 'none', false, now(), now()),
       ('00000000-0000-0000-0000-0000000000a3', 'treaty.2@test.example', 'Second Officer', 'treaty', 'none', false, now(), now()),
       ('00000000-0000-0000-0000-0000000000a4', 'focal.point@test.example', 'Focal Point', 'focal_point', 'none', true, now(), now());
insert into focal_point (focal_point_id, account_id, participant, appointed_at, ended_at)
values ('00000000-0000-0000-0000-0000000000f1', '00000000-0000-0000-0000-0000000000a4', 'FRA', now(), null),
       ('00000000-0000-0000-0000-0000000000f2', '00000000-0000-0000-0000-0000000000a4', 'DEU', now(), now());
insert into token (token_id, account_id, hash, created_at, last_used_at, expires_at)
values ('00000000-0000-0000-0000-0000000000b1', '00000000-0000-0000-0000-0000000000a4', sha256('token'), now(), now(), now());
insert into event (event_id, happened_at, account_id, participant, kind, subject, before, after, reason, request_id)
values ('00000000-0000-0000-0000-0000000000e1', now(), null, null, 'register.loaded', null, null, '{"added": 3}', null, 'sample'),
       ('00000000-0000-0000-0000-0000000000e2', now(), '00000000-0000-0000-0000-0000000000a4', 'FRA', 'delegation.submitted',
        '00000000-0000-0000-0000-0000000000d1', '{"stage": "draft"}', '{"stage": "submitted"}', 'Complete.', 'sample'),
       ('00000000-0000-0000-0000-0000000000e3', now(), '00000000-0000-0000-0000-0000000000a4', 'FRA', 'member.changed',
        '00000000-0000-0000-0000-000000000001', '{"family_name": "OLDSAMPLE", "rank": "none"}',
        '{"family_name": "NEWSAMPLE", "rank": "minister"}', 'A slip of the pen.', 'sample');
insert into idempotency (account_id, key, fingerprint, answer, answered_at, kept_until)
values ('00000000-0000-0000-0000-0000000000a4', 'key', sha256('asked'), '\x00', now(), now());

insert into document (document_id, participant, kind, state, file_name, media_type, size_bytes, sha256, sealed_key, sealed_sha256, uploaded_by, uploaded_at, updated_at)
values ('00000000-0000-0000-0000-0000000000c1', 'FRA', 'full_powers', 'received', 'powers.pdf', 'application/pdf', 9,
        sha256('plain'), '\x00', sha256('sealed'), '00000000-0000-0000-0000-0000000000a4', now(), now());
insert into delegation (delegation_id, participant, stage, stage_changed_at, remarks, contact_email, created_at, updated_at)
values ('00000000-0000-0000-0000-0000000000d1', 'FRA', 'submitted', now(), 'A remark.', 'mission@test.example', now(), now());
insert into delegation (delegation_id, participant, stage, stage_changed_at, stage_reason, created_at, updated_at)
values ('00000000-0000-0000-0000-0000000000d2', 'DEU', 'withdrawn', now(), 'An example.', now(), now());
insert into member (member_id, participant, family_name, given_names, badge_name, form_of_address, function, rank, functional_title, affiliation,
                    nationality, email, language, sealed_key, date_of_birth, passport_number, passport_expires_on,
                    status, status_changed_at, sort_name, search_text, created_at, updated_at)
values ('00000000-0000-0000-0000-000000000001', 'FRA', 'SAMPLE', 'Ann', 'Ann Sample', 'H.E. Ms.', 'head', 'minister', 'Minister of Samples',
        'Ministry of Samples', 'FRA', 'ann@test.example', 'fr', '\x00', '\x00', '\x00', '\x00', 'approved', now(), 'sample ann', 'ann sample', now(), now());
insert into member (member_id, participant, family_name, badge_name, function, rank, sealed_key, status, status_changed_at, sort_name, search_text, created_at, updated_at)
values ('00000000-0000-0000-0000-000000000002', 'FRA', 'Mononym', 'Mononym', 'adviser', 'official', '\x00', 'draft', now(), 'mononym', 'mononym', now(), now());

insert into full_powers (full_powers_id, participant, member_id, signer_name, signer_office, basis, acting, treaty, names_person, acts, issued_on,
                         issuer_name, issuer_office, document_id, lodged_by, lodged_at, stage, verified_by, verified_at, confirmed_by, confirmed_at, updated_at)
values ('00000000-0000-0000-0000-000000000011', 'FRA', '00000000-0000-0000-0000-000000000001', 'Ann SAMPLE', 'Minister of Samples', 'full_powers', false,
        'XVIII-16', true, '{sign}', '2025-10-01', 'A President', 'head_of_state', '00000000-0000-0000-0000-0000000000c1',
        '00000000-0000-0000-0000-0000000000a4', now(), 'confirmed', '00000000-0000-0000-0000-0000000000a2', now(),
        '00000000-0000-0000-0000-0000000000a3', now(), now());
insert into appointment (appointment_id, participant, full_powers_id, place, signs_at, signs_offset_minutes, made_by, made_at, updated_at)
values ('00000000-0000-0000-0000-000000000021', 'FRA', '00000000-0000-0000-0000-000000000011', 'hanoi', '2025-10-25T11:00:00+07', 420,
        '00000000-0000-0000-0000-0000000000a2', now(), now());
insert into act (act_id, kind, participant, action_id, place, done_at, done_offset_minutes, legal_date, signatory_name, signatory_office,
                 signatory_capacity, signatory_acting, full_powers_id, ad_referendum, recorded_by, recorded_at)
values ('00000000-0000-0000-0000-000000000031', 'signature', 'FRA', '00000000-0000-0000-0000-000000000031', 'hanoi', '2025-10-25T11:02:00+07', 420,
        '2025-10-25', 'Ann SAMPLE', 'Minister of Samples', 'full_powers', false, '00000000-0000-0000-0000-000000000011', false,
        '00000000-0000-0000-0000-0000000000a2', '2025-10-25T11:03:00+07');
insert into act (act_id, kind, participant, action_id, of_act_id, of_recorded_by, recorded_by, recorded_at)
values ('00000000-0000-0000-0000-000000000032', 'certification', 'FRA', '00000000-0000-0000-0000-000000000031', '00000000-0000-0000-0000-000000000031',
        '00000000-0000-0000-0000-0000000000a2', '00000000-0000-0000-0000-0000000000a3', '2025-10-25T11:04:00+07');
insert into act (act_id, kind, participant, action_id, of_act_id, of_recorded_by, reason, recorded_by, recorded_at)
values ('00000000-0000-0000-0000-000000000033', 'correction', 'FRA', '00000000-0000-0000-0000-000000000031', '00000000-0000-0000-0000-000000000031',
        '00000000-0000-0000-0000-0000000000a2', 'A slip of the pen.', '00000000-0000-0000-0000-0000000000a2', '2025-10-25T11:05:00+07');
insert into act_declaration (act_id, position, kind, language, words)
values ('00000000-0000-0000-0000-000000000031', 0, 'declaration', 'fr', 'La France déclare.');
insert into act_change (act_id, position, field, old_value, new_value)
values ('00000000-0000-0000-0000-000000000033', 0, 'signatory_office', 'Minister of Samples', 'Minister for Samples');
insert into act_notification (act_notification_id, act_id, number, published_on, noted_by, noted_at)
values ('00000000-0000-0000-0000-000000000041', '00000000-0000-0000-0000-000000000031', 'C.N.1.2025.TREATIES-XVIII.16', '2025-10-27',
        '00000000-0000-0000-0000-0000000000a2', now());
insert into act_slot (participant, slot, act_id) values ('FRA', 'signature', '00000000-0000-0000-0000-000000000031');
