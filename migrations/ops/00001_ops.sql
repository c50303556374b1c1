-- Operations own nothing yet but their schema: they ask the other domains' stats().
-- +goose Up
GRANT USAGE ON SCHEMA ops TO ops;
