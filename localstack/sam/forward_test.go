package sam_test

import (
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/sam"
)

// shout listens as the stack's servers do, and answers what it has read to the end.
func shout(t *testing.T) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close() //nolint:errcheck // the client has its answer
				text, _ := io.ReadAll(conn)
				_, _ = io.WriteString(conn, strings.ToUpper(string(text)))
			}()
		}
	}()
	return listener.Addr().String()
}

// ask sends a text to its end and answers what comes back.
func ask(t *testing.T, address, text string) (string, error) {
	t.Helper()
	conn, err := net.DialTimeout("tcp", address, patience)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if half, ok := conn.(*net.TCPConn); !ok || half.CloseWrite() != nil {
		t.Fatal("the end cannot be sent")
	}
	answer, err := io.ReadAll(conn)
	return string(answer), err
}

func TestForwarder(t *testing.T) {
	t.Parallel()
	server := shout(t)
	ways := sam.NewWays(net.IPv4(127, 0, 0, 1))
	got, err := ways.Variables(map[string]map[string]string{
		"A": {"DATABASE_URL": "postgres://user:p%40ss@" + server + "/db?sslmode=disable", "PUBLIC_ORIGIN": "http://localhost:3000"},
		"B": {"DATABASE_URL": "postgres://" + server + "/db", "REDIS_URL": "redis://cache.example:6379", "EMPTY_URL": "", "ODD_URL": "http://[::1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	first, err := url.Parse(got["A"]["DATABASE_URL"])
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{
		"A": {"DATABASE_URL": "postgres://user:p%40ss@" + first.Host + "/db?sslmode=disable", "PUBLIC_ORIGIN": "http://localhost:3000"},
		"B": {"DATABASE_URL": "postgres://" + first.Host + "/db", "REDIS_URL": "redis://cache.example:6379", "EMPTY_URL": "", "ODD_URL": "http://[::1"},
	}
	if diff := cmp.Diff(want, got); diff != "" || first.Hostname() != "host.docker.internal" || first.Host == "host.docker.internal:"+server {
		t.Errorf("%s (-want +got):\n%s", first.Host, diff)
	}
	way := net.JoinHostPort("127.0.0.1", first.Port())
	for _, text := range []string{"hello", strings.Repeat("long ", 100_000)} {
		if answer, err := ask(t, way, text); err != nil || answer != strings.ToUpper(text) {
			t.Errorf("%d bytes came back, %v", len(answer), err)
		}
	}
	if err := ways.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ask(t, way, ""); err == nil {
		t.Error("the way is still open")
	}
}

// TestForwarder_nobody: a server that is away closes the connection, and the way stays.
func TestForwarder_nobody(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	ways := sam.NewWays(net.IPv4(127, 0, 0, 1))
	defer ways.Close() //nolint:errcheck // the test above looks at it
	got, err := ways.Variables(map[string]map[string]string{"A": {"X_URL": "redis://" + address}})
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := strings.Cut(got["A"]["X_URL"], "internal:")
	for range 2 {
		if answer, err := ask(t, "127.0.0.1:"+port, ""); answer != "" || errors.Is(err, net.ErrClosed) {
			t.Errorf("%q, %v", answer, err)
		}
	}
}

// TestForwarder_desktop: where the daemon leads to this machine by itself, only the name changes.
func TestForwarder_desktop(t *testing.T) {
	t.Parallel()
	got, err := sam.NewWays(nil).Variables(map[string]map[string]string{"A": {"X_URL": "redis://:p@127.0.0.1:7000/0", "Y_URL": "postgres://localhost/db"}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{"A": {"X_URL": "redis://:p@host.docker.internal:7000/0", "Y_URL": "postgres://host.docker.internal:5432/db"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
