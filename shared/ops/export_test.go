package ops

// ReadCursor reads a cursor of the letters' list and writes it once more.
func ReadCursor(cursor string) (string, error) {
	p, err := parsePlace(cursor)
	return p.String(), err
}
