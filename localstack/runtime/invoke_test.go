package runtime_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"mercato/localstack/runtime"
)

func TestInvoke_reuses_a_warm_process(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	first, second := b.must(`{"Do":"context"}`), b.must(`{"Do":"context"}`)
	if first.PID != second.PID || first.Request == second.Request || first.Request == "" {
		t.Errorf("first %+v, second %+v: want one process and two request ids", first, second)
	}
	if first.ARN != "arn:aws:lambda:us-east-1:000000000000:function:fn" || first.Left <= 0 || first.Left > patience {
		t.Errorf("context: %+v", first)
	}
	text, err := json.Marshal(b.Stats())
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`[{"name":"fn","cold_starts":1,"processes":[{"pid":%d,"state":"idle","invocations":2}]}]`, first.PID)
	if string(text) != want {
		t.Errorf("stats %s, want %s", text, want)
	}
}

func TestInvoke_scales_out(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	file, results := b.hold(3)
	if n := len(b.function().Processes); n != 3 {
		t.Errorf("%d processes for 3 events at once", n)
	}
	for _, p := range b.function().Processes {
		if p.State != "busy" || p.Invocations != 1 {
			t.Errorf("process %+v, want it busy with its first event", p)
		}
	}
	b.write(file)
	for range 3 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	last := b.must(`{}`).PID
	for range 5 {
		if pid := b.must(`{}`).PID; pid != last {
			t.Errorf("process %d, want %d, the most recently used", pid, last)
		}
	}
	if got := b.function().ColdStarts; got != 3 {
		t.Errorf("%d cold starts, want 3", got)
	}
}

func TestInvoke_throttles(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*runtime.Config, *runtime.Function){
		"reserved concurrency": func(_ *runtime.Config, f *runtime.Function) { f.Concurrency = 2 },
		"process limit":        func(c *runtime.Config, _ *runtime.Function) { c.MaxProcesses = 2 },
		"the lower of both":    func(c *runtime.Config, f *runtime.Function) { c.MaxProcesses, f.Concurrency = 2, 9 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, change)
			file, results := b.hold(2)
			if _, err := b.call(`{}`); !errors.Is(err, runtime.ErrThrottled) {
				t.Errorf("third event: %v, want ErrThrottled", err)
			}
			b.write(file)
			for range 2 {
				if err := <-results; err != nil {
					t.Error(err)
				}
			}
			b.must(`{}`)
		})
	}
}

// One client after the other must never meet a function that has not come back yet.
func TestInvoke_one_by_one_is_never_throttled(t *testing.T) {
	t.Parallel()
	b := setup(t, func(_ *runtime.Config, f *runtime.Function) { f.Concurrency = 1 })
	for range 500 {
		b.must(`{}`)
	}
	if got := b.function().ColdStarts; got != 1 {
		t.Errorf("%d cold starts, want 1", got)
	}
}

func TestInvoke_many_at_once(t *testing.T) {
	t.Parallel()
	b := setup(t, func(c *runtime.Config, _ *runtime.Function) { c.MaxProcesses = 4 })
	results := make(chan error)
	for range 4 {
		go func() {
			var failed error
			for range 200 {
				if _, err := b.call(`{}`); err != nil {
					failed = err
				}
			}
			results <- failed
		}()
	}
	for range 4 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	total := 0
	for _, p := range b.function().Processes {
		total += p.Invocations
	}
	if total != 800 {
		t.Errorf("%d events counted, want 800", total)
	}
}

func TestInvoke_caller_leaves(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	ctx, cancel := context.WithCancel(context.Background())
	file := filepath.Join(b.dir, "release")
	left := make(chan error)
	go func() {
		_, err := b.Invoke(ctx, "fn", fmt.Appendf(nil, `{"Do":"wait","File":%q}`, file))
		left <- err
	}()
	eventually(t, func() bool { return len(b.function().Processes) == 1 && b.function().Processes[0].State == "busy" })
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	b.write(file)
	eventually(t, func() bool {
		_, err := os.Stat(file + ".done")
		return err == nil && b.function().Processes[0].State == "idle"
	})
	if got := b.must(`{}`).PID; got != b.function().Processes[0].PID {
		t.Errorf("process %d, want the one that went on", got)
	}
}

