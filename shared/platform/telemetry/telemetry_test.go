package telemetry_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"mercato/shared/platform/telemetry"
)

func TestSetup(t *testing.T) { //nolint:paralleltest // it changes the default logger of the process
	var out bytes.Buffer
	before := slog.Default()
	defer slog.SetDefault(before)
	telemetry.Setup(&out, "orders-get", "warn")
	ctx := telemetry.With(telemetry.WithCorrelation(t.Context(), "c-1"), slog.Int64("user_id", 7))
	slog.InfoContext(ctx, "too quiet")
	slog.WarnContext(ctx, "two\nlines", "k", "v")
	if n := strings.Count(out.String(), "\n"); n != 1 {
		t.Fatalf("%d lines, want 1: %s", n, &out)
	}
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"function": "orders-get", "correlation_id": "c-1", "user_id": 7.0, "msg": "two\nlines", "k": "v", "level": "WARN"} {
		if line[name] != want {
			t.Errorf("%s = %v, want %v", name, line[name], want)
		}
	}
}

func TestTraceparent(t *testing.T) {
	t.Parallel()
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	for _, value := range []string{good, "", "01" + good[2:], good + "-x", strings.ToUpper(good), "00-x-y-01", good[:54] + "g"} {
		want := ""
		if value == good {
			want = good
		}
		if got := telemetry.Traceparent(telemetry.WithTraceparent(t.Context(), value)); got != want {
			t.Errorf("of %q: %q, want %q", value, got, want)
		}
	}
}

func TestCorrelation(t *testing.T) {
	t.Parallel()
	if got := telemetry.Correlation(context.Background()); got != "" {
		t.Errorf("of nothing: %q", got)
	}
	a := telemetry.WithCorrelation(t.Context(), "a")
	b, c := telemetry.With(a, slog.String("x", "1")), telemetry.With(a, slog.String("x", "2"))
	if telemetry.Correlation(b) != "a" || telemetry.Correlation(c) != "a" {
		t.Error("a derived context lost its id")
	}
}
