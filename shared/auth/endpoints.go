package auth

import (
	"context"
	"net/http"
	"time"

	"mercato/shared/platform/api"
	"mercato/shared/platform/session"
)

type endpoint[In, Out any] = api.Endpoint[*Service, In, Out]

// Endpoints lists the domain's operations.
func Endpoints() []api.Operation { return []api.Operation{Signup, Login, DemoLogin, Session, Logout} }

// UserView is a user on the wire.
type UserView struct {
	ID        int64        `json:"id" minimum:"1" maximum:"9223372036854775807"`
	Username  string       `json:"username"`
	Email     string       `json:"email"`
	Role      session.Role `json:"role" enum:"USER,MODERATOR,OPERATOR,ADMIN"`
	CreatedAt time.Time    `json:"created_at"`
}

func (u User) view() UserView { return UserView{u.ID, u.Username, u.Email, u.Role, u.CreatedAt.UTC()} }

// UserResponse is the body of every answer that tells of one user.
type UserResponse struct {
	Message string   `json:"message"`
	User    UserView `json:"user"`
}

// Signup makes a user.
var Signup = endpoint[SignupIn, SignupOut]{
	Name: "auth-signup", Route: "POST /api/auth/signup", Summary: "Sign up",
	Allow: session.Anyone, Rate: api.Auth, Status: 201, Open: read, Serve: (*Service).signup,
}

// SignupIn is the request.
type SignupIn struct {
	Body SignupRequest
}

// SignupRequest is its body. A schema counts characters, the password's rule bytes: of 8 bytes, two
// characters are the fewest.
type SignupRequest struct {
	Username       string `json:"username" minLength:"3" maxLength:"30" pattern:"^[A-Za-z0-9]+$" patternDescription:"letters and digits" doc:"Unique, in whatever case"`
	Email          string `json:"email" minLength:"3" maxLength:"254" doc:"user@host, at most 254 bytes; unique, in whatever case"`
	Password       string `json:"password" format:"password" minLength:"2" maxLength:"72" doc:"8 to 72 bytes of UTF-8, any characters"`
	RepeatPassword string `json:"repeat_password" format:"password" minLength:"2" maxLength:"72" doc:"The same again"`
}

// SignupOut is the answer.
type SignupOut struct {
	Body UserResponse
}

func (s *Service) signup(ctx context.Context, in *SignupIn) (*SignupOut, error) {
	a, err := NewAccount(in.Body.Username, in.Body.Email, in.Body.Password, in.Body.RepeatPassword)
	if err != nil {
		return nil, err
	}
	u, err := s.SignUp(ctx, a)
	if err != nil {
		return nil, err
	}
	return &SignupOut{UserResponse{"Welcome. Now log in.", u.view()}}, nil
}

// Login opens a session.
var Login = endpoint[LoginIn, LoginOut]{
	Name: "auth-login", Route: "POST /api/auth/login", Summary: "Log in",
	Allow: session.Anyone, Rate: api.Auth, Status: 200, Open: sign, Serve: (*Service).login,
}

// LoginIn is the request.
type LoginIn struct {
	Body LoginRequest
}

// LoginRequest is its body. What could never have been signed up with is answered like any other email
// or password that is wrong.
type LoginRequest struct {
	Email    string `json:"email" minLength:"1" doc:"In whatever case"`
	Password string `json:"password" format:"password" minLength:"1"`
}

