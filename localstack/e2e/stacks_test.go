package e2e_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestStacks_sideBySide: two stacks share nothing, and a stage that others see keeps its cookie to TLS.
func TestStacks_sideBySide(t *testing.T) {
	t.Parallel()
	first, second := calm(t), own(t, "STAGE=demo")
	u := signUp(t, first)
	visitor(t, second).do(t, "POST", "/api/auth/login", map[string]string{"email": u.email, "password": u.pw}).refused(t, 401, "unauthenticated")
	guest := visitor(t, second)
	login := guest.do(t, "POST", "/api/auth/demo-login", map[string]string{"user": "demo2"})
	login.want(t, 200)
	cookies := (&http.Response{Header: login.header}).Cookies()
	if len(cookies) != 1 {
		t.Fatalf("%d cookies", len(cookies))
	}
	if c := cookies[0]; c.Name != "__Host-token" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", attributes(c))
	}
	if login.header.Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS")
	}
	token := "token=" + cookies[0].Value // signed with another stack's key
	visitor(t, first).do(t, "GET", "/api/orders", nil, "Cookie", token).refused(t, 401, "unauthenticated")
	guest.do(t, "POST", "/api/auth/demo-login", map[string]string{"user": "admin"}).refused(t, 404, "not_found")
}

// TestStacks_killed: SIGKILL of the stack ends everything that it started.
func TestStacks_killed(t *testing.T) {
	t.Parallel()
	s := own(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	buyer.decided(t, buyer.order(t, line{seller.list(t, "Lamp", "19.99", 5), "", 1}))
	family := descendants(s.cmd.Process.Pid)
	f, err := s.file()
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.functions(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, function := range all {
		for _, process := range function.Processes {
			if !slices.Contains(family, process.PID) {
				t.Errorf("%s is not among the stack's descendants", function)
			}
		}
	}
	for name, pid := range f.PIDs {
		if !slices.Contains(family, pid) {
			t.Errorf("%s %d is not among the stack's descendants", name, pid)
		}
	}
	if err := s.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-s.ended
	until(t, "nothing is left", func() bool { return len(living(family)) == 0 })
}

// TestStacks_refused: a place or a port that is taken is a mistake with one line and status 1.
func TestStacks_refused(t *testing.T) {
	t.Parallel()
	needOwn(t)
	s := calm(t)
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	taken := s.url[strings.LastIndex(s.url, ":")+1:]
	for name, c := range map[string]struct{ port, variable, want string }{
		"same home": {port, "MERCATO_HOME=" + s.home, "a stack runs on"},
		"busy port": {taken, "UNUSED=", "is in use"},
	} {
		t.Run(name, func(t *testing.T) {
			second, err := prepare(c.port, c.variable)
			if err != nil {
				t.Fatal(err)
			}
			defer second.wipe()
			_ = second.cmd.Run() // its status is read below
			_ = second.log.Close()
			text, err := os.ReadFile(second.place + "/log")
			if err != nil {
				t.Fatal(err)
			}
			if code := second.cmd.ProcessState.ExitCode(); code != 1 || strings.Count(string(text), "\n") != 1 || !strings.Contains(string(text), c.want) {
				t.Errorf("status %d, want 1 and one line with %q:\n%s", code, c.want, text)
			}
		})
	}
	visitor(t, s).do(t, "GET", "/health", nil).want(t, 200)
	if _, err := s.file(); err != nil {
		t.Errorf("the refused one took stack.json: %v", err)
	}
}
