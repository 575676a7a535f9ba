// Package fused is what TestNoFusedMultiplyAdd must find.
package fused

// Add adds a product without rounding it.
func Add(x, y, z float64) float64 { return x*y + z }
