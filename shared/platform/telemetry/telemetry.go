// Package telemetry writes the log: one JSON object a line, every line with the function's name and
// with the correlation id of the request or stream entry that it belongs to.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"slices"
	"strings"
)

type key struct{}

// With returns a context whose log lines carry the attributes too.
func With(ctx context.Context, attributes ...slog.Attr) context.Context {
	held, _ := ctx.Value(key{}).([]slog.Attr)
	return context.WithValue(ctx, key{}, append(slices.Clip(held), attributes...))
}

const (
	correlation = "correlation_id"
	traceparent = "traceparent"
)

// WithCorrelation returns a context that belongs to a correlation id.
func WithCorrelation(ctx context.Context, id string) context.Context {
	return With(ctx, slog.String(correlation, id))
}

// WithTraceparent returns a context that belongs to a caller's trace (W3C Trace Context), if value is one.
func WithTraceparent(ctx context.Context, value string) context.Context {
	if !isTraceparent(value) {
		return ctx
	}
	return With(ctx, slog.String(traceparent, value))
}

// isTraceparent knows version 00: 00-<32 hex>-<16 hex>-<2 hex>.
func isTraceparent(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts) != 4 || parts[0] != "00" || len(parts[1]) != 32 || len(parts[2]) != 16 || len(parts[3]) != 2 {
		return false
	}
	return strings.Trim(s, "0123456789abcdef-") == ""
}

// Correlation returns the correlation id of ctx, empty when it has none.
func Correlation(ctx context.Context) string { return held(ctx, correlation) }

// Traceparent returns the trace that ctx belongs to, empty when it has none.
func Traceparent(ctx context.Context) string { return held(ctx, traceparent) }

func held(ctx context.Context, name string) string {
	attributes, _ := ctx.Value(key{}).([]slog.Attr)
	for _, a := range attributes {
		if a.Key == name {
			return a.Value.String()
		}
	}
	return ""
}

// Setup makes the process's default logger. An unreadable level means info.
func Setup(w io.Writer, function, level string) {
	var l slog.Level
	_ = l.UnmarshalText([]byte(level))
	lines := slog.NewJSONHandler(w, &slog.HandlerOptions{Level: l})
	slog.SetDefault(slog.New(handler{lines}).With("function", function))
}

// handler adds the attributes of the context.
type handler struct{ slog.Handler }

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	held, _ := ctx.Value(key{}).([]slog.Attr)
	r.AddAttrs(held...)
	return h.Handler.Handle(ctx, r) //nolint:wrapcheck // slog reports it to nobody
}

func (h handler) WithAttrs(a []slog.Attr) slog.Handler { return handler{h.Handler.WithAttrs(a)} }

func (h handler) WithGroup(name string) slog.Handler { return handler{h.Handler.WithGroup(name)} }
