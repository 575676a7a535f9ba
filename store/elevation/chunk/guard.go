package chunk

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Guard lets reading of mapped memory fail with an error where the disk does:
// a bad sector, or a file that somebody cut short after it was mapped, is a
// SIGBUS, which otherwise ends the program. Use: defer chunk.Guard(&err)().
func Guard(err *error) func() {
	before := debug.SetPanicOnFault(true)
	return func() {
		debug.SetPanicOnFault(before)
		r := recover()
		if r == nil {
			return
		}
		fault, ok := r.(interface {
			runtime.Error
			Addr() uintptr
		})
		if !ok {
			panic(r)
		}
		*err = fmt.Errorf("the disk does not give it (%w): it may be failing, or the file was cut short", fault)
	}
}
