// Package ops looks after the shop: is it alive, is it ready, how far is it behind; and it answers what
// no route takes. It owns no data of a sale: it asks the other domains' stats().
//
// Events: none, in or out; its relay sends the other domains' events again until they have arrived
// (package outbox).
package ops
