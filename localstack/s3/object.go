package s3

import (
	"bufio"
	"crypto/md5" //nolint:gosec // S3's checksum of an object, no secret
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/johannesboyne/gofakes3"
)

const metaPrefix = "X-Amz-Meta-"

// An object's file is this, a line of JSON, and then the content. A key is no path: its file is named by its hash.
type object struct {
	Key      string
	Headers  map[string]string
	Size     int64  // bytes
	Hash     []byte // MD5
	Modified time.Time

	path   string
	offset int64 // of the content in the file
}

func newObject(directory, key string, headers map[string]string, body []byte) *object {
	name, sum := sha256.Sum256([]byte(key)), md5.Sum(body) //nolint:gosec // S3's checksum of an object, no secret
	return &object{
		Key: key, Headers: remembered(headers), Size: int64(len(body)), Hash: sum[:],
		Modified: time.Now(), path: filepath.Join(directory, hex.EncodeToString(name[:])),
	}
}

// remembered answers the headers that are sent with the object again.
func remembered(headers map[string]string) map[string]string {
	found := map[string]string{"Content-Type": "binary/octet-stream"} // S3's own
	for name, value := range headers {
		name = strings.TrimPrefix(name, keptPrefix)
		if slices.Contains(kept, name) || strings.HasPrefix(name, metaPrefix) {
			found[name] = value
		}
	}
	return found
}

func (o *object) write(body []byte) error {
	line, err := json.Marshal(o)
	if err != nil {
		return err
	}
	line = append(line, '\n')
	o.offset = int64(len(line))
	return replace(o.path, line, body)
}

func loadObject(path string) (*object, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	line, err := bufio.NewReader(file).ReadBytes('\n')
	if err != nil {
		return nil, unreadable(path, err)
	}
	o := &object{path: path, offset: int64(len(line))}
	if err := json.Unmarshal(line, o); err != nil {
		return nil, unreadable(path, err)
	}
	return o, nil
}

// described answers the object without its content.
func (o *object) described() *gofakes3.Object {
	headers := maps.Clone(o.Headers)
	headers["Last-Modified"] = o.Modified.UTC().Format(http.TimeFormat)
	return &gofakes3.Object{
		Name: o.Key, Metadata: headers, Size: o.Size, Hash: o.Hash, Contents: io.NopCloser(strings.NewReader("")),
	}
}

// opened answers the object with its content, or a part of it.
func (o *object) opened(asked *gofakes3.ObjectRangeRequest) (*gofakes3.Object, error) {
	part, err := asked.Range(o.Size)
	if err != nil {
		return nil, err
	}
	file, err := os.Open(o.path)
	if err != nil {
		return nil, err
	}
	start, length := o.offset, o.Size
	if part != nil {
		start, length = start+part.Start, part.Length
	}
	found := o.described()
	found.Range = part
	found.Contents = content{io.NewSectionReader(file, start, length), file}
	return found, nil
}

type content struct {
	io.Reader
	io.Closer
}
