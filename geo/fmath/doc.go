// Package fmath holds elementary functions that give the same bits on every
// processor and at every GOAMD64 level, unlike those of package math.
package fmath
