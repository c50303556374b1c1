// Package rebuild builds the functions anew when one of their sources is saved. It looks once a second at the files
// that go list names, which needs no help from the operating system.
package rebuild

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"
)

// Config says what is watched and how it is built. Paths are relative to the Directory.
type Config struct {
	Directory string   // the module's
	Packages  string   // the functions, as go list names them: ./functions/...
	Files     []string // what the build reads beside the sources of those packages
	Fixed     []string // what is read at the start only: of a change it is said that it has no effect yet
	Command   []string // builds all functions
	Log       io.Writer
	Say       func(format string, a ...any)
	Built     func(ctx context.Context, took time.Duration) // called after each build that succeeded
}

const (
	lookEvery = time.Second            // a look reads some 50 directories, 2 ms
	settleFor = 100 * time.Millisecond // "save all" and formatters write several times
)

// Watcher knows how the sources looked when they were last built.
type Watcher struct {
	Config
	sources sources
	built   state
	fixed   state
}

// Watch takes what is there now as built.
func Watch(ctx context.Context, cfg Config) (*Watcher, error) {
	w := &Watcher{Config: cfg}
	var err error
	if w.sources, err = list(ctx, cfg); err != nil {
		return nil, err
	}
	w.built, w.fixed = w.sources.look(), w.lookFixed()
	return w, nil
}

// Run builds after each change until ctx ends. A build that fails changes nothing but the log: the compiler's lines
// are in it.
func (w *Watcher) Run(ctx context.Context) {
	for pause(ctx, lookEvery) {
		if now := w.lookFixed(); w.fixed.news(now) != nil {
			w.Say("%s has changed: it is read again at the next start", w.describe(w.fixed.news(now)))
			w.fixed = now
		}
		if news := w.built.news(w.settled(ctx)); news != nil && ctx.Err() == nil {
			w.rebuild(ctx, news)
		}
	}
}

// settled looks until nothing changes any more, when something has.
func (w *Watcher) settled(ctx context.Context) state {
	now := w.sources.look()
	for last := w.built; last.news(now) != nil && pause(ctx, settleFor); {
		last, now = now, w.sources.look()
	}
	return now
}

func (w *Watcher) rebuild(ctx context.Context, news []string) {
	w.Say("%s has changed: building", w.describe(news))
	began := time.Now()
	if sources, err := list(ctx, w.Config); err == nil { // a file may have brought packages in; the build says what is wrong
		w.sources = sources
	}
	w.built = w.sources.look() // before the build: what is saved during it is news to the next look
	err := build(ctx, w.Config)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		w.Say("%v: what was built before goes on", err)
	default:
		w.Built(ctx, time.Since(began))
	}
}

func (w *Watcher) lookFixed() state {
	return sources{files: paths(w.Directory, w.Fixed)}.look()
}

func (w *Watcher) describe(news []string) string {
	name, err := filepath.Rel(w.Directory, news[0])
	if err != nil {
		name = news[0]
	}
	if len(news) > 1 {
		return fmt.Sprintf("%s (and %d more)", name, len(news)-1)
	}
	return name
}

// pause is false when ctx ended.
func pause(ctx context.Context, length time.Duration) bool {
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
