// Package telemetry writes the log: one JSON object a line, every line with the function's name and
// with the correlation id of the request or stream entry that it belongs to.
package telemetry

import (
	"context"
	"io"
	"log/slog"
	"slices"
)

type key struct{}

// With returns a context whose log lines carry the attributes too.
func With(ctx context.Context, attributes ...slog.Attr) context.Context {
	held, _ := ctx.Value(key{}).([]slog.Attr)
	return context.WithValue(ctx, key{}, append(slices.Clip(held), attributes...))
}

// WithCorrelation returns a context that belongs to a correlation id.
func WithCorrelation(ctx context.Context, id string) context.Context {
	return With(ctx, slog.String("correlation_id", id))
}

// Correlation returns the correlation id of ctx, empty when it has none.
func Correlation(ctx context.Context) string {
	held, _ := ctx.Value(key{}).([]slog.Attr)
	for _, a := range held {
		if a.Key == "correlation_id" {
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
