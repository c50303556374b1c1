-- Users and their sessions, and the one question that other domains may ask of them.
-- +goose Up
CREATE TABLE auth.users (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    username      text        NOT NULL CHECK (username ~ '^[A-Za-z0-9]{3,30}$'),
    email         text        NOT NULL CHECK (length(email) BETWEEN 3 AND 254),
    password_hash text        NOT NULL,
    role          text        NOT NULL DEFAULT 'USER' CHECK (role IN ('USER', 'MODERATOR', 'OPERATOR', 'ADMIN')),
    created_at    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX users_username_key ON auth.users (lower(username));
CREATE UNIQUE INDEX users_email_key ON auth.users (lower(email));

CREATE TABLE auth.sessions (
    id         uuid        PRIMARY KEY,
    user_id    bigint      NOT NULL REFERENCES auth.users,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX sessions_user_id_idx ON auth.sessions (user_id);

-- Whose session is this, if it lives, and which role has its user now?
CREATE FUNCTION auth.session(sid uuid)
    RETURNS TABLE (user_id bigint, username text, email text, role text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = ''
AS 'SELECT u.id, u.username, u.email, u.role
    FROM auth.sessions s JOIN auth.users u ON u.id = s.user_id
    WHERE s.id = sid AND s.revoked_at IS NULL AND s.expires_at > now()';
REVOKE ALL ON FUNCTION auth.session(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION auth.session(uuid) TO auth, products, orders, ops;

GRANT USAGE ON SCHEMA auth TO auth, products, orders, ops;
GRANT SELECT, INSERT ON auth.users, auth.sessions TO auth;
GRANT UPDATE (revoked_at) ON auth.sessions TO auth;
