package sqs

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
)

const maxPage = 1000 // queues of an answer

type listRequest struct {
	QueueURL string `json:"QueueUrl"`
	Prefix   string `json:"QueueNamePrefix"`
	Max      *int   `json:"MaxResults"`
	Token    string `json:"NextToken"`
}

func (s *Server) listQueues(c call, in listRequest) (any, error) {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(s.queues)) {
		if strings.HasPrefix(name, in.Prefix) {
			names = append(names, name)
		}
	}
	urls, token, err := in.page(c, names)
	return map[string]any{"QueueUrls": urls, "NextToken": token}, err
}

// listSources lists the queues whose dead letters go to a queue. The protocol spells their list otherwise here.
func (s *Server) listSources(c call, in listRequest) (any, error) {
	q, err := s.at(in.QueueURL)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, source := range s.sources(q) {
		names = append(names, source.name)
	}
	urls, token, err := in.page(c, names)
	return map[string]any{"queueUrls": urls, "NextToken": token}, err
}

// page answers the URLs that the request asks for; the token, nil at the end, is the last name.
func (in listRequest) page(c call, names []string) (urls []string, token *string, err error) {
	most := maxPage
	if in.Max != nil {
		if err := within("MaxResults", *in.Max, 1, maxPage); err != nil {
			return nil, nil, err
		}
		most = *in.Max
	}
	after, err := base64.RawURLEncoding.DecodeString(in.Token)
	if err != nil {
		return nil, nil, invalid("Invalid or expired next token.")
	}
	urls = []string{}
	last := ""
	for _, name := range names {
		if name <= string(after) {
			continue
		}
		if len(urls) == most {
			next := base64.RawURLEncoding.EncodeToString([]byte(last))
			return urls, &next, nil
		}
		urls, last = append(urls, c.url(name)), name
	}
	return urls, nil, nil
}
