package s3

import (
	"io"
	"os"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

// ListBuckets implements gofakes3.Backend.
func (s *store) ListBuckets() ([]gofakes3.BucketInfo, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found gofakes3.Buckets
	for name, b := range s.buckets {
		found = append(found, gofakes3.BucketInfo{Name: name, CreationDate: gofakes3.NewContentTime(b.Created)})
	}
	return found, nil
}

// CreateBucket implements gofakes3.Backend.
func (s *store) CreateBucket(name string) error { return s.create(name) }

// BucketExists implements gofakes3.Backend.
func (s *store) BucketExists(name string) (bool, error) { return s.has(name), nil }

// DeleteBucket implements gofakes3.Backend.
func (s *store) DeleteBucket(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return gofakes3.BucketNotFound(name)
	}
	if len(b.objects) > 0 {
		return gofakes3.ResourceError(gofakes3.ErrBucketNotEmpty, name)
	}
	delete(s.buckets, name)
	return os.RemoveAll(b.directory)
}

// ForceDeleteBucket implements gofakes3.Backend: another product's operation.
func (s *store) ForceDeleteBucket(string) error { return gofakes3.ErrNotImplemented }

// find answers an object. The caller holds the lock.
func (s *store) find(name, key string) (*object, error) {
	b := s.buckets[name]
	if b == nil {
		return nil, gofakes3.BucketNotFound(name)
	}
	o := b.objects[key]
	if o == nil {
		return nil, gofakes3.ErrorMessage(gofakes3.ErrNoSuchKey, "The specified key does not exist.")
	}
	return o, nil
}

// HeadObject implements gofakes3.Backend.
func (s *store) HeadObject(name, key string) (*gofakes3.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(name, key)
	if err != nil {
		return nil, err
	}
	return o.described(), nil
}

// GetObject implements gofakes3.Backend.
func (s *store) GetObject(name, key string, asked *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, err := s.find(name, key)
	if err != nil {
		return nil, err
	}
	return o.opened(asked)
}

// PutObject implements gofakes3.Backend.
func (s *store) PutObject(name, key string, headers map[string]string, in io.Reader, size int64, only *gofakes3.PutConditions) (gofakes3.PutObjectResult, error) {
	body, err := gofakes3.ReadAll(in, size)
	if err != nil {
		return gofakes3.PutObjectResult{}, err
	}
	return gofakes3.PutObjectResult{}, s.put(name, key, headers, body, only)
}

// put keeps an object in place of the one that had its key, if the conditions hold.
func (s *store) put(name, key string, headers map[string]string, body []byte, only *gofakes3.PutConditions) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return gofakes3.BucketNotFound(name)
	}
	if only != nil {
		old := &gofakes3.ConditionalObjectInfo{}
		if o := b.objects[key]; o != nil {
			old.Exists, old.Hash = true, o.Hash
		}
		if err := gofakes3.CheckPutConditions(only, old); err != nil {
			return err
		}
	}
	o := newObject(b.directory, key, headers, body)
	if err := o.write(body); err != nil {
		return err
	}
	b.objects[key] = o
	return nil
}

// DeleteObject implements gofakes3.Backend.
func (s *store) DeleteObject(name, key string) (gofakes3.ObjectDeleteResult, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return gofakes3.ObjectDeleteResult{}, gofakes3.BucketNotFound(name)
	}
	o := b.objects[key]
	if o == nil {
		return gofakes3.ObjectDeleteResult{}, nil
	}
	delete(b.objects, key)
	return gofakes3.ObjectDeleteResult{}, os.Remove(o.path)
}

// DeleteMulti implements gofakes3.Backend.
func (s *store) DeleteMulti(name string, keys ...string) (gofakes3.MultiDeleteResult, error) {
	var result gofakes3.MultiDeleteResult
	for _, key := range keys {
		if _, err := s.DeleteObject(name, key); err != nil {
			result.Error = append(result.Error, gofakes3.ErrorResult{Key: key, Code: gofakes3.ErrInternal, Message: err.Error()})
			continue
		}
		result.Deleted = append(result.Deleted, gofakes3.ObjectID{Key: key})
	}
	return result, nil
}

// CopyObject implements gofakes3.Backend.
func (s *store) CopyObject(fromBucket, fromKey, toBucket, toKey string, headers map[string]string) (gofakes3.CopyObjectResult, error) {
	return gofakes3.CopyObject(s, fromBucket, fromKey, toBucket, toKey, headers)
}

// ListBucket implements gofakes3.Backend.
func (s *store) ListBucket(name string, prefix *gofakes3.Prefix, page gofakes3.ListBucketPage) (*gofakes3.ObjectList, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		return nil, gofakes3.BucketNotFound(name)
	}
	list, last := gofakes3.NewObjectList(), ""
	for _, key := range b.keys() {
		shown, folder, ok := under(key, prefix)
		if !ok || folder && shown == last || page.HasMarker && (shown <= page.Marker || folder && strings.HasPrefix(page.Marker, shown)) {
			continue
		}
		if page.MaxKeys > 0 && int64(len(list.Contents)+len(list.CommonPrefixes)) == page.MaxKeys {
			list.IsTruncated, list.NextMarker = true, last
			break
		}
		last = shown
		if folder {
			list.AddPrefix(shown)
			continue
		}
		o := b.objects[key]
		list.Add(&gofakes3.Content{
			Key: key, LastModified: gofakes3.NewContentTime(o.Modified.UTC().Truncate(time.Second)),
			ETag: gofakes3.FormatETag(o.Hash), Size: o.Size, StorageClass: "STANDARD",
		})
	}
	return list, nil
}

// under answers how a key is listed: as itself, or as the folder that it is in.
func under(key string, prefix *gofakes3.Prefix) (shown string, folder, ok bool) {
	rest, ok := strings.CutPrefix(key, prefix.Prefix)
	if !ok || !prefix.HasDelimiter {
		return key, false, ok
	}
	name, _, folder := strings.Cut(rest, prefix.Delimiter)
	if !folder {
		return key, false, true
	}
	return prefix.Prefix + name + prefix.Delimiter, true, true
}
