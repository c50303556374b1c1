package sqs

import "slices"

type listedTask struct {
	Handle  string `json:"TaskHandle,omitempty"` // a running task's only
	Source  string `json:"SourceArn"`
	Target  string `json:"DestinationArn,omitempty"`
	Rate    int    `json:"MaxNumberOfMessagesPerSecond,omitempty"`
	Status  string
	Reason  string `json:"FailureReason,omitempty"`
	Moved   int    `json:"ApproximateNumberOfMessagesMoved"`
	Total   int    `json:"ApproximateNumberOfMessagesToMove"`
	Started int64  `json:"StartedTimestamp"` // milliseconds
}

// listMoves answers a queue's move tasks, newest first.
func (s *Server) listMoves(_ call, in moveRequest) (any, error) {
	q, most := s.byARN(in.Source), 1
	if q == nil {
		return nil, errNoResource("SourceArn")
	}
	if in.Max != nil {
		if err := within("MaxResults", *in.Max, 1, maxTasks); err != nil {
			return nil, err
		}
		most = *in.Max
	}
	results := []listedTask{}
	for _, t := range slices.Backward(s.tasks) {
		if t.source == q && len(results) < most {
			results = append(results, t.listed())
		}
	}
	return map[string]any{"Results": results}, nil
}

func (t *task) listed() listedTask {
	l := listedTask{
		Source: t.source.arn(), Rate: t.rate, Status: t.status, Reason: t.reason,
		Moved: t.moved, Total: t.total, Started: t.started.UnixMilli(),
	}
	if t.target != nil {
		l.Target = t.target.arn()
	}
	if t.status == running {
		l.Handle = t.id
	}
	return l
}
