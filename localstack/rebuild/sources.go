package rebuild

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sources are the places where the functions' code lies.
type sources struct {
	files       []string
	directories map[string][]string // the endings of the files that count, by directory
}

// state is how every file of the sources looks.
type state map[string]stamp

type stamp struct {
	modified time.Time
	size     int64
}

// list asks go which packages of this module the functions are made of, and what those embed.
func list(ctx context.Context, cfg Config) (sources, error) {
	cmd := exec.CommandContext(ctx, "go", "list", "-e", "-deps", "-json=Dir,EmbedFiles,Module", cfg.Packages)
	cmd.Dir = cfg.Directory
	out, err := cmd.Output()
	var exited *exec.ExitError
	switch {
	case errors.As(err, &exited):
		return sources{}, fmt.Errorf("go list: %w: %s", err, bytes.TrimSpace(exited.Stderr))
	case err != nil:
		return sources{}, fmt.Errorf("go list: %w", err)
	}
	s := sources{paths(cfg.Directory, append([]string{"go.mod", "go.sum"}, cfg.Files...)), map[string][]string{}}
	if err := s.read(out); err != nil {
		return sources{}, fmt.Errorf("go list: %w", err)
	}
	if len(s.directories) == 0 {
		return sources{}, fmt.Errorf("no package of this module matches %s", cfg.Packages)
	}
	return s, nil
}

// read takes packages as go list describes them.
func (s sources) read(described []byte) error {
	decoder := json.NewDecoder(bytes.NewReader(described))
	for decoder.More() {
		var p struct {
			Dir        string
			EmbedFiles []string
			Module     struct{ Main bool }
		}
		if err := decoder.Decode(&p); err != nil {
			return err
		}
		if !p.Module.Main {
			continue
		}
		s.add(filepath.Join(p.Dir, "any.go"))
		for _, file := range p.EmbedFiles {
			s.add(filepath.Join(p.Dir, file))
		}
	}
	return nil
}

// add counts a file and all that end like it: what is new beside it is likely to be built too.
func (s sources) add(path string) {
	directory, ending := filepath.Dir(path), filepath.Ext(path)
	if !slices.Contains(s.directories[directory], ending) {
		s.directories[directory] = append(s.directories[directory], ending)
	}
}

// look passes over what it cannot read: it is gone, or about to come back.
func (s sources) look() state {
	now := state{}
	for _, path := range s.files {
		if info, err := os.Stat(path); err == nil {
			now[path] = stamp{info.ModTime(), info.Size()}
		}
	}
	for directory, endings := range s.directories {
		entries, _ := os.ReadDir(directory)
		for _, entry := range entries {
			if info, err := entry.Info(); err == nil && counts(entry, endings) {
				now[filepath.Join(directory, entry.Name())] = stamp{info.ModTime(), info.Size()}
			}
		}
	}
	return now
}

func counts(entry fs.DirEntry, endings []string) bool {
	name := entry.Name()
	return !entry.IsDir() && !strings.HasPrefix(name, ".") && !strings.HasSuffix(name, "_test.go") && slices.Contains(endings, filepath.Ext(name))
}

// news lists, sorted, the files that came, went or changed.
func (s state) news(now state) []string {
	var paths []string
	for path, is := range now {
		if was, there := s[path]; !there || was.size != is.size || !was.modified.Equal(is.modified) {
			paths = append(paths, path)
		}
	}
	for path := range s {
		if _, there := now[path]; !there {
			paths = append(paths, path)
		}
	}
	slices.Sort(paths)
	return paths
}

func paths(directory string, names []string) []string {
	var all []string
	for _, name := range names {
		all = append(all, filepath.Join(directory, name))
	}
	return all
}
