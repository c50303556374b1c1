package gateway

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// event is API Gateway's payload 2.0. What is empty is absent where the service leaves it out.
type event struct {
	Version               string            `json:"version"`
	RouteKey              string            `json:"routeKey"`
	RawPath               string            `json:"rawPath"`
	RawQueryString        string            `json:"rawQueryString"`
	Cookies               []string          `json:"cookies,omitempty"`
	Headers               map[string]string `json:"headers"`
	QueryStringParameters map[string]string `json:"queryStringParameters,omitempty"`
	RequestContext        requestContext    `json:"requestContext"`
	PathParameters        map[string]string `json:"pathParameters,omitempty"`
	Body                  string            `json:"body,omitempty"`
	IsBase64Encoded       bool              `json:"isBase64Encoded"`
}

type requestContext struct {
	AccountID    string      `json:"accountId"`
	APIID        string      `json:"apiId"`
	DomainName   string      `json:"domainName"`
	DomainPrefix string      `json:"domainPrefix"`
	HTTP         httpContext `json:"http"`
	RequestID    string      `json:"requestId"`
	RouteKey     string      `json:"routeKey"`
	Stage        string      `json:"stage"`
	Time         string      `json:"time"`      // in the form of web server logs
	TimeEpoch    int64       `json:"timeEpoch"` // milliseconds
}

type httpContext struct {
	Method    string `json:"method"`
	Path      string `json:"path"`
	Protocol  string `json:"protocol"`
	SourceIP  string `json:"sourceIp"`
	UserAgent string `json:"userAgent"`
}

// newEvent expects what readable has let through.
func newEvent(r *http.Request, id, path, routeKey string, params map[string]string, body []byte) *event {
	now := time.Now().UTC()
	domain := hostname(r.Host)
	prefix, _, _ := strings.Cut(domain, ".")
	e := &event{
		Version:               "2.0",
		RouteKey:              routeKey,
		RawPath:               path,
		RawQueryString:        r.URL.RawQuery,
		Cookies:               cookies(r.Header),
		Headers:               headers(r, len(body), now),
		QueryStringParameters: queryParameters(r.URL.RawQuery),
		PathParameters:        params,
		RequestContext: requestContext{
			AccountID: "000000000000", APIID: "local", DomainName: domain, DomainPrefix: prefix,
			HTTP: httpContext{
				Method: r.Method, Path: path, Protocol: r.Proto,
				SourceIP: hostname(r.RemoteAddr), UserAgent: r.UserAgent(),
			},
			RequestID: id, RouteKey: routeKey, Stage: defaultPath,
			Time: now.Format("02/Jan/2006:15:04:05 +0000"), TimeEpoch: now.UnixMilli(),
		},
	}
	e.setBody(r.Header.Get("Content-Type"), body)
	return e
}

// setBody sends text as it is and everything else in base64. Text that is not UTF-8 goes as base64
// too: JSON could not carry its bytes.
func (e *event) setBody(contentType string, body []byte) {
	if len(body) == 0 {
		return
	}
	e.IsBase64Encoded = !isText(contentType) || !utf8.Valid(body)
	if e.IsBase64Encoded {
		e.Body = base64.StdEncoding.EncodeToString(body)
		return
	}
	e.Body = string(body)
}

// isText knows the few types that the service takes for text. Tried on AWS: forms, problem+json and
// a missing type are not among them.
func isText(contentType string) bool {
	media, _, _ := mime.ParseMediaType(contentType)
	switch media {
	case "application/json", "application/javascript", "application/xml":
		return true
	default:
		return strings.HasPrefix(media, "text/")
	}
}

func (e *event) encode() []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(e); err != nil {
		panic(err) // strings, maps of strings and numbers always encode
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}

// newRequestID makes an id in the service's form, 16 characters, that nobody can guess.
func newRequestID() string {
	var random [11]byte
	_, _ = rand.Read(random[:]) // never fails, by its contract
	return base64.URLEncoding.EncodeToString(random[:])
}
