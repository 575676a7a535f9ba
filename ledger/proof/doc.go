// Package proof checks what an Atalaya ledger shows to outsiders: that the log
// is one and only grows, that what was opened is what was committed, and that
// the records keep the rules that can be checked from outside.
//
// It shares no code with the writer. Both follow docs/ledger-format.md and the
// C2SP specifications signed-note, tlog-checkpoint, tlog-cosignature,
// tlog-tiles and tlog-proof. It imports the standard library and
// golang.org/x/mod/sumdb/tlog and note, so that an overseer's engineer can
// read all of it in an afternoon.
//
// Whatever comes from a file is hostile: nothing here trusts a length, a number
// or a name before the hash over it was checked.
package proof
