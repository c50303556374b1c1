-- What is over is forgotten after a while: letters by the time of their end, the audit by its age.
-- +goose Up
CREATE INDEX dead_letters_ended_idx ON ops.dead_letters (last_seen) WHERE state IN ('resolved', 'discarded');
CREATE INDEX audit_at_idx ON ops.audit (at);

-- A letter is kept from its discard on, so that writes last_seen too.
GRANT UPDATE (last_seen), DELETE ON ops.dead_letters TO ops;
GRANT DELETE ON ops.audit TO ops;
