package s3

import (
	"crypto/md5" //nolint:gosec // S3's checksum of an object, no secret
	"encoding/hex"
	"encoding/xml"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"strings"

	"github.com/johannesboyne/gofakes3"

	"mercato/localstack/sigv4"
)

// maxFields is what the fields of a form may weigh together, in bytes: S3's limit.
const maxFields = 20 << 10

// A form is what a browser posts.
type form struct {
	fields map[string]string // by name in lower case, as S3 compares them
	file   io.Reader
}

func isForm(r *http.Request) bool {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return kind == "multipart/form-data"
}

// upload stores the file of a form whose policy allows it.
func (s *Server) upload(w http.ResponseWriter, r *http.Request, bucket string) error {
	// A browser that is cut off while it sends does not see the refusal.
	defer func() { _, _ = io.CopyN(io.Discard, r.Body, maxBody) }()
	if !s.store.has(bucket) {
		return noBucket()
	}
	f, err := readForm(r)
	if err != nil {
		return err
	}
	p, err := trust(s.login, f, bucket)
	if err != nil {
		return err
	}
	body, err := p.read(f.file)
	if err != nil {
		return err
	}
	key := f.fields["key"]
	if err := s.store.put(bucket, key, f.headers(), body, nil); err != nil {
		return err
	}
	respond(w, r, f, bucket, body)
	return nil
}

// readForm reads a form up to its file; what comes after that is ignored, as in S3.
func readForm(r *http.Request) (*form, error) {
	parts, err := r.MultipartReader()
	if err != nil {
		return nil, malformed("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
	}
	f := &form{fields: map[string]string{}}
	for left := int64(maxFields); ; {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, malformed("InvalidArgument", "POST requires exactly one file upload per request.")
		}
		if err != nil {
			return nil, malformed("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
		}
		name := strings.ToLower(part.FormName())
		if name == "file" {
			return f, f.attach(part)
		}
		value, err := io.ReadAll(io.LimitReader(part, left+1))
		if err != nil {
			return nil, malformed("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
		}
		if left -= int64(len(name) + len(value)); left < 0 {
			return nil, malformed("MaxPostPreDataLengthExceeded", "Your POST request fields preceding the upload file were too large.")
		}
		f.fields[name] = string(value)
	}
}

func (f *form) attach(file *multipart.Part) error {
	key := strings.ReplaceAll(f.fields["key"], "${filename}", file.FileName())
	if key == "" {
		return malformed("InvalidArgument", "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the fields.")
	}
	if len(key) > gofakes3.KeySizeLimit {
		return malformed("KeyTooLongError", "Your key is too long")
	}
	f.fields["key"], f.file = key, file
	return nil
}

// headers are what is kept with the object.
func (f *form) headers() map[string]string {
	found := map[string]string{}
	for name, value := range f.fields {
		found[http.CanonicalHeaderKey(name)] = value
	}
	return found
}

// respond says where the object is, in the way that the form asks for.
func respond(w http.ResponseWriter, r *http.Request, f *form, bucket string, body []byte) {
	sum := md5.Sum(body) //nolint:gosec // S3's checksum of an object, no secret
	etag := strconv.Quote(hex.EncodeToString(sum[:]))
	location := "http://" + r.Host + "/" + bucket + "/" + sigv4.Escape(f.fields["key"], true)
	w.Header().Set("Etag", etag)
	w.Header().Set("Location", location)
	switch f.fields["success_action_status"] {
	case "200":
		w.WriteHeader(http.StatusOK)
	case "201":
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(http.StatusCreated)
		writeXML(w, struct {
			XMLName                     xml.Name `xml:"PostResponse"`
			Location, Bucket, Key, ETag string
		}{Location: location, Bucket: bucket, Key: f.fields["key"], ETag: etag})
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}
