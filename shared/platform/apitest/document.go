package apitest

import (
	"encoding/json"
	"strconv"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"mercato/shared/platform/api"
)

// document is what OpenAPI says of one endpoint.
type document struct {
	responses map[string]*huma.Response
	schemas   huma.Registry
}

func documentOf(o api.Operation) document {
	whole := api.Document([]api.Operation{o})
	d := document{schemas: whole.Components.Schemas}
	for _, path := range whole.Paths {
		for _, operation := range []*huma.Operation{path.Get, path.Post, path.Put, path.Patch, path.Delete} {
			if operation != nil {
				d.responses = operation.Responses
			}
		}
	}
	return d
}

// check fails the test when an answer is not one that the document describes.
func (d document) check(t testing.TB, a Answer) {
	t.Helper()
	if d.responses == nil {
		return // the fallback is in no document
	}
	response, ok := d.responses[strconv.Itoa(a.Status)]
	if !ok {
		if response, ok = d.responses["default"]; !ok || a.Status < 400 {
			t.Errorf("the document knows no status %d; the answer was %s", a.Status, a.Body)
			return
		}
	}
	if len(response.Content) == 0 {
		if len(a.Body) > 0 {
			t.Errorf("status %d has no body in the document; the answer was %s", a.Status, a.Body)
		}
		return
	}
	media, ok := response.Content[a.Header.Get("Content-Type")]
	if !ok {
		t.Errorf("status %d: the document knows no Content-Type %q", a.Status, a.Header.Get("Content-Type"))
		return
	}
	d.validate(t, media.Schema, a)
}

func (d document) validate(t testing.TB, schema *huma.Schema, a Answer) {
	t.Helper()
	var body any
	if err := json.Unmarshal(a.Body, &body); err != nil {
		t.Errorf("the answer is not JSON: %v: %s", err, a.Body)
		return
	}
	where, result := huma.NewPathBuffer(nil, 0), &huma.ValidateResult{}
	huma.Validate(d.schemas, schema, where, huma.ModeReadFromServer, body, result)
	for _, err := range result.Errors {
		t.Errorf("the answer is not as documented: %v: %s", err, a.Body)
	}
}
