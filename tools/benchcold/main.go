// Command benchcold measures the part of a cold start that is ours: from
// starting a Lambda's process to its first request for work, with Postgres and
// Redis refusing connections. It compares each with a hello-world Lambda, in
// turns, so that whatever else the machine does hits all of them alike, and
// fails when one takes more than its share.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A lambda is a binary and what its runs took.
type lambda struct {
	name, path string
	took       []time.Duration
}

func main() {
	// An interrupt ends the process that is being measured, too.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := bench(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-cold:", err)
		os.Exit(1)
	}
}

func bench(ctx context.Context) error {
	hello := flag.String("hello", ".local/bin/hello", "binary of the hello-world Lambda")
	dist := flag.String("dist", "dist", "directory of the binaries")
	only := flag.String("only", "", "functions to measure, separated by commas (default: all that serve HTTP)")
	runs := flag.Int("runs", 40, "runs of each")
	limit := flag.Float64("max", 2, "fail when a minimum is more than so many times hello's")
	flag.Parse()

	names := strings.Split(*only, ",")
	if *only == "" {
		var err error
		if names, err = serveHTTP(); err != nil {
			return err
		}
	}
	all := []*lambda{{name: "hello", path: *hello}}
	for _, name := range names {
		all = append(all, &lambda{name: name, path: filepath.Join(*dist, name)})
	}
	if err := measure(ctx, all, *runs); err != nil {
		return err
	}
	return report(all, *limit)
}

// serveHTTP returns the functions whose main is function.HTTP: the others start
// by schedule, where nobody waits.
func serveHTTP() ([]string, error) {
	mains, err := filepath.Glob("functions/*/main.go")
	if err != nil {
		return nil, err
	}
	var names []string
	for _, path := range mains {
		source, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if strings.Contains(string(source), "function.HTTP(") {
			names = append(names, filepath.Base(filepath.Dir(path)))
		}
	}
	if len(names) == 0 {
		return nil, errors.New("no function below functions/ serves HTTP")
	}
	return names, nil
}

func measure(ctx context.Context, all []*lambda, runs int) error {
	api, err := listen()
	if err != nil {
		return err
	}
	defer api.Close()
	env := environment(api.Addr())
	fmt.Printf("bench-cold: %d binaries, %d runs each\n", len(all), runs)
	for range runs {
		for _, l := range all {
			took, err := api.start(ctx, l, env)
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			l.took = append(l.took, took)
		}
	}
	return nil
}

// report prints a line for each, slowest last, and fails when one is over the
// limit.
func report(all []*lambda, limit float64) error {
	for _, l := range all {
		slices.Sort(l.took)
	}
	hello := all[0].took[0]
	ratio := func(l *lambda) float64 { return float64(l.took[0]) / float64(hello) }
	slices.SortStableFunc(all[1:], func(a, b *lambda) int { return int(a.took[0] - b.took[0]) })

	fmt.Printf("%-24s %9s %9s %7s\n", "process to first request", "min ms", "median ms", "x hello")
	var over []string
	for _, l := range all {
		fmt.Printf("%-24s %9.2f %9.2f %7.2f\n", l.name, milliseconds(l.took[0]), milliseconds(l.took[len(l.took)/2]), ratio(l))
		if ratio(l) > limit {
			over = append(over, l.name)
		}
	}
	if len(over) > 0 {
		return fmt.Errorf("over %.1f times hello: %s", limit, strings.Join(over, ", "))
	}
	return nil
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
