package sqs_test

import (
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// A held message is what a model of a queue knows of one.
type held struct {
	visible time.Time
	receipt *string // the last
	deleted bool
}

// TestQueue_model: whatever callers do, and however often the server starts anew, a message is received when it is
// visible and not deleted, and only then.
func TestQueue_model(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// A test in a bubble may not be asked for its deadline, which rapid does if it can.
		rapid.Check(struct{ testing.TB }{t}, func(r *rapid.T) {
			q := setup(t)
			all := map[string]*held{}
			r.Repeat(map[string]func(*rapid.T){
				"send": func(*rapid.T) {
					body := strconv.Itoa(len(all))
					q.send(body)
					all[body] = &held{visible: time.Now()}
				},
				"pass":    func(r *rapid.T) { pass(time.Duration(rapid.IntRange(1, 90).Draw(r, "s")) * time.Second) },
				"restart": func(*rapid.T) { q.stop(); q.start() },
				"receive": func(r *rapid.T) { receiveAll(r, q, all, rapid.Int32Range(1, 60).Draw(r, "visibility")) },
				"delete": func(r *rapid.T) {
					m := pick(r, all)
					q.must(q.delete(m.receipt))
					m.deleted = true
				},
				"hide": func(r *rapid.T) {
					m, seconds := pick(r, all), rapid.Int32Range(0, 60).Draw(r, "seconds")
					err := q.hide(m.receipt, seconds)
					if inFlight := !m.deleted && m.visible.After(time.Now()); inFlight != (err == nil) {
						r.Fatalf("hiding: %v, in flight: %v", err, inFlight)
					} else if inFlight {
						m.visible = time.Now().Add(time.Duration(seconds) * time.Second)
					}
				},
			})
		})
	})
}

// pick answers a message that was received.
func pick(r *rapid.T, all map[string]*held) *held {
	var received []string
	for body, m := range all {
		if m.receipt != nil {
			received = append(received, body)
		}
	}
	if len(received) == 0 {
		r.Skip("nothing was received yet")
	}
	slices.Sort(received)
	return all[rapid.SampledFrom(received).Draw(r, "message")]
}

// receiveAll receives every visible message, each once.
func receiveAll(r *rapid.T, q *queue, all map[string]*held, visibility int32) {
	want := 0
	for _, m := range all {
		if !m.deleted && !m.visible.After(time.Now()) {
			want++
		}
	}
	for got := q.receive(q.url, 0, visibility); len(got) > 0; got = q.receive(q.url, 0, visibility) {
		for _, one := range got {
			m := all[*one.Body]
			if m.deleted || m.visible.After(time.Now()) {
				r.Fatalf("%s was received, deleted %v, hidden until %s, now %s", *one.Body, m.deleted, m.visible, time.Now())
			}
			m.receipt, m.visible = one.ReceiptHandle, time.Now().Add(time.Duration(visibility)*time.Second)
			want--
		}
	}
	if want != 0 {
		r.Fatalf("%d visible messages were not received", want)
	}
}

// TestQueue_crowd: with many senders and receivers each message is received and deleted by one of them.
func TestQueue_crowd(t *testing.T) {
	t.Parallel()
	q := setup(t)
	const senders, each = 4, 50
	var crowd sync.WaitGroup
	for s := range senders {
		crowd.Go(func() {
			for i := range each {
				q.send(strconv.Itoa(s*each + i))
			}
		})
	}
	var mu sync.Mutex
	seen := map[string]int{}
	for range senders {
		crowd.Go(func() {
			for {
				got := q.receive(q.url, 1, 600)
				mu.Lock()
				for _, m := range got {
					seen[*m.Body]++
					if err := q.delete(m.ReceiptHandle); err != nil {
						t.Error(err)
					}
				}
				done := len(seen) == senders*each || len(got) == 0
				mu.Unlock()
				if done {
					return
				}
			}
		})
	}
	crowd.Wait()
	for body, n := range seen {
		if n != 1 {
			t.Errorf("%s was received %d times", body, n)
		}
	}
	if len(seen) != senders*each {
		t.Errorf("%d of %d messages were received", len(seen), senders*each)
	}
}
