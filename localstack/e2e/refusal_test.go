package e2e_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
)

// footprint is all that the tables hold of these users; nobody else's rows, because other tests are at work.
func footprint(t *testing.T, db *pgxpool.Pool, users ...*user) (rows string) {
	t.Helper()
	var ids []int64
	for _, u := range users {
		ids = append(ids, u.id)
	}
	err := db.QueryRow(t.Context(), `WITH o AS (SELECT o.id FROM orders.orders o WHERE o.user_id = ANY($1)),
			p AS (SELECT p.* FROM products.products p WHERE p.user_id = ANY($1))
		SELECT concat_ws(' ', (SELECT count(*) FROM o), (SELECT count(*) FROM orders.order_items i JOIN o ON o.id = i.order_id),
			(SELECT count(*) FROM orders.order_events e JOIN o ON o.id = e.order_id),
			(SELECT count(*) FROM orders.idempotency i WHERE i.user_id = ANY($1)),
			(SELECT string_agg(p::text, '; ' ORDER BY p.id) FROM p),
			(SELECT count(*) FROM products.stock_ledger l JOIN p ON p.id = l.product_id),
			(SELECT string_agg(u::text, '; ' ORDER BY u.id) FROM auth.users u WHERE u.id = ANY($1)),
			(SELECT count(*) FROM auth.sessions s WHERE s.user_id = ANY($1)))`, ids).Scan(&rows)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// refusal is a request that changes nothing.
type refusal struct {
	body   string
	status int
	where  string // the field at fault
}

func TestOrder_refused(t *testing.T) {
	t.Parallel()
	s := calm(t)
	seller, buyer := signUp(t, s), signUp(t, s)
	lamp, own := seller.list(t, "Lamp", "19.99", 1000), buyer.list(t, "Own", "1.00", 5)
	dear := seller.list(t, "Dear", "999999.99", 1000)
	buyer.decided(t, buyer.order(t, line{lamp, "", 1}))
	seller.decided(t, seller.order(t, line{own, "", 1}))
	buyer.decided(t, buyer.order(t, line{dear, "", 1}))
	one := func(fields string) string { return fmt.Sprintf(`{"items":[{"product_id":%d,%s}]}`, lamp, fields) }
	refusals := map[string]refusal{
		"malformed":      {`{"items":[`, 400, "body"},
		"two values":     {one(`"quantity":1`) + "{}", 400, "body"},
		"bad UTF-8":      {one(`"quantity":1,"price":"` + "\xff" + `"`), 400, "body"},
		"no object":      {`[]`, 422, "body"},
		"null":           {`null`, 422, "body"},
		"no items":       {`{}`, 422, "body.items"},
		"empty items":    {`{"items":[]}`, 422, "body.items"},
		"unknown field":  {one(`"quantity":1,"discount":50`), 400, "body.items[0].discount"},
		"other case":     {one(`"quantity":2,"Quantity":-5`), 400, "body.items[0].Quantity"},
		"key twice":      {one(`"quantity":2,"quantity":-5`), 400, "body.items[0].quantity"},
		"zero":           {one(`"quantity":0`), 422, "body.items[0].quantity"},
		"negative":       {one(`"quantity":-1`), 422, "body.items[0].quantity"},
		"fraction":       {one(`"quantity":1.5`), 422, "body.items[0].quantity"},
		"text":           {one(`"quantity":"2"`), 422, "body.items[0].quantity"},
		"huge":           {one(`"quantity":1001`), 422, "body.items[0].quantity"},
		"beyond int64":   {one(`"quantity":99999999999999999999`), 422, "body.items[0].quantity"},
		"astronomical":   {one(`"quantity":1e999`), 422, "body.items[0].quantity"},
		"no quantity":    {fmt.Sprintf(`{"items":[{"product_id":%d}]}`, lamp), 422, "body.items[0].quantity"},
		"line twice":     {fmt.Sprintf(`{"items":[{"product_id":%d,"quantity":1},{"product_id":%d,"quantity":2}]}`, lamp, lamp), 422, "body.items[1].product_id"},
		"own product":    {fmt.Sprintf(`{"items":[{"product_id":%d,"quantity":1}]}`, own), 422, "body.items[0].product_id"},
		"no product":     {`{"items":[{"product_id":0,"quantity":1}]}`, 422, "body.items[0].product_id"},
		"too many lines": {`{"items":[` + strings.TrimSuffix(strings.Repeat(`{"product_id":1,"quantity":1},`, 101), ",") + `]}`, 422, "body.items"},
		"too dear":       {fmt.Sprintf(`{"items":[{"product_id":%d,"quantity":101}]}`, dear), 422, "body.items"},
		"false price":    {one(`"quantity":1,"price":"19.999"`), 422, "body.items[0].price"},
		"negative price": {one(`"quantity":1,"price":-19.99`), 422, "body.items[0].price"},
		"false total":    {strings.Replace(one(`"quantity":2,"price":"19.99"`), "{", `{"total_price":"1.00",`, 1), 422, "body.total_price"},
	}
	changesNothing(t, []*user{buyer, seller}, "POST /api/orders", refusals)

	before := footprint(t, s.owner(t), buyer, seller)
	buyer.do(t, "POST", "/api/orders", `{"items":[`+strings.Repeat(" ", 70<<10)+`]}`).refused(t, 413, "request_entity_too_large")
	for _, megabytes := range []int{7, 11} { // more than an event and more than a request may have on AWS
		t.Run(fmt.Sprintf("%d MB", megabytes), func(t *testing.T) {
			buyer.do(t, "POST", "/api/orders", strings.Repeat(" ", megabytes<<20)).want(t, 413)
		})
	}
	buyer.do(t, "POST", "/api/orders", one(`"quantity":1`), "Content-Type", "text/plain").refused(t, 415, "unsupported_media_type")
	buyer.do(t, "POST", "/api/orders", one(`"quantity":1,"price":"18.00"`)).refused(t, 409, "price_changed")
	buyer.do(t, "POST", "/api/orders", `{"items":[{"product_id":9223372036854775807,"quantity":1}]}`).refused(t, 409, "catalog_behind")
	if after := footprint(t, s.owner(t), buyer, seller); after != before {
		t.Errorf("the tables changed:\n%s\n%s", before, after)
	}
}

func TestProduct_refused(t *testing.T) {
	t.Parallel()
	u := signUp(t, calm(t))
	lamp := u.list(t, "Lamp", "19.99", 5)
	product := func(fields string) string { return `{"name":"Lamp","category":"Tests",` + fields + `}` }
	refusals := map[string]refusal{
		"malformed":     {`{"name":"Lamp"`, 400, "body"},
		"unknown field": {product(`"price":"1.00","quantity":1,"user_id":1`), 400, "body.user_id"},
		"no price":      {product(`"quantity":1`), 422, "body.price"},
		"free":          {product(`"price":"0.00","quantity":1`), 422, "body.price"},
		"too dear":      {product(`"price":"1000000.00","quantity":1`), 422, "body.price"},
		"not a number":  {product(`"price":"NaN","quantity":1`), 422, "body.price"},
		"thirds":        {product(`"price":0.333,"quantity":1`), 422, "body.price"},
		"negative":      {product(`"price":"1.00","quantity":-1`), 422, "body.quantity"},
		"fraction":      {product(`"price":"1.00","quantity":1.5`), 422, "body.quantity"},
		"huge":          {product(`"price":"1.00","quantity":1000001`), 422, "body.quantity"},
		"no name":       {`{"name":"  ","category":"Tests","price":"1.00","quantity":1}`, 422, "body.name"},
		"long name":     {`{"name":"` + strings.Repeat("n", 121) + `","category":"Tests","price":"1.00","quantity":1}`, 422, "body.name"},
		"NUL":           {`{"name":"a\u0000b","category":"Tests","price":"1.00","quantity":1}`, 422, "body.name"},
	}
	changesNothing(t, []*user{u}, "POST /api/products", refusals)
	changesNothing(t, []*user{u}, fmt.Sprintf("PATCH /api/products/%d", lamp), map[string]refusal{
		"negative":   {`{"quantity":-1}`, 422, "body.quantity"},
		"other case": {`{"price":"1.00","Price":"2.00"}`, 400, "body.Price"},
		"version":    {`{"version":7}`, 400, "body.version"},
	})
}

func TestSignUp_refused(t *testing.T) {
	t.Parallel()
	u := signUp(t, calm(t))
	form := func(username, email, password, again string) string {
		return fmt.Sprintf(`{"username":%q,"email":%q,"password":%q,"repeat_password":%q}`, username, email, password, again)
	}
	changesNothing(t, []*user{u}, "POST /api/auth/signup", map[string]refusal{
		"malformed":      {`{`, 400, "body"},
		"role":           {strings.Replace(form("anybody", "a@b.example", "password", "password"), "{", `{"role":"ADMIN",`, 1), 400, "body.role"},
		"short name":     {form("ab", "a@b.example", "password", "password"), 422, "body.username"},
		"signs":          {form("a b!", "a@b.example", "password", "password"), 422, "body.username"},
		"no email":       {form("anybody", "nobody", "password", "password"), 422, "body.email"},
		"short password": {form("anybody", "a@b.example", "passwor", "passwor"), 422, "body.password"},
		"other password": {form("anybody", "a@b.example", "password", "passworD"), 422, "body.repeat_password"},
	})
}

// changesNothing sends as the first user what must be refused, with a pointer to the field at fault.
func changesNothing(t *testing.T, users []*user, call string, refusals map[string]refusal) {
	t.Helper()
	db := users[0].stack.owner(t)
	before := footprint(t, db, users...)
	method, path, _ := strings.Cut(call, " ")
	for name, r := range refusals {
		t.Run(name, func(t *testing.T) {
			a := users[0].do(t, method, path, r.body)
			p, err := a.problem()
			if err != nil || p.Status != r.status || len(p.Errors) == 0 || p.Errors[0].Location != r.where {
				t.Errorf("%s, want %d at %s", a, r.status, r.where)
			}
		})
	}
	if after := footprint(t, db, users...); after != before {
		t.Errorf("the tables changed:\n%s\n%s", before, after)
	}
}
