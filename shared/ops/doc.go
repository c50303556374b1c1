// Package ops looks after the shop: is it alive, is it ready, how far is it behind; what became of the events that a
// domain could not apply, and who did what about them by hand; and it answers what no route takes. It owns the
// dead letters and the audit, which the domains write through ops.bury, ops.queued, ops.resolve, ops.replays, ops.audit and
// ops.audit_for, and no data of a sale: it asks the other domains' stats() and story().
//
//	        bury                replay: by schedule 1 min, 10 min, 1 h after a burial; or by hand
//	event ───────► dead ──────────────────────────► replaying ──────► resolved
//	                ▲ │                              │  │   ▲          its event was applied
//	                │ │    bury: it failed again     │  │   │
//	                └─┼──────────────────────────────┘  └───┘ nobody has confirmed it: sent once more
//	                  │                                       under the same count, after 1 min, doubling to 10 min
//	                  └─ after three replays: parked ── by hand ──► replaying
//	dead, replaying, parked ── by hand, with a reason ──► discarded
//	replaying ── by hand ──► discarded: its last replay is taken back, and the copy that was sent counts as one of what lies
//	buried (ops.replays), so nobody applies it, but a reader who has asked before ──► resolved
//
// A letter that is over, resolved or discarded, stays as it is when its event is buried once more.
//
// The row is the truth. An SQS message in orders-dlq shows it to whoever watches queues, and outlives the database; dlq-replay sends
// those that are missing, moves those of parked letters to orders-parking, and deletes those whose letter is over from
// both. A letter that is over is itself forgotten after LETTERS_KEEP, and a deed of the audit after AUDIT_KEEP.
//
// Events: none of its own, in or out; its relay sends the other domains' events again until they have arrived
// (package outbox), and a replay sends a letter's entry again as it came.
package ops
