package sqs

import "regexp"

const maxEntries = 10 // of a batch

var entryID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,80}$`)

type batch[E any] struct {
	QueueURL string `json:"QueueUrl"`
	Entries  []E
}

type batchResult struct {
	Successful []any
	Failed     []failedEntry
}

type failedEntry struct {
	ID          string `json:"Id"`
	Code        string
	Message     string
	SenderFault bool
}

// each does something for each entry of a batch: one that is refused does not keep the others from it.
func each[E interface{ entry() string }](s *Server, in batch[E], do func(*queue, E) (any, error)) (any, error) {
	q, err := s.at(in.QueueURL)
	if err != nil {
		return nil, err
	}
	if err := checkEntries(in.Entries); err != nil {
		return nil, err
	}
	out := batchResult{Successful: []any{}, Failed: []failedEntry{}}
	for _, e := range in.Entries {
		done, err := do(q, e)
		if err == nil {
			out.Successful = append(out.Successful, done)
			continue
		}
		refused, err := asRefusal(err)
		if err != nil {
			return nil, err
		}
		out.Failed = append(out.Failed, failedEntry{e.entry(), refused.code(), refused.message, true})
	}
	return out, nil
}

func checkEntries[E interface{ entry() string }](entries []E) error {
	if len(entries) == 0 {
		return refuse("EmptyBatchRequest", "There should be at least one entry in the request.")
	}
	if len(entries) > maxEntries {
		return refuse("TooManyEntriesInBatchRequest", "Maximum number of entries per request are %d. You have sent %d.", maxEntries, len(entries))
	}
	seen := map[string]bool{}
	for _, e := range entries {
		id := e.entry()
		if !entryID.MatchString(id) {
			return refuse("InvalidBatchEntryId", "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.")
		}
		if seen[id] {
			return refuse("BatchEntryIdsNotDistinct", "Id %s repeated.", id)
		}
		seen[id] = true
	}
	return nil
}
