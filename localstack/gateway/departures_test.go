package gateway_test

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

// payload is an event, decoded.
type payload = map[string]any

// departure is one way in which SAM's events differ from AWS's, which ours follow. settle changes both until this
// difference, and no other, is gone.
type departure struct {
	what   string // SAM does, and why ours does not
	settle func(sam, ours payload)
}

// departures are all that SAM may do otherwise.
var departures = []departure{
	{"SAM writes header names with capitals; the documentation of payload 2.0 has them in lower case", func(sam, _ payload) {
		sam["headers"] = lower(inside(sam, "headers"))
	}},
	{"SAM leaves the Cookie header beside cookies; the documentation says that it goes there", func(sam, _ payload) {
		maps.DeleteFunc(inside(sam, "headers"), func(name string, _ any) bool { return strings.EqualFold(name, "cookie") })
	}},
	{"SAM sends what is empty, and stageVariables always; events captured on AWS leave it out", func(sam, _ payload) {
		maps.DeleteFunc(sam, func(_ string, value any) bool { return empty(value) })
		if sam["rawQueryString"] == nil { // which AWS sends always
			sam["rawQueryString"] = ""
		}
	}},
	{"SAM names one user agent for all", func(sam, ours payload) {
		take(inside(sam, "requestContext", "http"), "userAgent", "Custom User Agent String")
		delete(inside(ours, "requestContext", "http"), "userAgent")
	}},
	{"SAM makes up an account and an API of its own", func(sam, ours payload) {
		take(inside(sam, "requestContext"), "accountId", "123456789012")
		take(inside(sam, "requestContext"), "apiId", "1234567890")
		take(inside(ours, "requestContext"), "accountId", "000000000000")
		take(inside(ours, "requestContext"), "apiId", "local")
	}},
	{"SAM's request id and time are those of its own start, its id is a UUID, and its epoch is in seconds where AWS's is in milliseconds", func(sam, ours payload) {
		for _, name := range []string{"requestId", "time", "timeEpoch"} {
			delete(inside(sam, "requestContext"), name)
			delete(inside(ours, "requestContext"), name)
		}
	}},
	{"SAM adds no X-Ray header", func(_, ours payload) {
		maps.DeleteFunc(inside(ours, "headers"), func(name string, _ any) bool { return name == "x-amzn-trace-id" })
	}},
	{"SAM does not say for whom it forwards: it leaves a client's X-Forwarded-For as it is, where AWS appends the client's address", func(_, ours payload) {
		headers := inside(ours, "headers")
		client, _ := inside(ours, "requestContext", "http")["sourceIp"].(string)
		if headers["x-forwarded-for"] == client {
			delete(headers, "x-forwarded-for")
		} else if all, _ := headers["x-forwarded-for"].(string); strings.HasSuffix(all, ", "+client) {
			headers["x-forwarded-for"] = strings.TrimSuffix(all, ", "+client)
		}
	}},
	{"SAM sends no Content-Length where the client sent none; events captured on AWS have one always", func(sam, ours payload) {
		if inside(sam, "headers")["content-length"] == nil {
			take(inside(ours, "headers"), "content-length", "0")
		}
	}},
	{"SAM takes what $default matches for a path parameter of the name any_path", func(sam, _ payload) {
		if sam["routeKey"] == "$default" {
			maps.DeleteFunc(inside(sam, "pathParameters"), func(name string, _ any) bool { return name == "any_path" })
			if len(inside(sam, "pathParameters")) == 0 {
				delete(sam, "pathParameters")
			}
		}
	}},
	{"SAM names the method in the key of a route that takes any; AWS's examples of such events say ANY", func(_, ours payload) {
		if key, _ := ours["routeKey"].(string); strings.HasPrefix(key, "ANY ") {
			method, _ := inside(ours, "requestContext", "http")["method"].(string)
			ours["routeKey"] = strings.Replace(key, "ANY", method, 1)
			inside(ours, "requestContext")["routeKey"] = ours["routeKey"]
		}
	}},
	{"SAM takes a path with a slash behind for the one without", func(sam, ours payload) {
		if path, _ := sam["rawPath"].(string); len(path) > 1 && strings.HasSuffix(path, "/") && ours["routeKey"] == "$default" {
			sam["routeKey"], inside(sam, "requestContext")["routeKey"] = "$default", "$default"
			delete(sam, "pathParameters")
		}
	}},
	{"SAM sends every body as text; AWS sends in base64 whatever is not JSON, XML, JavaScript or text/*", func(_, ours payload) {
		text, _ := ours["body"].(string)
		kind, _ := inside(ours, "headers")["content-type"].(string)
		if strings.HasPrefix(kind, "application/json") || strings.HasPrefix(kind, "text/") {
			return
		}
		if body, err := base64.StdEncoding.DecodeString(text); err == nil && ours["isBase64Encoded"] == true {
			ours["body"], ours["isBase64Encoded"] = string(body), false
		}
	}},
}

// inside answers an object within an event; an empty one where there is none.
func inside(event payload, path ...string) payload {
	for _, name := range path {
		event, _ = event[name].(payload)
	}
	if event == nil {
		return payload{}
	}
	return event
}

// take removes a value that is as expected; another one stays, and makes the difference.
func take(object payload, name string, value any) {
	if object[name] == value {
		delete(object, name)
	}
}

func lower(headers payload) payload {
	out := payload{}
	for name, value := range headers {
		out[strings.ToLower(name)] = value
	}
	return out
}

func empty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case payload:
		return len(v) == 0
	}
	return false
}

// without are the departures but one.
func without(i int) []departure { return slices.Delete(slices.Clone(departures), i, i+1) }
