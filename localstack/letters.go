package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

// administrator logs in to the running stack as the demo account that may look after dead letters.
func administrator(ctx context.Context) (*shopper, error) {
	base, err := running(ctx)
	if err != nil {
		return nil, err
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	s := &shopper{base: base, http: http.Client{Jar: jar, Timeout: callWithin}}
	if err := s.call(ctx, http.MethodPost, "/api/auth/demo-login", map[string]string{"user": "admin"}, nil); err != nil {
		return nil, fmt.Errorf("%w: run the stack with STAGE=local, where there is an administrator", err)
	}
	return s, nil
}

// deadLetter is what the table shows of one.
type deadLetter struct {
	EventID     string     `json:"event_id"`
	Reader      string     `json:"reader"`
	Stream      string     `json:"stream"`
	OrderID     int64      `json:"order_id"`
	ErrorCode   string     `json:"error_code"`
	Error       string     `json:"error"`
	Attempts    int        `json:"attempts"`
	ReplayCount int        `json:"replay_count"`
	State       string     `json:"state"`
	DueAt       *time.Time `json:"due_at"`
	LastSeen    time.Time  `json:"last_seen"`
}

const (
	// lettersShown is the longest page that the API answers.
	lettersShown = 100
	// errorShown is how many characters the table has for an error: enough to know it again.
	errorShown = 60
)

// listLetters prints the dead letters that are not over, or those of STATE, with ERROR_CODE if it is set.
func listLetters(ctx context.Context) error {
	admin, err := administrator(ctx)
	if err != nil {
		return err
	}
	states := []string{"dead", "replaying", "parked"}
	if state := os.Getenv("STATE"); state != "" {
		states = []string{state}
	}
	var all []deadLetter
	for _, state := range states {
		var page []deadLetter
		query := url.Values{"state": {state}, "limit": {strconv.Itoa(lettersShown)}, "error_code": {os.Getenv("ERROR_CODE")}}
		if err := admin.call(ctx, http.MethodGet, "/api/ops/dlq?"+query.Encode(), nil, &page); err != nil {
			return err
		}
		if all = append(all, page...); len(page) == lettersShown {
			defer fmt.Printf("the first %d of state %s; GET /api/ops/dlq pages through the others\n", lettersShown, state)
		}
	}
	return printLetters(all)
}

func printLetters(all []deadLetter) error {
	if len(all) == 0 {
		fmt.Println("no dead letters")
		return nil
	}
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "EVENT ID\tREADER\tSTREAM\tORDER\tERROR CODE\tSTATE\tATTEMPTS\tREPLAYS\tDUE\tLAST SEEN\tERROR") //nolint:errcheck // Flush says it
	for _, l := range all {
		order, due := "-", "-"
		if l.OrderID > 0 {
			order = strconv.FormatInt(l.OrderID, 10)
		}
		if l.DueAt != nil {
			due = clock(*l.DueAt)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%s\t%s\t%s\n", //nolint:errcheck // Flush says it
			l.EventID, l.Reader, l.Stream, order, l.ErrorCode, l.State, l.Attempts, l.ReplayCount, due, clock(l.LastSeen), shown(l.Error, errorShown))
	}
	return table.Flush()
}

func clock(at time.Time) string { return at.Local().Format("01-02 15:04:05") }

// shown is a text on one line of a terminal, width characters at the most. Whoever forged an event wrote it, perhaps:
// what is not printed is escaped.
func shown(text string, width int) string {
	var line []rune
	for _, r := range text {
		quoted := strconv.QuoteRune(r)
		if r == '\'' {
			quoted = "'''" // which QuoteRune escapes
		}
		line = append(line, []rune(quoted[1:len(quoted)-1])...)
		if len(line) > width {
			return string(line[:width-1]) + "…"
		}
	}
	return string(line)
}

// replayLetters replays dead letters: MAX at the most, IDS (separated by commas), those with ERROR_CODE; with
// DRY_RUN=1 it only says which.
func replayLetters(ctx context.Context) error {
	body, err := replayRequest(os.Getenv)
	if err != nil {
		return err
	}
	admin, err := administrator(ctx)
	if err != nil {
		return err
	}
	return admin.actOn(ctx, "replay", body)
}

// discardLetters gives the dead letters IDS (separated by commas) up, for a REASON.
func discardLetters(ctx context.Context) error {
	body, err := discardRequest(os.Getenv)
	if err != nil {
		return err
	}
	admin, err := administrator(ctx)
	if err != nil {
		return err
	}
	return admin.actOn(ctx, "discard", body)
}

// actOn does something to dead letters and prints to which.
func (s *shopper) actOn(ctx context.Context, action string, body map[string]any) error {
	var done struct {
		Message string
		IDs     []string
	}
	if err := s.call(ctx, http.MethodPost, "/api/ops/dlq/"+action, body, &done); err != nil {
		return err
	}
	fmt.Println(done.Message)
	for _, id := range done.IDs {
		fmt.Println(" ", id)
	}
	return nil
}

// replayRequest is what the variables ask for; the API says whether that may be.
func replayRequest(variable func(string) string) (map[string]any, error) {
	body := map[string]any{}
	if text := variable("MAX"); text != "" {
		limit, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("MAX=%s is not a number", text)
		}
		body["max"] = limit
	}
	if text := variable("IDS"); text != "" {
		body["ids"] = idsOf(text)
	}
	if text := variable("ERROR_CODE"); text != "" {
		body["errorCode"] = text
	}
	if text := variable("DRY_RUN"); text != "" && text != "0" {
		body["dryRun"] = true
	}
	return body, nil
}

// discardRequest is what the variables ask for; both must be there.
func discardRequest(variable func(string) string) (map[string]any, error) {
	ids, reason := idsOf(variable("IDS")), strings.TrimSpace(variable("REASON"))
	if len(ids) == 0 || reason == "" {
		return nil, errors.New(`say which and why: make dlq-discard IDS=EVENT_ID,EVENT_ID REASON="nobody ordered this" (make dlq-ls lists the ids)`)
	}
	return map[string]any{"ids": ids, "reason": reason}, nil
}

func idsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' })
}
