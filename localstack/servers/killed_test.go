package servers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"mercato/localstack/servers"
)

func TestKilled(t *testing.T) {
	t.Parallel()
	state := home(t)
	helper, got := startHelper(t, state)
	data := query(t, got.DatabaseURL, `SHOW data_directory`)
	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait()
	until(t, "Postgres and Redis end after their stack was killed", func() bool { return gone(got.Postgres) && gone(got.Redis) })
	if _, err := os.Stat(filepath.Join(data, "postmaster.pid")); !os.IsNotExist(err) {
		t.Errorf("Postgres did not stop cleanly: its pid file is still there, %v", err)
	}
}

func TestKilled_startedAgainAtOnce(t *testing.T) {
	t.Parallel()
	state := home(t)
	helper, got := startHelper(t, state)
	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait()
	s, _ := start(t, servers.Config{State: state}) // the old ones may still be on their way out
	if s.DatabaseURL() != got.DatabaseURL || s.RedisURL() != got.RedisURL {
		t.Errorf("other addresses: %s and %s", s.DatabaseURL(), s.RedisURL())
	}
	if !gone(got.Postgres) || !gone(got.Redis) {
		t.Error("two servers on one data directory")
	}
}

func TestKilled_throwAway(t *testing.T) {
	t.Parallel()
	helper, got := startHelper(t, "")
	directory := filepath.Dir(filepath.Dir(query(t, got.DatabaseURL, `SHOW data_directory`)))
	if !strings.Contains(filepath.Base(directory), "mercato-test-") {
		t.Fatalf("data in %s", directory)
	}
	if err := helper.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait()
	until(t, "the throw-away directory goes", func() bool {
		_, err := os.Stat(directory)
		return os.IsNotExist(err) && gone(got.Postgres) && gone(got.Redis)
	})
}
