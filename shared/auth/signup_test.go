package auth_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"mercato/shared/platform/apitest"
	"mercato/shared/platform/session"
)

func TestSignup(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	answer := b.signup.Do(t, apitest.Request{Body: form("Anna").with("email", "Anna@Example.com")})
	if answer.Status != http.StatusCreated || len(answer.Header.Values("Set-Cookie")) != 0 {
		t.Fatalf("got %d %s, cookies %v", answer.Status, answer.Body, answer.Header.Values("Set-Cookie"))
	}
	var got struct {
		Message string         `json:"message"`
		User    map[string]any `json:"user"`
	}
	answer.Into(t, &got)
	created, _ := got.User["created_at"].(string)
	if got.Message == "" || got.User["username"] != "Anna" || got.User["email"] != "Anna@Example.com" || got.User["role"] != "USER" ||
		got.User["id"] == float64(0) || !strings.HasSuffix(created, "Z") || len(got.User) != 5 {
		t.Errorf("got %s", answer.Body)
	}
	var hash string
	if err := b.DB.QueryRow(t.Context(), `SELECT u.password_hash FROM auth.users u WHERE u.email = 'Anna@Example.com'`).Scan(&hash); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(hash, "$argon2id$") {
		t.Errorf("the password is kept as %q", hash)
	}
}

func TestSignupRefusals(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	good := form("anna")
	without := func(name string) fields {
		f := good.with(name, nil)
		delete(f, name)
		return f
	}
	for name, c := range map[string]struct {
		body           fields
		status         int
		code, location string
	}{
		"no username":           {without("username"), 422, "invalid", "body.username"},
		"no email":              {without("email"), 422, "invalid", "body.email"},
		"no password":           {without("password"), 422, "invalid", "body.password"},
		"no repetition":         {without("repeat_password"), 422, "invalid", "body.repeat_password"},
		"null":                  {good.with("username", nil), 422, "invalid", "body.username"},
		"number":                {good.with("password", 12345678), 422, "invalid", "body.password"},
		"unknown field":         {good.with("role", "ADMIN"), 400, "malformed", "body.role"},
		"other case":            {good.with("Username", "anna"), 400, "malformed", "body.Username"},
		"short username":        {good.with("username", "an"), 422, "invalid", "body.username"},
		"username with a space": {good.with("username", "an na"), 422, "invalid", "body.username"},
		"line end in username":  {good.with("username", "anna\n"), 422, "invalid", "body.username"},
		"NUL in username":       {good.with("username", "an\x00na"), 422, "invalid", "body.username"},
		"no address":            {good.with("email", "anna"), 422, "invalid", "body.email"},
		"display name":          {good.with("email", "Anna <anna@example.com>"), 422, "invalid", "body.email"},
		"long email":            {good.with("email", strings.Repeat("x", 243)+"@example.com"), 422, "invalid", "body.email"},
		"email in long letters": {good.with("email", strings.Repeat("ä", 122)+"@example.com"), 422, "invalid", "body.email"},
		"short password":        {good.with("password", "1234567").with("repeat_password", "1234567"), 422, "invalid", "body.password"},
		"long password":         {good.with("password", strings.Repeat("x", 73)), 422, "invalid", "body.password"},
		"password of 76 bytes":  {good.with("password", strings.Repeat(fourBytes, 19)), 422, "invalid", "body.password"},
		"other repetition":      {good.with("repeat_password", "correct house"), 422, "invalid", "body.repeat_password"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			answer := b.signup.Do(t, apitest.Request{Body: c.body})
			refused(t, answer, c.status, c.code, c.location)
			for _, sent := range []string{"correct hor", "correct house", "1234567", fourBytes, "anna@", "xxx"} {
				if strings.Contains(string(answer.Body), sent) {
					t.Errorf("the answer repeats %q: %s", sent, answer.Body)
				}
			}
		})
	}
	t.Cleanup(func() { // after the subtests
		var users int
		if err := b.DB.QueryRow(context.Background(), `SELECT count(*) FROM auth.users`).Scan(&users); err != nil || users != 0 {
			t.Errorf("%d users were made, %v", users, err)
		}
	})
}

func TestSignupTaken(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	b.signUp(t, form("anna"))
	for name, c := range map[string]struct {
		body     fields
		location string
	}{
		"username":               {form("anna").with("email", "other@example.com"), "body.username"},
		"username in other case": {form("ANNA").with("email", "other@example.com"), "body.username"},
		"email":                  {form("other").with("email", "anna@example.com"), "body.email"},
		"email in other case":    {form("other").with("email", "Anna@EXAMPLE.com"), "body.email"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			refused(t, b.signup.Do(t, apitest.Request{Body: c.body}), 409, "taken", c.location)
		})
	}
}

func TestSignupRace(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	const rivals = 8
	answers := make([]apitest.Answer, rivals)
	var gate, done sync.WaitGroup
	gate.Add(1)
	for i := range answers {
		done.Go(func() {
			gate.Wait()
			answers[i] = b.signup.Do(t, apitest.Request{Body: form("anna")})
		})
	}
	gate.Done()
	done.Wait()
	var made int
	for _, a := range answers {
		if a.Status == http.StatusCreated {
			made++
			continue
		}
		refused(t, a, 409, "taken", "body.username")
	}
	if made != 1 {
		t.Errorf("%d of %d sign-ups made the user, want 1", made, rivals)
	}
}

// What is long in characters and what is long in bytes must both come back in.
func TestSignupThenLogin(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	for username, password := range map[string]string{
		"ascii72": strings.Repeat("x", 72),
		"runes18": strings.Repeat(fourBytes, 18),
		"runes2":  strings.Repeat(fourBytes, 2),
		"spaces":  "        ",
		"nul":     "\x00before and after\x00",
		"quotes":  `"\'; DROP TABLE auth.users; --`,
	} {
		t.Run(username, func(t *testing.T) {
			t.Parallel()
			b.signUp(t, form(username).with("password", password).with("repeat_password", password))
			email := username + "@example.com"
			if a := b.logIn(t, strings.ToUpper(email), password); a.Status != http.StatusOK {
				t.Errorf("log-in: %d %s", a.Status, a.Body)
			}
			for _, near := range []string{password + "x", password[1:], strings.TrimRight(password, "\x00 ") + "."} {
				refused(t, b.logIn(t, email, near), 401, "unauthenticated", "")
			}
		})
	}
}

func TestSignupWithSession(t *testing.T) {
	t.Parallel()
	b := setup(t, "local")
	_, cookie := b.SignUp(t, "admin1", session.RoleAdmin)
	answer := b.signup.Do(t, apitest.Request{Body: form("anna"), Cookie: cookie})
	if answer.Status != http.StatusCreated || !strings.Contains(string(answer.Body), `"role":"USER"`) {
		t.Errorf("got %d %s", answer.Status, answer.Body)
	}
}
