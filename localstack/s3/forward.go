package s3

import (
	"bytes"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// keptPrefix carries headers through gofakes3, which keeps those that begin with X-Amz- and few others.
const keptPrefix = "X-Amz-Kept-"

// kept are the headers that are sent with an object again.
var kept = []string{"Cache-Control", "Content-Disposition", "Content-Encoding", "Content-Language", "Content-Type", "Expires"}

// parameters are those of the operations that gofakes3 emulates well enough, or the guard itself.
var parameters = []string{
	"continuation-token", "cors", "delete", "delimiter", "encoding-type", "fetch-owner", "list-type", "location",
	"marker", "max-keys", "policy", "prefix", "start-after", "x-id",
}

// known refuses a request whose query asks for something else.
func known(query url.Values) error {
	for name := range query {
		if !slices.Contains(parameters, name) && !strings.HasPrefix(name, "X-Amz-") && !strings.HasPrefix(name, "response-") {
			return notEmulated("The parameter " + strconv.Quote(name))
		}
	}
	return nil
}

// forward answers the request for gofakes3, without what the guard has dealt with.
func forward(r *http.Request, body []byte) *http.Request {
	out := r.Clone(r.Context())
	out.Header = http.Header{}
	for name, values := range r.Header {
		switch {
		case slices.Contains(kept, name):
			out.Header[textproto.CanonicalMIMEHeaderKey(keptPrefix+name)] = values
		case strings.HasPrefix(name, "If-"), strings.HasPrefix(name, metaPrefix),
			name == "Range", name == "Content-Md5", name == "X-Amz-Copy-Source":
			out.Header[name] = values
		}
	}
	out.Header.Set("Content-Length", strconv.Itoa(len(body)))
	out.Body, out.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	return out
}
