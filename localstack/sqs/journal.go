package sqs

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"time"
)

const (
	logSuffix = ".log"
	newFile   = ".new-*"
	// A log is written anew when it has this many records more than it has messages: some megabytes.
	maxWaste = 10_000
)

// A journal is what happened to a queue, a JSON record a line. It survives the end of the process however that
// comes, not that of the machine.
type journal struct {
	path    string
	file    *os.File
	size    int64 // bytes of whole records: where the next one begins
	records int
}

// A record has one field.
type record struct {
	Settings *recordedSettings `json:",omitempty"`
	Put      *message          `json:",omitempty"`
	Touch    *message          `json:",omitempty"`
	Gone     string            `json:",omitempty"`
}

type recordedSettings struct {
	Attributes       map[string]string
	Created, Changed time.Time
}

// write adds a record, all of it or nothing: half a line, of a full disk, would break the next one too.
func (j *journal) write(r record) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	written, err := j.file.WriteAt(append(line, '\n'), j.size)
	if err != nil {
		return errors.Join(err, j.file.Truncate(j.size))
	}
	j.size += int64(written)
	j.records++
	return nil
}

func (j *journal) put(m *message) error { return j.write(record{Put: m}) }

func (j *journal) touch(m *message) error { return j.write(record{Touch: m.touched()}) }

func (j *journal) gone(m *message) error { return j.write(record{Gone: m.ID}) }

func (j *journal) settings(q *queue) error {
	return j.write(record{Settings: &recordedSettings{q.set, q.created, q.changed}})
}

func (j *journal) close() error { return j.file.Close() }

func (j *journal) remove() error { return errors.Join(j.close(), os.Remove(j.path)) }

// makeJournal writes the queue as it is into a new log, in place of the old one.
func makeJournal(directory string, q *queue) (*journal, error) {
	file, err := os.CreateTemp(directory, newFile)
	if err != nil {
		return nil, err
	}
	j := &journal{path: filepath.Join(directory, q.name+logSuffix), file: file}
	err = j.settings(q)
	for _, m := range q.messages {
		if err == nil {
			err = j.put(m)
		}
	}
	if err == nil {
		err = os.Rename(file.Name(), j.path)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(file.Name()))
	}
	return j, nil
}

// tidy replaces a log that is mostly about messages that are gone.
func (j *journal) tidy(q *queue) error {
	if j.records < maxWaste+len(q.messages) {
		return nil
	}
	fresh, err := makeJournal(filepath.Dir(j.path), q)
	if err != nil {
		return err
	}
	q.log = fresh
	return j.close()
}

// loadQueue reads a queue from its log, and starts the log anew.
func loadQueue(directory, name string) (*queue, error) {
	file, err := os.Open(filepath.Join(directory, name+logSuffix))
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	q := &queue{name: name, set: map[string]string{}, wake: make(chan struct{})}
	if err := q.replay(file); err != nil {
		return nil, err
	}
	q.log, err = makeJournal(directory, q)
	return q, err
}

// replay does again what a log says. A last line without its end is of a process that was killed while it wrote it.
func (q *queue) replay(log io.Reader) error {
	var order []*message
	held := map[string]*message{}
	for lines, number := bufio.NewReader(log), 1; ; number++ {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			break
		}
		var r record
		if err == nil {
			err = json.Unmarshal(line, &r)
		}
		if err != nil {
			return fmt.Errorf("record %d cannot be read: %w: remove the file, or all that is kept (make reset)", number, err)
		}
		switch {
		case r.Settings != nil:
			q.set, q.created, q.changed = map[string]string{}, r.Settings.Created, r.Settings.Changed
			maps.Copy(q.set, r.Settings.Attributes)
		case r.Put != nil:
			held[r.Put.ID], order = r.Put, append(order, r.Put)
		case r.Touch != nil && held[r.Touch.ID] != nil:
			r.Touch.restore(held[r.Touch.ID])
			*held[r.Touch.ID] = *r.Touch
		default:
			delete(held, r.Gone)
		}
	}
	for _, m := range order {
		if held[m.ID] == m {
			q.messages = append(q.messages, m)
		}
	}
	return nil
}
