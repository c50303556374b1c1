package products

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"slices"
	"strings"

	"mercato/shared/platform/api"
	"mercato/shared/platform/session"
)

// PublicList lists everyone's products, to anyone.
var PublicList = endpoint[PublicListIn, PublicListOut]{
	Name: "products-public-list", Route: "GET /api/products/public", Summary: "All products, newest first",
	Allow: session.Anyone, Rate: api.Read, Status: 200, Open: read, Serve: (*Service).publicList,
}

// PublicListIn is the request.
type PublicListIn struct {
	api.Page

	IfNoneMatch []string `header:"If-None-Match" doc:"ETags that the client has: 304 when one is still current"`
}

// PublicListOut is the answer.
type PublicListOut struct {
	Status       int
	Link         string `header:"Link" doc:"The next page, rel=next"`
	ETag         string `header:"ETag"`
	CacheControl string `header:"Cache-Control"`
	Body         []ProductView
}

// fresh lets caches repeat the list for 5 s: much less than a visitor needs to choose, and enough that a
// crowd costs one query.
const fresh = "public, max-age=5"

func (s *Service) publicList(ctx context.Context, in *PublicListIn) (*PublicListOut, error) {
	before, err := in.Before()
	if err != nil {
		return nil, fmt.Errorf("products public list: %w", err)
	}
	products, err := s.Browse(ctx, before, in.Limit)
	if err != nil {
		return nil, err
	}
	out := &PublicListOut{
		Status: http.StatusOK, Link: nextPage(in.Page, "/api/products/public", products), CacheControl: fresh, Body: views(products),
	}
	out.ETag = etag(out.Body)
	if matches(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

// etag names a list by what it says.
func etag(list []ProductView) string {
	h := fnv.New128a()
	_ = json.NewEncoder(h).Encode(list) // plain values into a hash: it cannot fail
	return fmt.Sprintf(`W/"%x"`, h.Sum(nil))
}

// matches compares weakly, as If-None-Match wants (RFC 9110, 13.1.2).
func matches(known []string, current string) bool {
	return slices.ContainsFunc(known, func(tag string) bool {
		tag = strings.TrimSpace(tag)
		return tag == "*" || strings.TrimPrefix(tag, "W/") == strings.TrimPrefix(current, "W/")
	})
}

// PublicGet shows one product to anyone.
var PublicGet = endpoint[GetIn, GetOut]{
	Name: "products-public-get", Route: "GET /api/products/public/{id}", Summary: "One product",
	Allow: session.Anyone, Rate: api.Read, Status: 200, Open: read, Serve: (*Service).publicGet,
}

func (s *Service) publicGet(ctx context.Context, in *GetIn) (*GetOut, error) {
	return s.get(ctx, in) // nobody is known here, so nobody's archived products are shown
}
