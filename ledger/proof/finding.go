package proof

import (
	"cmp"
	"fmt"
	"slices"
)

// Finding is one thing that does not hold.
type Finding struct {
	Kind  string `json:"kind"`
	Where string `json:"where"` // "entry 12", "checkpoint", "tile/0/x001/003"
	Why   string `json:"why"`
}

func (f Finding) String() string { return f.Kind + " at " + f.Where + ": " + f.Why }

// The kinds of findings. docs/oversight.md says which view shows which.
const (
	BadProof           = "bad-proof"           // a hash does not lead where it should
	BadSignature       = "bad-signature"       // a checkpoint is not signed as it must be
	Fork               = "fork"                // two heads of one log that exclude each other
	Rollback           = "rollback"            // a log that became shorter, or stands still behind what it showed
	MissingSequence    = "missing-sequence"    // a number that is not there, or a minute without a count
	BackdatedAuthority = "backdated-authority" // permission that was not there when it was used
	OnePerson          = "one-person"          // an approval that two people did not give
	UnrecordedPolicy   = "unrecorded-policy"   // an act judged by a policy that was not in force
	OverduePurge       = "overdue-purge"       // a data key that outlived its term
	OverdueOpening     = "overdue-opening"     // what should have been opened by now
	LateSafeAct        = "late-safe-act"       // a safe act that left before its record
	EditedPosition     = "edited-position"     // a position other than the one committed
	OutsideFence       = "outside-fence"       // a look that left its area, called inside
	WrongVerdict       = "wrong-verdict"       // a distance class or verdict that the geometry denies
	WeaponCommand      = "weapon-command"      // a command outside the closed set
	SkippedLook        = "skipped-look"        // the sensor counted a use that the log lacks
)

// report collects findings.
type report struct{ findings []Finding }

func (r *report) add(kind, where, why string, args ...any) {
	r.findings = append(r.findings, Finding{kind, where, fmt.Sprintf(why, args...)})
}

func (r *report) entry(kind string, index int64, why string, args ...any) {
	r.add(kind, entryName(index), why, args...)
}

func entryName(index int64) string { return fmt.Sprintf("entry %d", index) }

// sorted gives the findings by kind, in the order in which they were found.
func (r *report) sorted() []Finding {
	slices.SortStableFunc(r.findings, func(a, b Finding) int { return cmp.Compare(a.Kind, b.Kind) })
	return r.findings
}
