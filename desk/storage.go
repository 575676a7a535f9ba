package desk

import "time"

// StorageState is how the storage does.
type StorageState string

// States of the storage.
const (
	StorageOK      StorageState = "ok"
	StorageFull    StorageState = "full"    // no room: decisions are refused, the picture goes on
	StorageFailing StorageState = "failing" // writing fails for another reason
)

// Storage tells how the storage does, for the screen.
type Storage struct {
	State  StorageState `json:"state"`
	Since  time.Time    `json:"since"`            // in this state since
	Reason string       `json:"reason,omitempty"` // why, and what to do
	// Lost counts the steps of history that could not be kept.
	Lost uint64 `json:"lost_steps"`
	// Used and Free are bytes: of our files, and on the disk.
	Used uint64 `json:"used_bytes"`
	Free uint64 `json:"free_bytes"`
}
