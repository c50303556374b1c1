package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"strconv"
	"time"
)

// shopper is a signed-in user of the HTTP API, as a browser or a script would be one.
type shopper struct {
	base string
	http http.Client
}

// problem is a refusal of the API.
type problem struct {
	Status     int           `json:"status"`
	Code       string        `json:"code"`
	Detail     string        `json:"detail"`
	RetryAfter time.Duration `json:"-"`
	call       string
}

func (p *problem) Error() string {
	return fmt.Sprintf("%s answered %d %s: %s", p.call, p.Status, p.Code, p.Detail)
}

// callWithin is beyond what the gateway lets any request take.
const callWithin = 35 * time.Second

// signUp makes a new user with a random name and logs in.
func signUp(ctx context.Context, base, kind string) (*shopper, error) {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, err
	}
	s := &shopper{base: base, http: http.Client{Jar: jar, Timeout: callWithin}}
	name, password := kind+random(6), random(12)
	email := name + "@example.com"
	err = s.call(ctx, http.MethodPost, "/api/auth/signup", map[string]string{
		"username": name, "email": email, "password": password, "repeat_password": password,
	}, nil)
	if err != nil {
		return nil, err
	}
	fmt.Println("signed up", name)
	return s, s.call(ctx, http.MethodPost, "/api/auth/login", map[string]string{"email": email, "password": password}, nil)
}

// random answers twice as many hex digits.
func random(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // crypto/rand never fails: the program ends instead
	return hex.EncodeToString(b)
}

// call sends and reads JSON; out may be nil. A refusal is a *problem.
func (s *shopper) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, s.base+path, body)
	if err != nil {
		return err
	}
	if in != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := s.http.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close() //nolint:errcheck // read to its end below
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode >= http.StatusBadRequest {
		return refusal(method+" "+path, response, text)
	}
	if out == nil {
		return nil
	}
	if err := json.Unmarshal(text, out); err != nil {
		return fmt.Errorf("%s %s answered something else than documented: %w", method, path, err)
	}
	return nil
}

func refusal(call string, response *http.Response, text []byte) error {
	p := &problem{call: call}
	if json.Unmarshal(text, p) != nil || p.Detail == "" {
		p.Detail = string(text)
	}
	p.Status = response.StatusCode
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil {
		p.RetryAfter = time.Duration(seconds) * time.Second
	}
	return p
}

// list puts a product up for sale and answers its id.
func (s *shopper) list(ctx context.Context, name, price string, quantity int) (int64, error) {
	var out struct{ Product struct{ ID int64 } }
	err := s.call(ctx, http.MethodPost, "/api/products", map[string]any{
		"name": name, "price": price, "category": "Demo", "quantity": quantity,
	}, &out)
	return out.Product.ID, err
}

// knownWithin is how long the orders' read model may be behind a new product.
const knownWithin = 5 * time.Second

// order answers the id of the order.
func (s *shopper) order(ctx context.Context, product int64, price string, quantity int) (int64, error) {
	body := map[string]any{"items": []map[string]any{{"product_id": product, "price": price, "quantity": quantity}}}
	for deadline := time.Now().Add(knownWithin); ; {
		var out struct{ OrderID int64 }
		err := s.call(ctx, http.MethodPost, "/api/orders", body, &out)
		var refused *problem
		if !errors.As(err, &refused) || refused.Code != "catalog_behind" || time.Now().Add(refused.RetryAfter).After(deadline) {
			return out.OrderID, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(max(refused.RetryAfter, time.Millisecond)):
		}
	}
}

// story is what the API tells about an order.
type story struct {
	Order struct {
		ID             int64
		Status, Reason string
	}
	Timeline []struct {
		At             time.Time
		Status, Reason string
	}
}

// decidedWithin covers a Redis or a consumer that has to come back first.
const decidedWithin = 30 * time.Second

// decided asks every so often until the order is no longer pending.
func (s *shopper) decided(ctx context.Context, order int64, every time.Duration) (story, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, decidedWithin, fmt.Errorf("order %d is still PENDING after %s", order, decidedWithin))
	defer cancel()
	for {
		var out story
		err := s.call(ctx, http.MethodGet, "/api/orders/"+strconv.FormatInt(order, 10), nil, &out)
		if err == nil && out.Order.Status != "PENDING" {
			return out, nil
		}
		if err != nil && ctx.Err() == nil {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, context.Cause(ctx)
		case <-time.After(every):
		}
	}
}
