package outbox_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

const hour = int64(time.Hour / time.Millisecond)

// fill adds entries of so many milliseconds ago, whole pages of 100 of each: Redis trims no part of a page.
func (b bundle) fill(t *testing.T, stream string, ages ...int64) {
	t.Helper()
	now, err := b.redis.Time(t.Context()).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, age := range ages {
		for n := range 100 {
			id := fmt.Sprintf("%d-%d", now.UnixMilli()-age, n+1)
			if err := b.redis.XAdd(t.Context(), &redis.XAddArgs{Stream: stream, ID: id, Values: []string{"age", fmt.Sprint(age)}}).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// read lets a group read, and acknowledge all but what of returns false for.
func (b bundle) read(t *testing.T, stream, group string, count int64, done func(m redis.XMessage) bool) {
	t.Helper()
	_ = b.redis.XGroupCreate(t.Context(), stream, group, "0").Err() // it may be there
	args := &redis.XReadGroupArgs{Group: group, Consumer: "c", Streams: []string{stream, ">"}, Count: count, Block: -1}
	found, err := b.redis.XReadGroup(t.Context(), args).Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range found[0].Messages {
		if done(m) {
			if err := b.redis.XAck(t.Context(), stream, group, m.ID).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// ages returns the ages of a stream's entries, each once.
func (b bundle) ages(t *testing.T, stream string) (list []string) {
	t.Helper()
	messages, err := b.redis.XRange(t.Context(), stream, "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range messages {
		if age := fmt.Sprint(m.Values["age"]); !slices.Contains(list, age) {
			list = append(list, age)
		}
	}
	return list
}

func everything(redis.XMessage) bool { return true }

func TestTrim(t *testing.T) {
	t.Parallel()
	ages := []int64{5 * hour, 4 * hour, 3 * hour, 2 * hour, hour / 2, 1000}
	for name, c := range map[string]struct {
		arrange func(t *testing.T, b bundle)
		left    []int64
	}{
		"all have finished": {func(t *testing.T, b bundle) {
			t.Helper()
			b.read(t, "both", "products", 1000, everything)
			b.read(t, "both", "orders", 1000, everything)
		}, ages[4:]},
		"one group has not read on": {func(t *testing.T, b bundle) {
			t.Helper()
			b.read(t, "both", "products", 1000, everything)
			b.read(t, "both", "orders", 250, everything)
		}, ages[2:]},
		"one entry is pending": {func(t *testing.T, b bundle) {
			t.Helper()
			b.read(t, "both", "products", 1000, func(m redis.XMessage) bool { return m.Values["age"] != fmt.Sprint(4*hour) })
			b.read(t, "both", "orders", 1000, everything)
		}, ages[1:]},
		"one group has read nothing": {func(t *testing.T, b bundle) {
			t.Helper()
			b.read(t, "both", "products", 1000, everything)
			if err := b.redis.XGroupCreate(t.Context(), "both", "orders", "0").Err(); err != nil {
				t.Fatal(err)
			}
		}, ages},
		"a group is missing": {func(t *testing.T, b bundle) {
			t.Helper()
			b.read(t, "both", "products", 1000, everything)
		}, ages},
		"a stranger has not read on": {func(t *testing.T, b bundle) {
			t.Helper()
			b.read(t, "both", "products", 1000, everything)
			b.read(t, "both", "orders", 1000, everything)
			b.read(t, "both", "stranger", 150, everything)
		}, ages[1:]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.fill(t, "both", ages...)
			c.arrange(t, b)
			if err := b.relay(t, nil).Trim(t.Context()); err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, age := range c.left {
				want = append(want, fmt.Sprint(age))
			}
			if got := b.ages(t, "both"); !slices.Equal(got, want) {
				t.Errorf("left are those of %v ms ago, want %v", got, want)
			}
		})
	}
}

// TestTrim_neighbours: a stream that cannot be trimmed keeps no other from it, and one that there is not is no failure.
func TestTrim_neighbours(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fill(t, "both", 2*hour, 1000)
	b.read(t, "both", "products", 500, everything)
	b.read(t, "both", "orders", 500, everything)
	if err := b.redis.Set(t.Context(), "one", "no stream", 0).Err(); err != nil {
		t.Fatal(err)
	}
	r := b.relay(t, nil)
	if err := r.Trim(t.Context()); err == nil {
		t.Error("a key that is no stream is no failure")
	}
	if got := b.ages(t, "both"); !slices.Equal(got, []string{"1000"}) {
		t.Errorf("left are those of %v ms ago", got)
	}
	if err := b.redis.Del(t.Context(), "one").Err(); err != nil {
		t.Fatal(err)
	}
	if err := r.Trim(t.Context()); err != nil {
		t.Errorf("without the other stream: %v", err)
	}
}

// TestRunTrims: the relay trims as it starts.
func TestRunTrims(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.fill(t, "one", 2*hour, 1000)
	b.read(t, "one", "products", 500, everything)
	if err := b.relay(t, map[string]string{"CONSUME_FOR": "2s"}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := b.ages(t, "one"); !slices.Equal(got, []string{"1000"}) {
		t.Errorf("left are those of %v ms ago", got)
	}
}
