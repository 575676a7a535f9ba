// Package looks is being written.
package looks
