package auth

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5/pgxpool"

	"mercato/shared/platform"
	"mercato/shared/platform/config"
	"mercato/shared/platform/fault"
	"mercato/shared/platform/password"
	"mercato/shared/platform/session"
)

// Service holds the use cases. Each writes with one statement, which is its transaction; hashing a
// password, slow on purpose, happens before that, with no connection held.
type Service struct {
	db     *pgxpool.Pool
	config config.Config
	secret platform.Secret // the signing key
}

func read(e *platform.Env) *Service { return &Service{db: e.Postgres("auth"), config: e.Config()} }

func sign(e *platform.Env) *Service {
	s := read(e)
	s.secret = e.Secret("session")
	return s
}

// SignUp makes a user of an account. Conflict (taken) when another has the username or the email, in
// whatever case.
func (s *Service) SignUp(ctx context.Context, a Account) (u User, err error) {
	defer fault.Wrap(&err, "auth.SignUp")
	return insertUser(ctx, s.db, a.Username, a.Email, password.Hash(a.Password))
}

// LogIn opens a session and returns its access token. Unauthenticated, with one answer in one time, for
// an unknown email and for a wrong password; Unavailable when the signing key cannot be read.
func (s *Service) LogIn(ctx context.Context, email, secret string) (u User, token string, err error) {
	defer fault.Wrap(&err, "auth.LogIn")
	u, hash, err := userByEmail(ctx, s.db, email)
	if err != nil {
		return User{}, "", err
	}
	if !password.Matches(hash, secret) {
		return User{}, "", fault.New(fault.Unauthenticated, "", "Email or password is wrong.")
	}
	token, err = s.open(ctx, u)
	return u, token, err
}

// LogInDemo opens a session for a demo user, without a password. NotFound where the stage has no such
// demo user or the database was not seeded; Unavailable when the signing key cannot be read.
func (s *Service) LogInDemo(ctx context.Context, username string) (u User, token string, err error) {
	defer fault.Wrap(&err, "auth.LogInDemo(%s)", username)
	if !isDemo(s.config.Stage, username) {
		return User{}, "", fault.New(fault.NotFound, "", "There is no such demo user here.")
	}
	if u, err = demoUser(ctx, s.db, username); err != nil {
		return User{}, "", err
	}
	token, err = s.open(ctx, u)
	return u, token, err
}

// LogOut revokes the caller's session; without one there is nothing to do.
func (s *Service) LogOut(ctx context.Context) (err error) {
	caller := session.From(ctx)
	defer fault.Wrap(&err, "auth.LogOut(%d)", caller.UserID)
	if caller.SessionID == "" {
		return nil
	}
	return revokeSession(ctx, s.db, caller.SessionID)
}

// open begins a session of the user's and returns the token that names it.
func (s *Service) open(ctx context.Context, u User) (token string, err error) {
	key, err := s.key(ctx)
	if err != nil {
		return "", err
	}
	c := session.Caller{SessionID: uuid.NewString(), UserID: u.ID, Username: u.Username, Email: u.Email, Role: u.Role}
	if err := insertSession(ctx, s.db, c, s.config.SessionTTL); err != nil {
		return "", err
	}
	return key.Sign(c, time.Now(), s.config.AccessTTL)
}

func (s *Service) key(ctx context.Context) (session.PrivateKey, error) {
	secret, err := s.secret.Value(ctx)
	if err != nil {
		return session.PrivateKey{}, &fault.Error{Kind: fault.Unavailable, Message: "Nobody can sign in right now.", Err: err}
	}
	return session.ParsePrivateKey(secret)
}
