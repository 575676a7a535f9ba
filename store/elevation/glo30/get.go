package glo30

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"time"
)

// errMissing says that the server has no such file.
var errMissing = errors.New("the server has no such file") //nolint:gochecknoglobals // a sentinel

// errStalled says that nothing came for too long.
var errStalled = errors.New("nothing came for too long") //nolint:gochecknoglobals // a sentinel

// permanent is an error that trying again does not mend.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// enough bytes make an attempt count as one that got on.
const enough = 64 << 10

// retry tries until it works, with growing pauses while nothing comes.
func (f *fetcher) retry(ctx context.Context, try func() (came int64, err error)) error {
	const longest = 30 * time.Second
	wait := f.cfg.Wait
	for failed := 1; ; failed++ {
		came, err := try()
		var p permanent
		switch {
		case err == nil, errors.Is(err, errMissing), errors.As(err, &p):
			return err
		case ctx.Err() != nil:
			return context.Cause(ctx)
		}
		if came >= enough {
			failed, wait = 1, f.cfg.Wait
		}
		if failed >= f.cfg.Attempts {
			return fmt.Errorf("given up after %d attempts; the next fetch goes on where this one was: %w", failed, err)
		}
		// Up to half as long again, so that many who failed at once do not
		// come back at once.
		pause := time.NewTimer(wait + rand.N(wait/2+1))
		select {
		case <-ctx.Done():
			pause.Stop()
			return context.Cause(ctx)
		case <-pause.C:
		}
		wait = min(2*wait, longest)
	}
}

// reply is what a server sends. Reading it fails when nothing comes for a
// while.
type reply struct {
	status int
	header http.Header
	length int64 // -1: not told

	body    io.ReadCloser
	watch   *time.Timer
	stall   time.Duration
	because func(error) error // the reason, where the request was given up
	cancel  context.CancelCauseFunc
}

// get asks for a file.
func (f *fetcher) get(ctx context.Context, key string, header http.Header) (*reply, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, f.cfg.Base+"/"+key, nil)
	if err != nil {
		cancel(nil)
		return nil, permanent{err}
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Accept-Encoding", "identity") // ranges are of the file itself
	req.Header.Set("User-Agent", "atalaya")
	because := func(err error) error {
		if errors.Is(context.Cause(ctx), errStalled) {
			return errStalled
		}
		return err
	}
	watch := time.AfterFunc(f.cfg.Stall, func() { cancel(errStalled) })
	resp, err := f.cfg.Client.Do(req) //nolint:bodyclose // reply closes it
	if err != nil {
		watch.Stop()
		err = because(err)
		cancel(nil)
		return nil, err
	}
	got := &reply{
		status: resp.StatusCode, header: resp.Header, length: resp.ContentLength,
		body: resp.Body, watch: watch, stall: f.cfg.Stall, because: because, cancel: cancel,
	}
	switch code := resp.StatusCode; {
	case code == http.StatusOK, code == http.StatusPartialContent, code == http.StatusRequestedRangeNotSatisfiable:
		return got, nil
	case code == http.StatusNotFound, code == http.StatusGone:
		err = errMissing
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		err = fmt.Errorf("the server answers %s", resp.Status)
	default:
		err = permanent{fmt.Errorf("the server answers %s to %s", resp.Status, req.URL)}
	}
	got.Close()
	return nil, err
}

func (r *reply) Read(p []byte) (int, error) {
	n, err := r.body.Read(p)
	if n > 0 {
		r.watch.Reset(r.stall)
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = r.because(err)
	}
	return n, err
}

func (r *reply) Close() error {
	r.watch.Stop()
	r.cancel(nil)
	return r.body.Close()
}
