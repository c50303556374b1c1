package postgres

import "net/url"

// namesUser says whether a connection URL has a user in it. (pgx fills in the operating system's
// user where there is none, so its parsed form cannot tell.)
func namesUser(connection string) bool {
	u, err := url.Parse(connection)
	return err == nil && u.User != nil && u.User.Username() != ""
}
