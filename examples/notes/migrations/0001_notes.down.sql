drop schema trickle_notes_read cascade;
drop schema trickle_notes_state cascade;
