// Package tcp brings streams over TCP: a Client connects to a source, a Server
// accepts those that send.
package tcp
