package products_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"mercato/shared/platform/api"
	"mercato/shared/platform/apitest"
	"mercato/shared/products"
)

func ids(t *testing.T, a apitest.Answer) []int64 {
	t.Helper()
	if a.Status != http.StatusOK {
		t.Fatalf("list: %d %s", a.Status, a.Body)
	}
	var list []products.ProductView
	a.Into(t, &list)
	found := make([]int64, len(list))
	for i, p := range list {
		found[i] = p.ID
	}
	return found
}

func TestLists(t *testing.T) {
	t.Parallel()
	s := open(t)
	for name, o := range map[string]api.Operation{"public": products.PublicList, "own": products.List, "home": products.MyHome} {
		if a := s.do(t, o, "anna", "", nil); a.Status != http.StatusOK || strings.TrimSpace(string(a.Body)) != "[]" || a.Header.Get("Link") != "" {
			t.Errorf("%s: nothing is answered with %d %s %v", name, a.Status, a.Body, a.Header)
		}
	}
	lamp, sold := s.list(t, "anna", "Lamp", "19.99", 3), s.list(t, "anna", "Rare lamp", "99.99", 0)
	gone, chair := s.list(t, "anna", "Old lamp", "1", 3), s.list(t, "otto", "Chair", "25", 1)
	if a := s.do(t, products.Delete, "anna", fmt.Sprintf("/api/products/%d", gone.ID), nil); a.Status != http.StatusOK {
		t.Fatalf("archiving: %d %s", a.Status, a.Body)
	}
	for name, c := range map[string]struct {
		operation api.Operation
		who       string
		want      []int64
	}{
		"public":         {products.PublicList, "", []int64{chair.ID, sold.ID, lamp.ID}},
		"public, known":  {products.PublicList, "anna", []int64{chair.ID, sold.ID, lamp.ID}},
		"own":            {products.List, "anna", []int64{sold.ID, lamp.ID}},
		"own, the other": {products.List, "otto", []int64{chair.ID}},
		"own, none":      {products.List, "mona", []int64{}},
		"home":           {products.MyHome, "anna", []int64{chair.ID}},
		"home, other":    {products.MyHome, "otto", []int64{lamp.ID}},
		"home, a third":  {products.MyHome, "mona", []int64{chair.ID, lamp.ID}},
	} {
		if got := ids(t, s.do(t, c.operation, c.who, "", nil)); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	s := open(t)
	want := s.stock(t, 7, 1)
	slices.Reverse(want)
	for name, c := range map[string]struct {
		operation api.Operation
		who       string
	}{
		"public": {products.PublicList, ""}, "own": {products.List, "anna"}, "home": {products.MyHome, "otto"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []int64
			path, pages := c.operation.Spec().Path+"?limit=3", 0
			for ; path != "" && pages < 5; pages++ {
				a := s.do(t, c.operation, c.who, path, nil)
				got = append(got, ids(t, a)...)
				path, _, _ = strings.Cut(strings.TrimPrefix(a.Header.Get("Link"), "<"), ">")
			}
			if pages != 3 || !slices.Equal(got, want) {
				t.Errorf("%d pages with %v, want 3 with %v", pages, got, want)
			}
			for _, query := range []string{"limit=0", "limit=101", "limit=x", "cursor=%21", "cursor=LTE", "sort=newest", "q=lamp"} {
				if a := s.do(t, c.operation, c.who, c.operation.Spec().Path+"?"+query, nil); a.Status != http.StatusBadRequest {
					t.Errorf("%s: got %d %s", query, a.Status, a.Body)
				}
			}
		})
	}
}

func TestRevalidation(t *testing.T) {
	t.Parallel()
	s := open(t)
	lamp := s.list(t, "anna", "Lamp", "9.99", 3)
	first := s.do(t, products.PublicList, "", "", nil)
	tag := first.Header.Get("ETag")
	if tag == "" || first.Header.Get("Cache-Control") != "public, max-age=5" {
		t.Fatalf("headers %v", first.Header)
	}
	for _, known := range []string{tag, strings.TrimPrefix(tag, "W/"), `"x", ` + tag, "*"} {
		a := s.do(t, products.PublicList, "", "", nil, "If-None-Match", known)
		if a.Status != http.StatusNotModified || len(a.Body) > 0 || a.Header.Get("ETag") != tag || a.Header.Get("Cache-Control") != "public, max-age=5" {
			t.Errorf("If-None-Match %s: got %d %s %v", known, a.Status, a.Body, a.Header)
		}
	}
	if a := s.do(t, products.PublicList, "", "", nil, "If-None-Match", `"x"`); a.Status != http.StatusOK || len(ids(t, a)) != 1 {
		t.Errorf("another tag: got %d %s", a.Status, a.Body)
	}
	// A sale raises no version, and yet the list says something else.
	if err := s.worker(t)(t.Context(), order(1, lamp.ID, 1)); err != nil {
		t.Fatal(err)
	}
	if a := s.do(t, products.PublicList, "", "", nil, "If-None-Match", tag); a.Status != http.StatusOK || a.Header.Get("ETag") == tag {
		t.Errorf("after a sale: got %d with %s", a.Status, a.Header.Get("ETag"))
	}
	if a := s.do(t, products.PublicList, "", "/api/products/public?limit=0", nil); a.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("a refusal may be cached: %v", a.Header)
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	s := open(t)
	lamp, gone := s.list(t, "anna", "Lamp", "19.9", 3), s.list(t, "anna", "Old lamp", "1", 3)
	if a := s.do(t, products.Delete, "anna", fmt.Sprintf("/api/products/%d", gone.ID), nil); a.Status != http.StatusOK {
		t.Fatalf("archiving: %d %s", a.Status, a.Body)
	}
	for name, c := range map[string]struct {
		operation api.Operation
		who       string
		id        any
		status    int
	}{
		"own":                {products.Get, "anna", lamp.ID, 200},
		"another's":          {products.Get, "otto", lamp.ID, 200},
		"nobody":             {products.Get, "", lamp.ID, 401},
		"own archived":       {products.Get, "anna", gone.ID, 200},
		"another's archived": {products.Get, "otto", gone.ID, 404},
		"moderated archived": {products.Get, "mona", gone.ID, 404},
		"absent":             {products.Get, "anna", 99, 404},
		"largest":            {products.Get, "anna", "9223372036854775807", 404},
		"too large":          {products.Get, "anna", "9223372036854775808", 400},
		"no number":          {products.Get, "anna", "lamp", 400},
		"zero":               {products.Get, "anna", 0, 400},
		"public":             {products.PublicGet, "", lamp.ID, 200},
		"public, its seller": {products.PublicGet, "anna", gone.ID, 404},
		"public, archived":   {products.PublicGet, "", gone.ID, 404},
		"public, absent":     {products.PublicGet, "", 99, 404},
		"public, no number":  {products.PublicGet, "", "%25zz", 400},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := strings.Replace(c.operation.Spec().Path, "{id}", fmt.Sprint(c.id), 1)
			a := s.do(t, c.operation, c.who, path, nil)
			if a.Status != c.status || a.Header.Get("Cache-Control") != "no-store" {
				t.Fatalf("got %d %s %v, want %d", a.Status, a.Body, a.Header, c.status)
			}
			if c.status != http.StatusOK {
				return
			}
			var got products.ProductView
			if a.Into(t, &got); c.id == lamp.ID && got != lamp {
				t.Errorf("got %+v, want %+v", got, lamp)
			}
		})
	}
}
