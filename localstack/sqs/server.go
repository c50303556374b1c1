// Package sqs is Amazon SQS for one machine: standard queues with visibility, long polls, delays, redrive to dead-letter
// queues and move tasks, kept in a directory.
package sqs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	account = "000000000000"
	// arnPrefix is fixed: the stand-in has one account in one region.
	arnPrefix = "arn:aws:sqs:us-east-1:" + account + ":"
)

// Server answers the SDK's requests. It is an http.Handler.
type Server struct {
	directory string
	ended     chan struct{}

	mu     sync.Mutex // of everything below, and of the queues
	queues map[string]*queue
	tasks  []*task
	closed bool
}

// Open answers a server with the queues, and their messages, that an earlier one left in the directory. The
// directory is made when it is missing. One process at a time may have it open.
func Open(directory string) (*Server, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, fmt.Errorf("queues: %w", err)
	}
	s := &Server{directory: directory, ended: make(chan struct{}), queues: map[string]*queue{}}
	files, err := filepath.Glob(filepath.Join(directory, "*"+logSuffix))
	if err != nil {
		return nil, fmt.Errorf("queues: %w", err)
	}
	for _, file := range files {
		q, err := loadQueue(directory, strings.TrimSuffix(filepath.Base(file), logSuffix))
		if err != nil {
			return nil, errors.Join(fmt.Errorf("queue %s: %w", file, err), s.Close())
		}
		s.queues[q.name] = q
	}
	return s, nil
}

// Wipe removes the queues that are kept in a directory, and nothing that somebody else has put beside them.
func Wipe(directory string) error {
	var failed []error
	for _, pattern := range []string{"*" + logSuffix, newFile} {
		files, _ := filepath.Glob(filepath.Join(directory, pattern)) // the patterns are constants
		for _, file := range files {
			failed = append(failed, os.Remove(file))
		}
	}
	_ = os.Remove(directory) // only when it is empty
	return errors.Join(failed...)
}

// Close ends the long polls and move tasks under way, and refuses further requests. What the queues hold is kept.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.ended)
	var failed []error
	for _, t := range s.tasks {
		t.stop()
	}
	for _, q := range s.queues {
		failed = append(failed, q.log.close())
	}
	return errors.Join(failed...)
}

// at answers the queue at a URL: its name is the last part of the path, whatever the host.
func (s *Server) at(url string) (*queue, error) {
	parts := strings.Split(url, "/")
	if url == "" {
		return nil, missing("QueueUrl")
	}
	if len(parts) < 2 || parts[len(parts)-2] != account {
		return nil, refuse("InvalidAddress", "The address %s is not valid for this endpoint.", url)
	}
	return s.named(parts[len(parts)-1])
}

func (s *Server) named(name string) (*queue, error) {
	if q := s.queues[name]; q != nil {
		return q, nil
	}
	return nil, refuse("QueueDoesNotExist", "The specified queue does not exist.")
}

// byARN answers nil when there is no such queue.
func (s *Server) byARN(arn string) *queue {
	name, found := strings.CutPrefix(arn, arnPrefix)
	if !found {
		return nil
	}
	return s.queues[name]
}

// sources answers the queues that send their dead letters to q, by name.
func (s *Server) sources(q *queue) []*queue {
	var found []*queue
	for _, one := range s.queues {
		if redrive := one.redrive(); redrive != nil && redrive.Target == q.arn() {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b *queue) int { return strings.Compare(a.name, b.name) })
	return found
}

// milliseconds is how the protocol writes times that are strings.
func milliseconds(t time.Time) string { return fmt.Sprint(t.UnixMilli()) }
