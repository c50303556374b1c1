package s3

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/johannesboyne/gofakes3"
)

const (
	bucketFile = "bucket.json"
	newFile    = ".new-*"
)

// A store keeps objects in files: a directory for each bucket, and what is in it, by key, in memory.
type store struct {
	directory string

	mu      sync.Mutex // of the buckets and all that is in them
	buckets map[string]*bucket
}

// A bucket is configured by the exported fields, which its file keeps.
type bucket struct {
	Created time.Time
	CORS    []Rule   `json:",omitempty"`
	Policy  string   `json:",omitempty"`
	Public  []string `json:",omitempty"` // prefixes of the keys that anybody may read

	directory string
	objects   map[string]*object
}

func openStore(directory string) (*store, error) {
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return nil, err
	}
	s := &store{directory: directory, buckets: map[string]*bucket{}}
	files, err := filepath.Glob(filepath.Join(directory, "*", bucketFile))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		b, err := loadBucket(filepath.Dir(file))
		if err != nil {
			return nil, err
		}
		s.buckets[filepath.Base(b.directory)] = b
	}
	return s, nil
}

// Wipe removes the buckets that are kept in a directory, and nothing that somebody else has put beside them.
func Wipe(directory string) error {
	files, err := filepath.Glob(filepath.Join(directory, "*", bucketFile))
	failed := []error{err}
	for _, file := range files {
		failed = append(failed, os.RemoveAll(filepath.Dir(file)))
	}
	_ = os.Remove(directory) // only when it is empty
	return errors.Join(failed...)
}

func loadBucket(directory string) (*bucket, error) {
	b := &bucket{directory: directory, objects: map[string]*object{}}
	content, err := os.ReadFile(filepath.Join(directory, bucketFile))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(content, b); err != nil {
		return nil, unreadable(filepath.Join(directory, bucketFile), err)
	}
	files, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		path := filepath.Join(directory, file.Name())
		switch {
		case strings.HasPrefix(file.Name(), "."): // half a file of a process that was killed
			_ = os.Remove(path)
		case file.Name() != bucketFile:
			o, err := loadObject(path)
			if err != nil {
				return nil, err
			}
			b.objects[o.Key] = o
		}
	}
	return b, nil
}

// unreadable says what to do about a file that holds something else than was written.
func unreadable(path string, err error) error {
	return fmt.Errorf("%s cannot be read: %w: remove it, or all that is kept (make reset)", path, err)
}

// save writes the bucket's configuration, all of it or nothing.
func (b *bucket) save() error {
	content, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return replace(filepath.Join(b.directory, bucketFile), content)
}

// replace writes a file, all of it or nothing.
func replace(path string, parts ...[]byte) error {
	file, err := os.CreateTemp(filepath.Dir(path), newFile)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if err == nil {
			_, err = file.Write(part)
		}
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return err
}

// create makes a bucket.
func (s *store) create(name string) error {
	if err := gofakes3.ValidateBucketName(name); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.buckets[name] != nil {
		return gofakes3.ResourceError(gofakes3.ErrBucketAlreadyExists, name)
	}
	b := &bucket{Created: time.Now(), directory: filepath.Join(s.directory, name), objects: map[string]*object{}}
	if err := os.Mkdir(b.directory, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := b.save(); err != nil {
		return err
	}
	s.buckets[name] = b
	return nil
}

// configure makes a bucket as it is configured, whatever it was before. Its objects stay.
func (s *store) configure(c Bucket) error {
	if !s.has(c.Name) {
		if err := s.create(c.Name); err != nil {
			return err
		}
	}
	return s.update(c.Name, func(b *bucket) { b.CORS, b.Policy, b.Public = c.CORS, "", c.Public })
}

// update changes a bucket's configuration.
func (s *store) update(name string, change func(*bucket)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return noBucket()
	}
	change(b)
	return b.save()
}

func (s *store) has(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buckets[name] != nil
}

func (s *store) rules(name string) []Rule {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b := s.buckets[name]; b != nil {
		return b.CORS
	}
	return nil
}

func (s *store) policy(name string) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return "", noBucket()
	}
	if b.Policy == "" {
		return "", refuse(http.StatusNotFound, "NoSuchBucketPolicy", "The bucket policy does not exist")
	}
	return b.Policy, nil
}

// public tells whether anybody may read a key. Whether there is an object of that key is no secret then.
func (s *store) public(name, key string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	return b != nil && key != "" && slices.ContainsFunc(b.Public, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
}

// keys answers a bucket's keys in order.
func (b *bucket) keys() []string { return slices.Sorted(maps.Keys(b.objects)) }