// LoginOut is the answer: the access token travels in a cookie only.
type LoginOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"The access token"`
	Body      UserResponse
}

func (s *Service) login(ctx context.Context, in *LoginIn) (*LoginOut, error) {
	u, token, err := s.LogIn(ctx, in.Body.Email, in.Body.Password)
	if err != nil {
		return nil, err
	}
	return s.welcome(u, token), nil
}

func (s *Service) welcome(u User, token string) *LoginOut {
	cookie := session.Cookie(token, s.config.Local(), s.config.AccessTTL)
	return &LoginOut{[]http.Cookie{cookie}, UserResponse{"Welcome back.", u.view()}}
}

// DemoLogin opens a session for a demo user.
var DemoLogin = endpoint[DemoLoginIn, LoginOut]{
	Name: "auth-demo-login", Route: "POST /api/auth/demo-login", Summary: "Log in as a demo user, where there are any",
	Allow: session.Anyone, Rate: api.Auth, Status: 200, Open: sign, Serve: (*Service).demoLogin,
}

// DemoLoginIn is the request. Its body may be left out.
type DemoLoginIn struct {
	Body *DemoLoginRequest
}

// DemoLoginRequest is its body.
type DemoLoginRequest struct {
	User string `json:"user,omitempty" enum:"demo,demo2,admin" doc:"demo when left out; admin on one machine only"`
}

func (s *Service) demoLogin(ctx context.Context, in *DemoLoginIn) (*LoginOut, error) {
	username := firstDemo
	if in.Body != nil && in.Body.User != "" {
		username = in.Body.User
	}
	u, token, err := s.LogInDemo(ctx, username)
	if err != nil {
		return nil, err
	}
	return s.welcome(u, token), nil
}

// Session tells who the caller is.
var Session = endpoint[SessionIn, SessionOut]{
	Name: "auth-session", Route: "GET /api/auth/session", Summary: "Who am I, and what may I do?",
	Allow: session.Visitor, Rate: api.Read, Status: 200, Open: read, Serve: (*Service).whoami,
}

// SessionIn is the request.
type SessionIn struct{}

// SessionOut is the answer.
type SessionOut struct {
	Body SessionResponse
}

// SessionResponse is its body.
type SessionResponse struct {
	IsAuth     bool         `json:"isAuth"`
	User       *SessionUser `json:"user,omitempty"`
	DemoLogins []string     `json:"demoLogins" doc:"Names that demo-login takes here"`
}

// SessionUser is the caller on the wire, with the role that he has now.
type SessionUser struct {
	ID          int64          `json:"id" minimum:"1" maximum:"9223372036854775807"`
	Username    string         `json:"username"`
	Email       string         `json:"email"`
	Role        session.Role   `json:"role" enum:"USER,MODERATOR,OPERATOR,ADMIN"`
	Permissions []session.Rule `json:"permissions" doc:"What he may do beyond his own things"`
}

func (s *Service) whoami(ctx context.Context, _ *SessionIn) (*SessionOut, error) {
	out := &SessionOut{SessionResponse{DemoLogins: DemoLogins(s.config.Stage)}}
	if c := session.From(ctx); c.UserID != 0 {
		out.Body.IsAuth = true
		out.Body.User = &SessionUser{c.UserID, c.Username, c.Email, c.Role, c.Role.Permissions()}
	}
	return out, nil
}

// Logout ends the caller's session.
var Logout = endpoint[LogoutIn, LogoutOut]{
	Name: "auth-logout", Route: "POST /api/auth/logout", Summary: "Log out",
	Allow: session.Visitor, Rate: api.Write, Status: 200, Open: read, Serve: (*Service).logout,
}

// LogoutIn is the request.
type LogoutIn struct{}

// LogoutOut is the answer. It takes the cookie away even when there was no session.
type LogoutOut struct {
	SetCookie []http.Cookie `header:"Set-Cookie" doc:"Takes the access token away"`
	Body      LogoutResponse
}

// LogoutResponse is its body.
type LogoutResponse struct {
	Message string `json:"message"`
}

func (s *Service) logout(ctx context.Context, _ *LogoutIn) (*LogoutOut, error) {
	if err := s.LogOut(ctx); err != nil {
		return nil, err
	}
	cookie := session.Cookie("", s.config.Local(), 0)
	return &LogoutOut{[]http.Cookie{cookie}, LogoutResponse{"Logged out."}}, nil
}