func TestInvoke_limits(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	envelope := len(`{"PID":,"Text":""}`) + len(fmt.Sprint(b.must(`{}`).PID))
	most := b.must(fmt.Sprintf(`{"Do":"big","Size":%d}`, runtime.MaxResponse-envelope))
	if kind := b.mustFail(fmt.Sprintf(`{"Do":"big","Size":%d}`, runtime.MaxResponse-envelope+1)); kind != "Function.ResponseSizeTooLarge" {
		t.Errorf("failure %s", kind)
	}
	if next := b.must(`{}`); next.PID == most.PID {
		t.Error("aws-lambda-go ends when its answer is refused, yet the process is the same")
	}
	request := `{"File":"` + strings.Repeat("x", runtime.MaxRequest-len(`{"File":""}`)) + `"}`
	b.must(request)
	if _, err := b.call(request + " "); !errors.Is(err, runtime.ErrTooLarge) {
		t.Errorf("request over the limit: %v", err)
	}
}

func TestInvoke_environment(t *testing.T) {
	t.Setenv("LEAKED_FROM_THE_STACK", "yes")
	b := setup(t, func(_ *runtime.Config, f *runtime.Function) {
		f.MemoryMB = 256
		f.Environment = []string{"STAGE=local", "AWS_ACCESS_KEY_ID=mine", "AWS_REGION=elsewhere"}
	})
	got := b.must(`{"Do":"environment"}`).Variables
	for i, v := range got {
		if name, value, _ := strings.Cut(v, "="); name == "AWS_LAMBDA_LOG_STREAM_NAME" || name == "AWS_LAMBDA_RUNTIME_API" {
			if value == "" {
				t.Errorf("%s is empty", name)
			}
			got[i] = name
		}
	}
	got = slices.DeleteFunc(got, func(v string) bool { return strings.HasPrefix(v, "_X_AMZN_TRACE_ID=Root=1-") }) // set by the process itself
	slices.Sort(got)
	want := []string{
		"AWS_ACCESS_KEY_ID=mine",
		"AWS_DEFAULT_REGION=us-east-1",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE=256",
		"AWS_LAMBDA_FUNCTION_NAME=fn",
		"AWS_LAMBDA_FUNCTION_VERSION=$LATEST",
		"AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/fn",
		"AWS_LAMBDA_LOG_STREAM_NAME",
		"AWS_LAMBDA_RUNTIME_API",
		"AWS_REGION=us-east-1",
		"AWS_SECRET_ACCESS_KEY=local",
		"LAMBDA_TASK_ROOT=" + filepath.Dir(fn),
		"PATH=/usr/local/bin:/usr/bin:/bin",
		"STAGE=local",
		"TZ=:UTC",
		"_HANDLER=bootstrap",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestInvoke_log(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.must(`{"Do":"print"}`)
	if err := b.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	if got := b.log.String(); !strings.HasPrefix(got, "fn | one\nfn | two\nfn | three\n") {
		t.Errorf("log %q", got)
	}
}

func TestInvoke_unknown(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	if _, err := b.Invoke(context.Background(), "nobody", nil); !errors.Is(err, runtime.ErrUnknown) {
		t.Errorf("error %v, want ErrUnknown", err)
	}
}

// An answer that comes together with the deadline is an answer or a timeout, and nothing else.
func TestInvoke_at_the_deadline(t *testing.T) {
	t.Parallel()
	b := setup(t, func(_ *runtime.Config, f *runtime.Function) { f.Timeout = 50 * time.Millisecond })
	for range 30 {
		if _, err := b.call(`{"Do":"deadline"}`); err != nil && !errors.Is(err, runtime.ErrTimeout) {
			t.Fatal(err)
		}
		b.Stats()
	}
	if n := len(b.function().Processes); n > 1 {
		t.Errorf("%d processes after events one by one", n)
	}
}
